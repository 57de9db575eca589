/* Drawing a terminal's cells into a framebuffer of 16, 24 or 32 bits a pixel. */
#pragma once
#include "screen/font.h"
#include "screen/terminal.h"

#include <microkernel/abi.h>

struct pixels {
	volatile uint8_t *base;
	struct boot_framebuffer shape;
	uint32_t palette[16]; /* in the framebuffer's own format */
	uint8_t glyphs[128][FONT_HEIGHT];
};

/* False when the format is none that can be drawn. */
bool pixels_init(struct pixels *p, void *base, const struct boot_framebuffer *shape);
/* Draw the rows that changed. */
void pixels_draw(struct pixels *p, struct terminal *t);
