/*
 * read: a line, split into variables. Characters after a backslash are not delimiters, so while the line is read a
 * mark is kept for each byte when there is any backslash at all.
 */
#include "builtins.h"
#include "message.h"
#include "readahead.h"
#include "shell.h"
#include "split.h"
#include "traps.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_SECONDS 1000000
#define TIMED_OUT (-3)

struct reading {
	struct shell *sh;
	bool is_raw;
	int fd, delimiter;
	size_t most;                 /* characters; 0: as many as there are */
	bool has_timeout, only_asks; /* -t 0: is there input? */
	long long deadline_ms;
	const char *prompt;
	struct text line;
	struct text marks; /* 1: was quoted; empty when nothing was */
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static bool scan_timeout(struct reading *rd, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0 && seconds <= MOST_SECONDS))
		return false;
	rd->has_timeout = true;
	rd->only_asks = seconds == 0;
	rd->deadline_ms = now_ms() + (long long)(seconds * 1000);
	return true;
}

static bool read_option(struct shell *sh, struct reading *rd, int option, const char *argument)
{
	intmax_t number;

	switch (option) {
	case 'r': rd->is_raw = true; return true;
	case 'p': rd->prompt = argument; return true;
	case 'd': rd->delimiter = (unsigned char)*argument; return true;
	case 't':
		if (scan_timeout(rd, argument))
			return true;
		break;
	default:
		if (!scan_number(argument, &number))
			break;
		if (option == 'u')
			rd->fd = (int)number;
		else
			rd->most = (size_t)number;
		return true;
	}
	builtin_error(sh, "%s: bad number", argument);
	return false;
}

static void mark_quoted(struct reading *rd)
{
	while (rd->marks.len < rd->line.len)
		text_char(&rd->marks, 0);
	text_char(&rd->marks, 1);
}

/* Takes a run of plain characters from what was read ahead. */
static void take_run(struct reading *rd)
{
	size_t len, take;
	const char *ahead = rd->delimiter == '\n' && !rd->most
	                            ? readahead_peek(rd->sh, rd->fd, &len)
	                            : NULL;
	const char *backslash;

	if (!ahead)
		return;
	backslash = rd->is_raw ? NULL : memchr(ahead, '\\', len);
	take = backslash ? (size_t)(backslash - ahead) : len;
	if (memchr(ahead, 0, take))
		return;
	text_bytes(&rd->line, ahead, take);
	readahead_take(rd->sh, take);
}

/* Whether a byte (or the end) is there before the time is over. */
static bool is_ready(struct reading *rd)
{
	struct pollfd poll_fd = {rd->fd, POLLIN, 0};
	long long left = rd->deadline_ms - now_ms();

	return poll(&poll_fd, 1, left > 0 ? (int)left : 0) > 0;
}

/* The next byte; -1 the end, -2 a signal with a trap or an error, TIMED_OUT. */
static int next_byte(struct reading *rd)
{
	for (;;) {
		int c;

		if (rd->has_timeout && !is_ready(rd))
			return TIMED_OUT;
		c = readahead_byte(rd->sh, rd->fd);

		if (c != -2 || errno != EINTR || traps_due(rd->sh))
			return c;
	}
}

/* 0: a whole line, 1: it ended with the input, more: a status. */
static int read_line(struct reading *rd)
{
	size_t count = 0;

	for (;;) {
		int c;

		take_run(rd);
		c = next_byte(rd);
		if (c == -1)
			return 1;
		if (c == TIMED_OUT)
			return 128 + SIGALRM;
		if (c == -2)
			return traps_due(rd->sh) ? 128 + traps_due_signal(rd->sh)
			                         : builtin_error(rd->sh, "%s", strerror(errno));
		if (c == rd->delimiter)
			return 0;
		if (c == '\\' && !rd->is_raw) {
			c = next_byte(rd);
			if (c < 0)
				return 1;
			if (c == '\n')
				continue;
			mark_quoted(rd);
		}
		if (c)
			text_char(&rd->line, (char)c);
		if (rd->most && ++count == rd->most)
			return 0;
	}
}

/* Length of the delimiter at a place; 0: none. */
static size_t delimiter_at(struct reading *rd, size_t at, bool *out_space)
{
	*out_space = false;
	if (at < rd->marks.len && rd->marks.start[at])
		return 0;
	return split_delimiter(rd->sh, rd->line.start + at, out_space);
}

static size_t skip_spaces(struct reading *rd, size_t at)
{
	bool is_space;
	size_t len;

	while (at < rd->line.len && (len = delimiter_at(rd, at, &is_space)) && is_space)
		at += len;
	return at;
}

static size_t field_end(struct reading *rd, size_t at)
{
	bool is_space;

	while (at < rd->line.len && !delimiter_at(rd, at, &is_space))
		at++;
	return at;
}

/* The delimiter after a field: one character that is no space, and spaces around it. */
static size_t skip_delimiter(struct reading *rd, size_t at)
{
	bool is_space;
	size_t len;

	at = skip_spaces(rd, at);
	if (at < rd->line.len && (len = delimiter_at(rd, at, &is_space)) && !is_space)
		at = skip_spaces(rd, at + len);
	return at;
}

/* The end of what the last variable gets: all, but not spaces at the end, nor a delimiter that ends a single field. */
static size_t rest_end(struct reading *rd, size_t at)
{
	size_t end = rd->line.len, field = field_end(rd, at);
	bool is_space;

	if (skip_delimiter(rd, field) == end)
		return field;
	while (end > at && delimiter_at(rd, end - 1, &is_space) && is_space)
		end--;
	return end;
}

static bool assign(struct shell *sh, const char *name, const char *value, size_t len)
{
	struct var *var = var_slot(sh, name, strlen(name));

	if (var_set(sh, var, value, len))
		return true;
	sh->builtin_failed = true;
	return false;
}

static bool assign_fields(struct reading *rd, char **names, int count)
{
	size_t at = skip_spaces(rd, 0);

	for (int i = 0; i < count; i++) {
		size_t end = i + 1 < count ? field_end(rd, at) : rest_end(rd, at);
		char *value = arena_text(&rd->sh->temp, rd->line.start + at, end - at);

		if (!assign(rd->sh, names[i], value, end - at))
			return false;
		at = i + 1 < count ? skip_delimiter(rd, end) : end;
	}
	return true;
}

static bool names_are_good(struct shell *sh, char **names, int count)
{
	for (int i = 0; i < count; i++) {
		if (!var_is_name(names[i])) {
			builtin_error(sh, "%s: bad variable name", names[i]);
			return false;
		}
	}
	return true;
}

BUILTIN(read)
{
	struct reading rd = {.sh = sh, .delimiter = '\n'};
	char **names;
	struct scan scan;
	int option, status, count;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "rp:d:n:t:u:")) > 0)
		if (!read_option(sh, &rd, option, scan.argument))
			return 2;
	if (option < 0)
		return 2;
	count = argc - scan.index;
	names = argv + scan.index;
	if (!names_are_good(sh, names, count))
		return 2;
	if (rd.prompt && isatty(rd.fd))
		sh_write_errors(sh, rd.prompt, strlen(rd.prompt));
	text_begin(&rd.line, &sh->temp);
	text_begin(&rd.marks, &sh->temp);
	status = rd.only_asks ? !is_ready(&rd) : read_line(&rd);
	text_end(&rd.line);
	if (status > 1)
		rd.line.start[rd.line.len = 0] = 0;
	if (scan.index == argc)
		return assign(sh, "REPLY", rd.line.start, rd.line.len) ? status : 2;
	return assign_fields(&rd, names, count) ? status : 2;
}
