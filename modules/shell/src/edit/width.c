/*
 * How many columns a code point takes on the screen, by binary search in a table of ranges made from Unicode's data
 * (edit/test/widths.py). What could reorder or hide text (bidirectional controls, zero-width spaces, tags) counts as
 * unprintable, so that a command always shows what it is.
 */
#include "edit/width_rows.h"

int utf8_width(uint32_t code)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]);

	if (code < 0xa0)
		return code >= 0x20 && code < 0x7f ? 1 : -1;
	if (code & UTF8_INVALID)
		return -1;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code < ranges[middle].first)
			high = middle;
		else if (code > ranges[middle].last)
			low = middle + 1;
		else
			return ranges[middle].width;
	}
	return 1;
}
