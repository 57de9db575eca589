/*
 * Log lines: to the log service when the program was given "log", else to the kernel log through "domain".
 * Each line is prefixed by the program's name and cut at LOG_LINE_MAX. May be called from any thread at any
 * time: the message page is put back as it was.
 */
#pragma once
#include <stdint.h>
#include <microkernel/errors.h> /* status_name, for messages */

#define LOG_ERROR 0u
#define LOG_WARN 1u
#define LOG_INFO 2u
#define LOG_DEBUG 3u
#define LOG_LINE_MAX 240

void log_line(uint32_t level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#ifdef DEBUG
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#else
#define log_debug(...) ((void)0)
#endif
