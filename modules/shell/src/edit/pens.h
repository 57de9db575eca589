/*
 * Colours by number: each pen is the SGR sequences that select it from the terminal's default. Numbers below
 * EDITOR_STYLES are the styles of edit.h, the rest were found in prompts.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "edit/bytes.h"

enum { PENS_MAX = 512, PEN_LEN_MAX = 128 };

struct pens {
	struct bytes *found; /* pen EDITOR_STYLES + i */
	size_t count;
};

/* The pen in force after pen and a further SGR sequence, from its ESC [ to its m. */
uint16_t pens_after(struct pens *pens, uint16_t pen, const char *sgr, size_t len);
/* What to send for a pen, from the default on; a NUL-terminated string. */
const char *pens_text(const struct pens *pens, uint16_t pen);
void pens_free(struct pens *pens);
