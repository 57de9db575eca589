/* The text screen's font: 8x16 bitmaps of the printable ASCII characters, drawn from a 5x8 table. */
#pragma once
#include <stdint.h>

#define FONT_WIDTH 8
#define FONT_HEIGHT 16

/* Rows of the character, top down, bit 7 leftmost. What has no glyph looks like a box. */
void font_glyph(uint8_t character, uint8_t out_rows[FONT_HEIGHT]);
