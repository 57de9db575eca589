/*
 * Completion: Tab puts in what all candidates have in common, and a second Tab lists them. A long list is asked about
 * first and then shown page by page; the command is drawn again below it.
 */
#include <stdio.h>
#include <string.h>

#include "edit/editor.h"

enum { MANY = 100, GAP = 2 };

/* Asks the host. False: there is nothing. */
static bool gather(struct editor *e, struct editor_candidates *c)
{
	const struct editor_host *host = e->host;

	*c = (struct editor_candidates){.start = e->line.cursor};
	if (host->complete)
		host->complete(host->context, bytes_text(&e->line.text), e->line.cursor, c);
	candidates_sort(c);
	if (c->start > e->line.cursor)
		c->start = e->line.cursor;
	if (c->count == 0)
		edit_bell(e);
	return c->count > 0;
}

/* ---- listing */

static size_t widest(const struct editor_candidates *c)
{
	size_t most = 1;

	for (size_t i = 0; i < c->count; i++) {
		size_t width = layout_width(c->list[i].display);

		most = width > most ? width : most;
	}
	return most;
}

/* One row of the list, whose columns run downwards. */
static void list_row(struct editor *e, const struct editor_candidates *c, size_t row, size_t rows,
                     size_t width)
{
	struct layout l = display_begin(&e->display);

	for (size_t i = row; i < c->count; i += rows) {
		layout_words(&l, c->list[i].display);
		for (size_t at = layout_width(c->list[i].display);
		     at < width && i + rows < c->count; at++)
			frame_put(l.frame, " ", 1, 1, EDITOR_PLAIN);
	}
	frame_text(l.frame, &e->display.out);
}

/* Puts a question on a line of its own and waits for a key; the question goes away. 0: there will be no key. */
static uint32_t ask(struct editor *e, const char *question)
{
	uint32_t key = 0;

	bytes_add_text(&e->display.out, question);
	edit_flush(e);
	if (!edit_next_key(e, false, &key))
		key = 0;
	bytes_add_text(&e->display.out, "\r\033[K");
	return key;
}

static bool wants_all(struct editor *e, size_t count)
{
	char question[80];
	uint32_t key;

	snprintf(question, sizeof(question), "Show all %zu possibilities? (y or n) ", count);
	key = ask(e, question);
	return key == 'y' || key == 'Y' || key == ' ' || key == KEY_TAB;
}

/* How many more rows the user wants. */
static size_t more(struct editor *e, size_t page)
{
	uint32_t key = ask(e, "--More--");

	if (key == ' ' || key == 'y' || key == 'Y' || key == KEY_TAB || key == KEY_PAGE_DOWN)
		return page;
	return key == KEY_ENTER || key == KEY_DOWN || key == 'j' ? 1 : 0;
}

static void list(struct editor *e, const struct editor_candidates *c)
{
	struct display *d = &e->display;
	size_t width = widest(c) + GAP, columns = (d->columns + GAP - 1) / width;
	size_t rows, page = d->rows > 1 ? d->rows - 1 : 1, left = page;

	columns = columns ? columns : 1;
	rows = (c->count + columns - 1) / columns;
	display_finish(d);
	if ((c->count > MANY || rows > page) && !wants_all(e, c->count))
		return;
	for (size_t row = 0; row < rows; row++, left--) {
		if (left == 0)
			left = more(e, page);
		if (left == 0)
			return;
		list_row(e, c, row, rows, width);
	}
}

void command_list_completions(struct editor *e)
{
	struct editor_candidates c;

	if (gather(e, &c))
		list(e, &c);
	candidates_free(&c);
}

/* ---- inserting */

static bool put(struct editor *e, const struct editor_candidates *c, const char *text, size_t len)
{
	size_t typed = e->line.cursor - c->start;

	return edit_replace(e, c->start, typed, text, len);
}

/* The suffix may be there already. */
static void put_only(struct editor *e, const struct editor_candidates *c)
{
	const struct candidate *only = &c->list[0];

	if (!put(e, c, only->text, strlen(only->text)) || !only->suffix)
		return;
	if (bytes_text(&e->line.text)[e->line.cursor] == only->suffix)
		e->line.cursor++;
	else
		edit_insert(e, &only->suffix, 1);
}

/* What all have in common, if that is not there already. */
static bool put_common(struct editor *e, const struct editor_candidates *c)
{
	const char *typed = bytes_text(&e->line.text) + c->start;
	size_t typed_len = e->line.cursor - c->start, len = candidates_common(c);

	if (len < typed_len || (len == typed_len && memcmp(typed, c->list[0].text, len) == 0))
		return false;
	return put(e, c, c->list[0].text, len);
}

void command_complete(struct editor *e)
{
	struct editor_candidates c;

	e->kind = KIND_COMPLETE;
	if (gather(e, &c)) {
		if (c.count == 1)
			put_only(e, &c);
		else if (!put_common(e, &c) && e->last_kind == KIND_COMPLETE)
			list(e, &c);
		else if (c.count > 1)
			edit_bell(e);
	}
	candidates_free(&c);
}

void command_insert_completions(struct editor *e)
{
	struct editor_candidates c;
	struct bytes all = {0};

	if (gather(e, &c)) {
		for (size_t i = 0; i < c.count; i++) {
			bytes_add_text(&all, c.list[i].text);
			bytes_add_text(&all, " ");
		}
		put(e, &c, bytes_text(&all), all.len);
	}
	bytes_free(&all);
	candidates_free(&c);
}
