/*
 * What a program was started with: named handles, arguments, its own process. A program is
 * `int main(int argc, char **argv)`; argv[0] is its name.
 */
#pragma once
#include <libanon/syscall.h>

/* Names that every program finds unless its starter left them out on purpose. */
#define START_PROCESS "process" /* its own process: map, create threads */
#define START_DOMAIN "domain"   /* its own domain: kernel log, new memory objects */
#define START_THREAD "thread"   /* its first thread */
#define START_LOG "log"         /* optional: endpoint of the log service */

/* HANDLE_NONE when there is none of that name. */
handle_t start_handle(const char *name);
/* Handles whose names begin with `prefix`: the index-th one and its whole name, or HANDLE_NONE. */
handle_t start_handle_at(const char *prefix, unsigned index, const char **name);

const struct start_page *start_page(void);
handle_t own_process(void);
handle_t own_domain(void);
const char *program_name(void);
void program_exit(uint64_t status) __attribute__((noreturn));
