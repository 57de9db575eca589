/*
 * A growing string of bytes that always ends in a NUL of its own. Operations that need memory say whether they got
 * it, and change nothing if not.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct bytes {
	char *data; /* NULL until something was added */
	size_t len, room;
};

/* Puts len bytes of data, which must not lie in b, in place of removed bytes at the position at. */
bool bytes_splice(struct bytes *b, size_t at, size_t removed, const char *data, size_t len);
bool bytes_add(struct bytes *b, const char *data, size_t len);
bool bytes_add_text(struct bytes *b, const char *text);
bool bytes_set(struct bytes *b, const char *data, size_t len);
/* The bytes as a string, "" when there are none. */
const char *bytes_text(const struct bytes *b);
/* The bytes as a malloc'd string, leaving b empty; NULL when memory is short. */
char *bytes_take(struct bytes *b);
void bytes_clear(struct bytes *b);
void bytes_free(struct bytes *b);
