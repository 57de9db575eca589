/*
 * What built-ins print. The buffer is written when it is full and after each built-in, so output and that of other
 * programs stay in order; in capture mode (a command substitution run without a process) it only grows.
 */
#include "out.h"
#include "readahead.h"
#include "shell.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUT_BYTES 4096

/* Writes all, or notes the error. */
static void write_all(struct shell *sh, const char *bytes, size_t len)
{
	while (len > 0 && !sh->out.error) {
		ssize_t done = write(1, bytes, len);

		if (done >= 0) {
			bytes += done;
			len -= (size_t)done;
		} else if (errno != EINTR) {
			sh->out.error = errno;
		}
	}
}

static void out_make_room(struct shell *sh, size_t len)
{
	struct out *out = &sh->out;

	if (!out->captures && out->len > 0) {
		readahead_sync(sh);
		write_all(sh, out->buffer, out->len);
		out->len = 0;
	}
	if (out->len + len <= out->cap)
		return;
	out->cap = out->cap * 2 > out->len + len ? out->cap * 2 : out->len + len;
	if (out->cap < OUT_BYTES)
		out->cap = OUT_BYTES;
	out->buffer = memory_resize(out->buffer, out->cap);
}

void out_bytes(struct shell *sh, const char *bytes, size_t len)
{
	if (len == 0)
		return;
	if (len > sh->out.cap - sh->out.len)
		out_make_room(sh, len);
	memcpy(sh->out.buffer + sh->out.len, bytes, len);
	sh->out.len += len;
}

void out_string(struct shell *sh, const char *string)
{
	out_bytes(sh, string, strlen(string));
}

void out_char(struct shell *sh, char c)
{
	if (sh->out.len == sh->out.cap)
		out_make_room(sh, 1);
	sh->out.buffer[sh->out.len++] = c;
}

static void out_formatted(struct shell *sh, const char *format, va_list args)
{
	char small[256], *text = small;
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(small, sizeof(small), format, again);
	va_end(again);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(small)) {
		text = memory_new((size_t)len + 1);
		vsnprintf(text, (size_t)len + 1, format, args);
	}
	out_bytes(sh, text, (size_t)len);
	if (text != small)
		free(text);
}

void out_format(struct shell *sh, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	out_formatted(sh, format, args);
	va_end(args);
}

void out_format_at(struct shell *sh, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	out_formatted(sh, format, args);
	va_end(args);
}

void out_quoted(struct shell *sh, const char *string)
{
	out_char(sh, '\'');
	for (; *string; string++) {
		if (*string == '\'')
			out_string(sh, "'\"'\"'");
		else
			out_char(sh, *string);
	}
	out_char(sh, '\'');
}

bool out_flush(struct shell *sh)
{
	int error;

	if (sh->out.captures)
		return true;
	if (sh->out.len > 0)
		out_make_room(sh, 0);
	error = sh->out.error;
	sh->out.error = 0;
	errno = error;
	return error == 0;
}
