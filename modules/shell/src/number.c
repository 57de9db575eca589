/*
 * Numbers as text. Arithmetic and variables do this for each step of a loop,
 * so it does not go through the C library's formats.
 */
#include "number.h"

char *number_text(char *buffer, intmax_t number)
{
	uintmax_t rest = number < 0 ? 0 - (uintmax_t)number : (uintmax_t)number;
	char *at = buffer + NUMBER_BYTES;

	*--at = 0;
	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		*--at = '-';
	return at;
}
