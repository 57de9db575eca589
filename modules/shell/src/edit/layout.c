/*
 * From text to cells. A character of no width joins the cell before it, if that is a visible character of the same
 * text; alone it is spelled out, as is everything that would move the cursor, hide or reorder text. Tabs become blanks.
 */
#include "edit/layout.h"

#include <stdio.h>
#include <string.h>

#include "edit/edit.h"
#include "edit/utf8.h"

enum { TAB_WIDTH = 8, SPELLED_MAX = 16, ESC = 0x1b };

/* ---- characters */

static void spell(uint32_t code, char out[SPELLED_MAX])
{
	if (code & UTF8_INVALID)
		snprintf(out, SPELLED_MAX, "\\x%02x", (unsigned)(code & 0xff));
	else if (code < 0x80)
		snprintf(out, SPELLED_MAX, "^%c", (int)(code ^ 0x40));
	else
		snprintf(out, SPELLED_MAX, "<U+%04X>", (unsigned)code);
}

/* Adds one character. *can_join: whether one of no width may follow. */
static void put(struct frame *f, const char *text, size_t len, uint32_t code, uint16_t pen,
                bool *can_join)
{
	char spelled[SPELLED_MAX];
	int width = utf8_width(code);

	if (width == 0 && *can_join) {
		frame_join(f, text, len);
		return;
	}
	*can_join = width > 0;
	if (width > 0) {
		frame_put(f, text, len, (uint8_t)width, pen);
		return;
	}
	spell(code, spelled);
	for (const char *at = spelled; *at; at++)
		frame_put(f, at, 1, 1, pen);
}

static void put_tab(struct frame *f, uint16_t pen)
{
	size_t column = f->is_short ? 0 : f->rows[f->row_count - 1].count % f->columns;

	for (size_t i = column % TAB_WIDTH; i < TAB_WIDTH; i++) {
		frame_put(f, " ", 1, 1, pen);
		if (++column == f->columns)
			return;
	}
}

/* ---- prompts */

/* The length of the escape sequence at text: CSI, OSC (to BEL or ESC \) or ESC and a byte. */
static size_t sequence_len(const char *text)
{
	size_t len = 2;

	if (text[1] == '[') {
		len += strspn(text + len, "0123456789;:<=>? !\"#$%&'()*+,-./");
		return text[len] ? len + 1 : len;
	}
	if (text[1] == ']') {
		len += strcspn(text + len, "\a\033");
		return text[len] == ESC && text[len + 1] ? len + 2 : text[len] ? len + 1 : len;
	}
	return text[1] ? 2 : 1;
}

static bool is_colour(const char *text, size_t len)
{
	return len > 2 && text[1] == '[' && text[len - 1] == 'm';
}

/* What a prompt holds besides visible characters; returns how many bytes that was, 0 if none. */
static size_t prompt_control(struct layout *l, const char *text, uint16_t *pen, bool *is_hidden)
{
	size_t len = 1;

	if (*text == ESC) {
		len = sequence_len(text);
		if (is_colour(text, len))
			*pen = pens_after(l->pens, *pen, text, len);
		else
			bytes_add(l->once, text, len);
	} else if (*text == '\001' || *text == '\002') {
		*is_hidden = *text == '\001';
	} else if (*is_hidden || *text == '\a') {
		bytes_add(l->once, text, len);
	} else if (*text == '\n') {
		frame_newline(l->frame);
	} else if (*text == '\t') {
		put_tab(l->frame, *pen);
	} else {
		len = *text == '\r';
	}
	return len;
}

void layout_prompt(struct layout *l, const char *prompt)
{
	size_t len = strlen(prompt);
	uint16_t pen = EDITOR_PLAIN;
	bool can_join = false, is_hidden = false;

	for (size_t at = 0, count; at < len; at += count) {
		uint32_t code;

		count = prompt_control(l, prompt + at, &pen, &is_hidden);
		if (count) {
			can_join = can_join && prompt[at] == ESC;
			continue;
		}
		count = utf8_decode(prompt + at, len - at, &code);
		put(l->frame, prompt + at, count, code, pen, &can_join);
	}
}

/* ---- commands */

void layout_text(struct layout *l, const char *text, size_t len, size_t cursor,
                 const uint8_t *styles, const char *continuation)
{
	bool can_join = false;

	for (size_t at = 0, count; at < len; at += count) {
		uint16_t pen = styles && styles[at] < EDITOR_STYLES ? styles[at] : EDITOR_PLAIN;
		uint32_t code;

		count = utf8_decode(text + at, len - at, &code);
		if (at == cursor)
			frame_cursor(l->frame);
		if (code != '\n' && code != '\t') {
			put(l->frame, text + at, count, code, pen, &can_join);
			continue;
		}
		can_join = false;
		if (code == '\t') {
			put_tab(l->frame, pen);
		} else {
			frame_newline(l->frame);
			layout_prompt(l, continuation);
		}
	}
	if (cursor == len)
		frame_cursor(l->frame);
}

void layout_words(struct layout *l, const char *text)
{
	layout_text(l, text, strlen(text), (size_t)-1, NULL, "");
}

size_t layout_width(const char *text)
{
	char spelled[SPELLED_MAX];
	size_t len = strlen(text), total = 0;
	bool can_join = false;

	for (size_t at = 0; at < len;) {
		uint32_t code;
		int width;

		at += utf8_decode(text + at, len - at, &code);
		width = utf8_width(code);
		if (width < 0 || (width == 0 && !can_join)) {
			spell(code, spelled);
			total += strlen(spelled);
		} else {
			total += (size_t)width;
		}
		can_join = width > 0 || (width == 0 && can_join);
	}
	return total;
}
