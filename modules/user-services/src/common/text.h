/*
 * Reading text without copying it: a span of characters, cut into lines and words. Used by the manifest
 * parser, the kernel command line and the exec agent. No allocation, no terminating zero needed.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	const char *at;
	size_t len;
};

/* A span over a zero-terminated string. */
struct text text_of(const char *string);
/* Cut the next line (without its newline) off the front of rest; false at the end. */
bool text_line(struct text *rest, struct text *out_line);
/* Cut the next word (characters above space) off the front of rest; false when there is none. */
bool text_word(struct text *rest, struct text *out_word);
/* Drop what follows a '#' that starts a word. */
struct text text_without_comment(struct text line);
bool text_is(struct text word, const char *string);
bool text_starts(struct text word, const char *prefix);
/* Decimal or 0x hexadecimal; false when empty, malformed or beyond 64 bits. */
bool text_number(struct text word, uint64_t *out_value);
/* Copy as a zero-terminated string; false (and nothing copied) when it does not fit. */
bool text_copy(struct text word, char *out, size_t size);
/* Whether the command line has exactly this word ("debugexit", "exec=com2"). */
bool text_has_word(const char *line, const char *word);
/*
 * Cut the next argument: words at spaces, with '...' and "..." quoting and backslash escapes outside
 * single quotes, written zero-terminated to out. False at the end, or when it does not fit.
 */
bool text_argument(struct text *rest, char *out, size_t size);
