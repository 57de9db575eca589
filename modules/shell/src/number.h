/*
 * Numbers as text and back: the decimal ones that almost all are.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define NUMBER_BYTES 24

/* Writes a number to the end of a buffer of NUMBER_BYTES; gives where it begins. */
char *number_text(char *buffer, intmax_t number);

/* Decimal digits only, few enough to fit; false: something else. */
static inline bool number_plain(const char *text, intmax_t *out)
{
	intmax_t number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && at - text < 19; at++)
		number = number * 10 + (*at - '0');
	*out = number;
	return !*at && at != text && at - text < 19;
}
