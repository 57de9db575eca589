/*
 * Formatted text without the C library: %s %c %d %i %u %x %X %p %%, the sizes hh h l ll z j t, width,
 * precision and `*` for both, and the flags 0 - + space #. No floating point.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* Always terminates when size > 0. Returns the length the whole text would have, as snprintf does. */
size_t format_string(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
size_t format_vstring(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
