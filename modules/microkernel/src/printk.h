/*
 * The kernel's log: a ring in memory, and the console as long as no driver has claimed it.
 */
#pragma once
#include <stdint.h>

void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void printk_text(const char *text, uint64_t len);
