/*
 * UTF-8, and the bytes of the C locale: characters as patterns, lengths and IFS count them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define CHAR_MOST 4

/* The character at a text (not its end). An invalid byte is a character of its own, beyond all of Unicode. */
unsigned char_decode(const char *text, size_t *out_len);
size_t char_encode(char *bytes, unsigned point);

/* Bytes of the character at a text, in UTF-8 or (is_utf8 false) one. */
static inline size_t char_len(const char *text, bool is_utf8)
{
	size_t len = 1;

	if (is_utf8 && (unsigned char)*text >= 0x80)
		char_decode(text, &len);
	return len;
}

size_t char_count(const char *text, size_t len, bool is_utf8);
