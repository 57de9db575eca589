/*
 * The end: a bug of the kernel's own. Prints what is known and stops the machine.
 */
#pragma once
#include <stdbool.h>

/* No bug: the machine, or what the loader gave, does not do. Says why and stops. */
void cannot_start(const char *fmt, ...) __attribute__((noreturn, cold, format(printf, 1, 2)));
void panic(const char *fmt, ...) __attribute__((noreturn, cold, format(printf, 1, 2)));
void panic_dump_objects(void); /* the current thread and what it was using; generic code */
extern bool is_panicking;
