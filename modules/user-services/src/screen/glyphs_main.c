/*
 * Host program: prints the text screen's font, so that tests can read a screen back (tools/anonlib/screen.py).
 * One printable character a line: its code, then the rows of its bitmap from the top, all in hexadecimal.
 */
#include "screen/font.h"

#include <stdio.h>

int main(void)
{
	uint8_t rows[FONT_HEIGHT];

	for (unsigned character = 0x20; character < 0x7f; character++) {
		font_glyph((uint8_t)character, rows);
		printf("%02x ", character);
		for (unsigned y = 0; y < FONT_HEIGHT; y++)
			printf("%02x", rows[y]);
		printf("\n");
	}
	return 0;
}
