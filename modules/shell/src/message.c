/*
 * Messages of the shell, each one line on standard error, written at once so that they keep their place among what
 * other programs write. An interactive shell leaves out the line number.
 */
#include "message.h"
#include "readahead.h"
#include "shell.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sh_write_errors(struct shell *sh, const char *bytes, size_t len)
{
	sh_write_to(sh, 2, bytes, len);
}

void sh_write_to(struct shell *sh, int fd, const char *bytes, size_t len)
{
	readahead_sync(sh);
	while (len > 0) {
		ssize_t done = write(fd, bytes, len);

		if (done < 0 && errno != EINTR)
			return; /* there is nobody left to tell */
		if (done > 0) {
			bytes += done;
			len -= (size_t)done;
		}
	}
}

static void write_message(struct shell *sh, const char *who, const char *format, va_list args)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct text text;
	va_list again;
	int len;

	if (sh->silent)
		return;
	out_flush(sh);
	text_begin(&text, &sh->temp);
	text_format(&text, "%s: ", sh->name);
	if (sh->script)
		text_format(&text, "%s: ", sh->script);
	if (!sh->interactive && sh->line > 0)
		text_format(&text, "line %d: ", sh->line);
	if (who)
		text_format(&text, "%s: ", who);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text_grow(&text, (size_t)(len < 0 ? 0 : len) + 2);
	if (len >= 0) {
		vsnprintf(text.start + text.len, (size_t)len + 1, format, args);
		text.len += (size_t)len;
	}
	text_char(&text, '\n');
	sh_write_errors(sh, text.start, text.len);
	arena_release(&sh->temp, mark);
}

void sh_error(struct shell *sh, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_message(sh, NULL, format, args);
	va_end(args);
}

int builtin_error(struct shell *sh, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_message(sh, sh->builtin_name, format, args);
	va_end(args);
	sh->builtin_failed = true;
	return 2;
}

int builtin_refuse(struct shell *sh, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_message(sh, sh->builtin_name, format, args);
	va_end(args);
	return 1;
}

void sh_tell(struct shell *sh, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	if (sh->silent)
		return;
	va_start(args, format);
	len = vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (len > (int)sizeof(text) - 2)
		len = (int)sizeof(text) - 2;
	text[len++] = '\n';
	sh_write_errors(sh, text, (size_t)len);
}

void sh_unwind_error(struct shell *sh, int status)
{
	sh->status = status;
	sh->unwinds_error = true;
	sh->unwind = sh->interactive && !sh->is_subshell ? UNWIND_ERROR : UNWIND_EXIT;
}
