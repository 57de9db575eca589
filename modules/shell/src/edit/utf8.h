/*
 * UTF-8 text that may hold anything: every byte belongs to exactly one character, and a byte that is not
 * well-formed UTF-8 is a character of its own.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX 4
#define UTF8_INVALID 0x80000000u /* or'ed with the byte: not a code point */

/* The character at text (len > 0): how many bytes it has, 1 to 4. */
size_t utf8_decode(const char *text, size_t len, uint32_t *out_code);
/* Where the character that ends at position at (> 0) begins. */
size_t utf8_previous(const char *text, size_t at);
/* The first position from at on, up to len, that is not inside a character. */
size_t utf8_boundary(const char *text, size_t len, size_t at);
/* How many bytes a first byte announces; 0 if nothing begins with it. */
size_t utf8_announced(uint8_t first);
/* code is a Unicode scalar value; returns its length. */
size_t utf8_encode(uint32_t code, char out[UTF8_MAX]);

/* Columns on the screen: 0 (joins the character before it), 1, 2, or -1: must not reach a terminal as it is. */
int utf8_width(uint32_t code);

/*
 * The unit that moves and deletes as one: a character with those of width 0 that follow. The next unit's position
 * after at (< len), and the last one's before at (> 0).
 */
size_t utf8_next_cluster(const char *text, size_t len, size_t at);
size_t utf8_previous_cluster(const char *text, size_t at);
