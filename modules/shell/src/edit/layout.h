/*
 * Laying out prompts and commands as cells.
 */
#pragma once
#include "edit/frame.h"
#include "edit/pens.h"

struct layout {
	struct frame *frame;
	struct pens *pens;
	struct bytes *once; /* of prompts: what is sent but shows nothing, such as a window title */
};

/* A prompt: text with escape sequences, and with bytes of no width between \001 and \002. */
void layout_prompt(struct layout *layout, const char *prompt);
/*
 * A command, with a style for each byte (or NULL), the cursor at the byte cursor, and continuation before each further
 * line. What a terminal cannot show is shown as ^X, \xFF or <U+202E>.
 */
void layout_text(struct layout *layout, const char *text, size_t len, size_t cursor,
                 const uint8_t *styles, const char *continuation);
/* Plain text without a cursor, one line. */
void layout_words(struct layout *layout, const char *text);
/* How many columns plain text takes in one line. */
size_t layout_width(const char *text);
