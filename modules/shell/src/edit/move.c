/*
 * Commands that move the cursor. Up and Down are in recall.c, since at the text's edge they reach into the history.
 */
#include "edit/editor.h"

void command_line_start(struct editor *e)
{
	e->line.cursor = line_start(&e->line, e->line.cursor);
}

void command_line_end(struct editor *e)
{
	e->line.cursor = line_end(&e->line, e->line.cursor);
}

void command_buffer_start(struct editor *e)
{
	e->line.cursor = 0;
}

void command_buffer_end(struct editor *e)
{
	e->line.cursor = e->line.text.len;
}

static void repeat(struct editor *e, size_t (*move)(const struct line *line, size_t at))
{
	for (unsigned i = 0; i < e->count; i++)
		e->line.cursor = move(&e->line, e->line.cursor);
}

void command_forward_char(struct editor *e)
{
	repeat(e, line_next);
}

void command_backward_char(struct editor *e)
{
	repeat(e, line_previous);
}

void command_forward_word(struct editor *e)
{
	repeat(e, line_word_end);
}

void command_backward_word(struct editor *e)
{
	repeat(e, line_word_start);
}
