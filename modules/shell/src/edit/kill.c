/*
 * Commands that kill text, to be yanked back, and that yank.
 */
#include "edit/editor.h"

/* Kills [start, end). Kills in a row make one text. */
static void kill_text(struct editor *e, size_t start, size_t end, bool is_backward)
{
	enum kill_place place = e->last_kind != KIND_KILL ? KILL_NEW
	                        : is_backward             ? KILL_PREPEND
	                                                  : KILL_APPEND;

	if (start == end) {
		e->kind = e->last_kind;
		return;
	}
	e->kind = KIND_KILL;
	if (kill_ring_add(&e->ring, e->line.text.data + start, end - start, place))
		edit_replace(e, start, end - start, "", 0);
}

/* To the end of the line, or its newline when the cursor is there. */
void command_kill_line(struct editor *e)
{
	size_t end = line_end(&e->line, e->line.cursor);

	if (end == e->line.cursor)
		end = line_next(&e->line, end);
	kill_text(e, e->line.cursor, end, false);
}

void command_backward_kill_line(struct editor *e)
{
	size_t start = line_start(&e->line, e->line.cursor);

	if (start == e->line.cursor)
		start = line_previous(&e->line, start);
	kill_text(e, start, e->line.cursor, true);
}

void command_kill_word(struct editor *e)
{
	size_t end = e->line.cursor;

	for (unsigned i = 0; i < e->count; i++)
		end = line_word_end(&e->line, end);
	kill_text(e, e->line.cursor, end, false);
}

static void kill_back(struct editor *e, size_t (*move)(const struct line *line, size_t at))
{
	size_t start = e->line.cursor;

	for (unsigned i = 0; i < e->count; i++)
		start = move(&e->line, start);
	kill_text(e, start, e->line.cursor, true);
}

void command_backward_kill_word(struct editor *e)
{
	kill_back(e, line_word_start);
}

void command_blank_word_rubout(struct editor *e)
{
	kill_back(e, line_blank_word_start);
}

/* Puts a killed text in place of the removed bytes at at. */
static void yank(struct editor *e, size_t at, size_t removed)
{
	const struct bytes *text = kill_ring_get(&e->ring, e->yank_back);

	if (!text) {
		edit_bell(e);
		return;
	}
	if (!edit_replace(e, at, removed, text->data, text->len))
		return;
	e->yank_at = at;
	e->yank_len = text->len;
	e->kind = KIND_YANK;
}

void command_yank(struct editor *e)
{
	e->yank_back = 0;
	yank(e, e->line.cursor, 0);
}

/* After a yank: the text killed before that one instead. */
void command_yank_pop(struct editor *e)
{
	if (e->last_kind != KIND_YANK) {
		edit_bell(e);
		return;
	}
	e->yank_back++;
	yank(e, e->yank_at, e->yank_len);
}
