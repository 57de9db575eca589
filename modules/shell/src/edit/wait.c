/*
 * Showing the line and waiting for the next key. Input is read a byte at a time (a paste in pieces that cannot reach past
 * its end), because what was typed ahead of the command belongs to the program that the command starts. The screen is
 * drawn once no more input waits, by one write.
 */
#include <stdlib.h>
#include <string.h>

#include "edit/editor.h"

static const char paste_on[] = "\033[?2004h";

/* ---- showing */

/* The colours of the text, or NULL. */
static const uint8_t *styles(struct editor *e)
{
	const struct editor_host *host = e->host;
	const char *no_colour = getenv("NO_COLOR");
	size_t len = e->line.text.len;

	if (!host->highlight || (no_colour && *no_colour))
		return NULL;
	if (!bytes_set(&e->styles, bytes_text(&e->line.text), len))
		return NULL;
	memset(e->styles.data, EDITOR_PLAIN, len);
	host->highlight(host->context, bytes_text(&e->line.text), len, (uint8_t *)e->styles.data);
	return (const uint8_t *)e->styles.data;
}

void edit_refresh(struct editor *e)
{
	struct layout layout = display_begin(&e->display);

	if (e->search.is_active)
		search_prompt(e, &layout);
	else
		layout_prompt(&layout, bytes_text(&e->prompt));
	layout_text(&layout, bytes_text(&e->line.text), e->line.text.len, e->line.cursor, styles(e),
	            bytes_text(&e->continuation));
	display_show(&e->display);
}

void edit_adapt(struct editor *e)
{
	size_t columns, rows;

	terminal_size(e->terminal, &columns, &rows);
	display_resize(&e->display, columns, rows);
}

/* ---- waiting */

static bool is_awake(void *context)
{
	struct editor *e = context;
	const struct editor_host *host = e->host;

	e->was_stopped = e->was_stopped || terminal_was_stopped();
	return e->was_stopped || (host->has_news && host->has_news(host->context));
}

void edit_take_terminal(struct editor *e)
{
	if (!terminal_take(e->terminal))
		e->state = EDITOR_ENDED;
	bytes_add_text(&e->display.out, paste_on);
}

/* A signal came. After a stop somebody else had the terminal. */
static void attend(struct editor *e)
{
	const struct editor_host *host = e->host;

	e->was_stopped = e->was_stopped || terminal_was_stopped();
	if (e->was_stopped) {
		e->was_stopped = false;
		display_forget(&e->display);
		edit_take_terminal(e);
		bytes_add_text(&e->display.out, "\r");
	}
	if (host->has_news && host->has_news(host->context) && host->news &&
	    host->news(host->context, e))
		e->state = EDITOR_ABORTED;
}

/* Reads what comes next. */
static void read_more(struct editor *e)
{
	char bytes[16];
	int got = terminal_read(e->terminal, bytes, keys_wanted(&e->keys), is_awake, e);

	if (got == TERMINAL_WOKEN)
		attend(e);
	else if (got <= 0)
		e->is_hung_up = true;
	for (int i = 0; i < got; i++)
		edit_byte(e, (uint8_t)bytes[i]);
	if (e->is_hung_up)
		e->state = EDITOR_ENDED;
}

static void show(struct editor *e)
{
	if (terminal_has_input(e->terminal))
		return;
	edit_adapt(e);
	edit_refresh(e);
	edit_flush(e);
}

bool edit_next_key(struct editor *e, bool is_shown, uint32_t *out_key)
{
	while (e->state == EDITOR_EDITING) {
		if (keys_next(&e->keys, out_key))
			return true;
		if (is_shown && keys_wanted(&e->keys) == 1)
			show(e);
		read_more(e);
	}
	return false;
}
