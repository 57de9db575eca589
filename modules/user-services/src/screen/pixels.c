/*
 * From cells to pixels. The framebuffer is only ever written: reading it back is slow on hardware. Pixels of
 * a row are built in ordinary memory, then copied out line by line in 8-byte units.
 */
#include "screen/pixels.h"

#include <base/string.h>

#define LINE_BYTES_MAX (TERMINAL_COLUMNS_MAX * FONT_WIDTH * 4)

static const uint8_t colours[16][3] = {
	{0, 0, 0},       {190, 40, 40},   {40, 160, 60},   {180, 130, 30},
	{60, 90, 200},   {160, 60, 170},  {40, 150, 170},  {200, 200, 200},
	{110, 110, 110}, {250, 100, 90},  {110, 220, 110}, {245, 215, 90},
	{120, 150, 255}, {230, 130, 230}, {100, 220, 230}, {255, 255, 255},
};

static uint32_t encode(const struct boot_framebuffer *s, const uint8_t rgb[3])
{
	return (uint32_t)(rgb[0] >> (8 - s->red_bits)) << s->red_at |
	       (uint32_t)(rgb[1] >> (8 - s->green_bits)) << s->green_at |
	       (uint32_t)(rgb[2] >> (8 - s->blue_bits)) << s->blue_at;
}

static bool is_drawable(const struct boot_framebuffer *s)
{
	if (s->type != 1 || (s->bits != 16 && s->bits != 24 && s->bits != 32))
		return false;
	if (s->red_bits > 8 || s->green_bits > 8 || s->blue_bits > 8)
		return false;
	return s->width >= FONT_WIDTH && s->height >= FONT_HEIGHT &&
	       s->pitch >= s->width * (s->bits / 8u);
}

bool pixels_init(struct pixels *p, void *base, const struct boot_framebuffer *shape)
{
	p->base = base;
	p->shape = *shape;
	if (!is_drawable(shape))
		return false;
	for (int i = 0; i < 16; i++)
		p->palette[i] = encode(shape, colours[i]);
	for (int i = 0; i < 128; i++)
		font_glyph((uint8_t)i, p->glyphs[i]);
	return true;
}

static uint8_t *put_pixel(uint8_t *at, uint32_t value, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
	return at + bytes;
}

static uint8_t *put_cell_line(const struct pixels *p, uint8_t *at, struct cell cell, int y)
{
	uint8_t bits = p->glyphs[cell.character & 127][y];
	uint32_t front = p->palette[cell.colours & 15], back = p->palette[cell.colours >> 4];

	for (int x = 7; x >= 0; x--)
		at = put_pixel(at, bits >> x & 1 ? front : back, p->shape.bits / 8u);
	return at;
}

static void copy_out(volatile uint8_t *to, const uint8_t *from, size_t len)
{
	size_t i = 0;

	for (; i + 8 <= len; i += 8)
		*(volatile uint64_t *)(to + i) = *(const uint64_t *)(from + i);
	for (; i < len; i++)
		to[i] = from[i];
}

static void draw_row(struct pixels *p, const struct terminal *t, uint16_t row)
{
	static uint8_t line[LINE_BYTES_MAX] __attribute__((aligned(8)));

	for (int y = 0; y < FONT_HEIGHT; y++) {
		uint64_t at = (uint64_t)(row * FONT_HEIGHT + y) * p->shape.pitch;
		uint8_t *end = line;

		for (uint16_t column = 0; column < t->columns; column++)
			end = put_cell_line(p, end, terminal_look(t, column, row), y);
		copy_out(p->base + at, line, (size_t)(end - line));
	}
}

void pixels_draw(struct pixels *p, struct terminal *t)
{
	for (uint16_t row = 0; row < t->rows; row++) {
		if (t->is_dirty[row])
			draw_row(p, t, row);
		t->is_dirty[row] = 0;
	}
}
