/*
 * Messages: "sh: script: line 3: what went wrong".
 */
#pragma once
#include <stddef.h>

struct shell;

/* One line on standard error. */
void sh_error(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a built-in, with its name; remembers that it failed. Gives the status 2. */
int builtin_error(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A built-in refused one thing (a file, a job) and is not wrongly used: status 1. */
int builtin_refuse(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line without the script's place: news of jobs. And any text for standard error. */
void sh_tell(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sh_write_errors(struct shell *sh, const char *bytes, size_t len);
void sh_write_to(struct shell *sh, int fd, const char *bytes, size_t len);

/* An error which ends a shell that is not interactive: notes the status and unwinds. */
void sh_unwind_error(struct shell *sh, int status);
