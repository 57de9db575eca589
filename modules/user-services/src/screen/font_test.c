/*
 * Tests of screen/font.c: every printable character has a glyph of its own that leaves the cell's last
 * column. The last pixel column stays free, or neighbours would touch.
 */
#include "screen/font.h"

#include <base/test.h>

TEST(glyphs_are_distinct_and_spaced)
{
	uint8_t a[FONT_HEIGHT], b[FONT_HEIGHT];

	for (int i = 0x20; i < 0x7f; i++) {
		font_glyph((uint8_t)i, a);
		for (int y = 0; y < FONT_HEIGHT; y++)
			CHECK((a[y] & 1) == 0);
		for (int j = i + 1; j < 0x7f; j++) {
			font_glyph((uint8_t)j, b);
			CHECK(memcmp(a, b, FONT_HEIGHT) != 0);
		}
	}
}

TEST(unknown_is_a_box)
{
	uint8_t a[FONT_HEIGHT], b[FONT_HEIGHT];

	font_glyph(0x07, a);
	font_glyph(0xe9, b);
	CHECK_MEM_EQ(a, b, FONT_HEIGHT);
	CHECK(a[2] == 0xfe);
}

TEST_MAIN();
