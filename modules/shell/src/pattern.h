/*
 * Pattern matching notation (XCU 2.13). A backslash makes the next character mean itself.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Whether the whole text matches. */
bool pattern_match(const char *pattern, const char *text, bool is_utf8);

/* The same for a text of a length, which need not end with a NUL. */
bool pattern_match_bytes(const char *pattern, const char *text, size_t len, bool is_utf8);

/* Whether a pattern has anything active in it; if not, what it stands for is its text without backslashes. */
bool pattern_is_active(const char *pattern);
void pattern_unescape(char *pattern);
