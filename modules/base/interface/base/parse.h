/*
 * Numbers from text, with overflow checks. Nothing is skipped: no leading spaces, no trailing characters.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole text: decimal, or hexadecimal after 0x. On failure *out is unchanged. */
bool parse_u64(const char *text, uint64_t *out);
bool parse_i64(const char *text, int64_t *out);
/* Exactly `len` digits of `base` (2 to 16), as in fixed-width fields. */
bool parse_digits(const char *text, size_t len, unsigned base, uint64_t *out);
/* The digits at *cursor, at least one; leaves *cursor behind them. */
bool parse_number(const char **cursor, unsigned base, uint64_t *out);
