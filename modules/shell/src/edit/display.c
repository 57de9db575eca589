/*
 * Showing frames with as few bytes as is simple: cells that look the same are skipped, short ways over them are
 * written instead of moved, rows that got shorter are erased to their end.
 *
 * Sequences used: CSI A B C D H J K m, CR LF BS BEL. Rows that go on in the next one are joined by the terminal's own
 * wrapping, so that it copies and re-wraps them as one line. It puts off the wrap until the next character (as VT100
 * and its heirs do): column == columns is that state.
 */
#include "edit/display.h"

#include <stdio.h>
#include <string.h>

#include "edit/edit.h"

enum { SHORT_WAY = 3 };

/* ---- bytes out */

static void send(struct display *d, const char *text)
{
	bytes_add_text(&d->out, text);
}

/* CSI count final, or nothing for a count of 0. */
static void send_motion(struct display *d, size_t count, char final)
{
	char text[32];

	if (count == 0)
		return;
	if (count == 1)
		snprintf(text, sizeof(text), "\033[%c", final);
	else
		snprintf(text, sizeof(text), "\033[%zu%c", count, final);
	send(d, text);
}

static void set_pen(struct display *d, uint16_t pen)
{
	if (pen == d->pen)
		return;
	if (d->pen)
		send(d, "\033[m");
	send(d, pens_text(&d->pens, pen));
	d->pen = pen;
}

/* ---- the view: frames cut to the window */

static const struct cell *next_cell(const struct display *d, size_t row, size_t column)
{
	return frame_cell(&d->next, d->next_top + row, column);
}

static const struct cell *shown_cell(const struct display *d, size_t row, size_t column)
{
	return d->is_fresh ? NULL : frame_cell(&d->shown, d->shown_top + row, column);
}

static size_t view_rows(const struct display *d, const struct frame *f, size_t top)
{
	size_t left = f->row_count - top;

	return left < d->rows ? left : d->rows;
}

static bool wraps_into(const struct display *d, size_t row)
{
	return row > 0 && d->next.rows[d->next_top + row - 1].is_wrapped;
}

/* Moves the view as little as shows the cursor. */
static void choose_top(struct display *d)
{
	size_t cursor = d->next.cursor_row, count = d->next.row_count;

	d->next_top = d->is_fresh ? 0 : d->shown_top;
	if (d->next_top + d->rows > count)
		d->next_top = count > d->rows ? count - d->rows : 0;
	if (cursor < d->next_top)
		d->next_top = cursor;
	if (cursor >= d->next_top + d->rows)
		d->next_top = cursor - d->rows + 1;
}

/* ---- moving */

static void write_cell(struct display *d, size_t row, size_t column)
{
	const struct cell *cell = next_cell(d, row, column);

	set_pen(d, cell->pen);
	bytes_add(&d->out, d->next.text.data + cell->text, cell->len);
	d->column += cell->width;
}

static void move_to_column(struct display *d, size_t column)
{
	size_t back;

	/* Terminals disagree on where the cursor is when it is about to wrap. */
	if ((column == 0 && d->column) || d->column == d->columns) {
		send(d, "\r");
		d->column = 0;
	}
	back = d->column > column ? d->column - column : 0;
	if (back && back <= SHORT_WAY)
		send(d, &"\b\b\b"[SHORT_WAY - back]);
	else if (back)
		send_motion(d, back, 'D');
	else
		send_motion(d, column - d->column, 'C');
	d->column = column;
}

static void move_to_row(struct display *d, size_t row)
{
	size_t last = row < d->made ? row : d->made - 1;

	if (row == d->row)
		return;
	if (d->column == d->columns)
		move_to_column(d, 0);
	if (last > d->row)
		send_motion(d, last - d->row, 'B');
	else
		send_motion(d, d->row - last, 'A');
	for (d->row = last; d->row < row; d->row++) {
		send(d, "\r\n");
		d->column = 0;
		d->made++;
	}
}

/* Whether the cells from the cursor up to column can be written again instead of moved over. */
static bool is_short_way(const struct display *d, size_t row, size_t column)
{
	size_t len = 0;

	for (size_t at = d->column; at < column; at++) {
		const struct cell *cell = next_cell(d, row, at);

		if (!cell || cell->width != 1 || cell->pen != d->pen)
			return false;
		len += cell->len;
	}
	return d->column < column && len <= SHORT_WAY;
}

static void move_to(struct display *d, size_t row, size_t column)
{
	move_to_row(d, row);
	if (is_short_way(d, row, column)) {
		while (d->column < column)
			write_cell(d, row, d->column);
	}
	if (column != d->column)
		move_to_column(d, column);
}

/* Brings the terminal to the point of wrapping from the row before, by writing that row's last cell again. */
static void prepare_wrap(struct display *d, size_t row)
{
	size_t last = d->columns - 1;
	const struct cell *cell = next_cell(d, row - 1, last);

	if (cell->width == 0)
		last--;
	move_to(d, row - 1, last);
	write_cell(d, row - 1, last);
}

static bool is_about_to_wrap(const struct display *d, size_t row)
{
	return d->column == d->columns && row == d->row + 1 && wraps_into(d, row);
}

static void wrap(struct display *d, size_t row)
{
	d->row = row;
	d->column = 0;
	if (d->made <= row)
		d->made = row + 1;
}

/* The terminal's cursor on a cell, which need not be there. */
static void place_cursor(struct display *d, size_t row, size_t column)
{
	if (row >= d->made && wraps_into(d, row))
		prepare_wrap(d, row);
	if (is_about_to_wrap(d, row)) {
		wrap(d, row);
		if (next_cell(d, row, 0)) {
			write_cell(d, row, 0);
		} else {
			set_pen(d, EDITOR_PLAIN);
			send(d, " ");
			d->column = 1;
		}
	}
	move_to(d, row, column);
}

/* ---- drawing */

static void draw_cell(struct display *d, size_t row, size_t column)
{
	if (column == 0 && row >= d->made && wraps_into(d, row) && !is_about_to_wrap(d, row))
		prepare_wrap(d, row);
	if (column == 0 && is_about_to_wrap(d, row))
		wrap(d, row);
	else
		move_to(d, row, column);
	write_cell(d, row, column);
}

static void draw_row(struct display *d, size_t row)
{
	const struct cell *cell;
	size_t column = 0;

	for (; (cell = next_cell(d, row, column)); column += cell->width) {
		if (!frame_same(&d->next, cell, &d->shown, shown_cell(d, row, column)))
			draw_cell(d, row, column);
	}
	if (shown_cell(d, row, column)) {
		move_to(d, row, column);
		set_pen(d, EDITOR_PLAIN);
		send(d, "\033[K");
	}
}

/* Erases the rows of the last frame below this one. */
static void erase_rest(struct display *d, size_t rows)
{
	if (d->is_fresh || view_rows(d, &d->shown, d->shown_top) <= rows)
		return;
	move_to(d, rows, 0);
	set_pen(d, EDITOR_PLAIN);
	send(d, "\033[J");
}

static void swap_frames(struct display *d)
{
	struct frame shown = d->shown;

	d->shown = d->next;
	d->next = shown;
	d->shown_top = d->next_top;
	d->is_fresh = false;
}

struct layout display_begin(struct display *d)
{
	frame_begin(&d->next, d->columns);
	bytes_clear(&d->once);
	return (struct layout){&d->next, &d->pens, &d->once};
}

void display_show(struct display *d)
{
	size_t rows;

	frame_end(&d->next);
	if (d->next.is_short)
		return;
	choose_top(d);
	rows = view_rows(d, &d->next, d->next_top);
	if (d->is_fresh) {
		bytes_add(&d->out, bytes_text(&d->once), d->once.len);
		send(d, "\033[J");
	}
	for (size_t row = 0; row < rows; row++)
		draw_row(d, row);
	erase_rest(d, rows);
	place_cursor(d, d->next.cursor_row - d->next_top, d->next.cursor_column);
	set_pen(d, EDITOR_PLAIN);
	swap_frames(d);
}

/* ---- the whole */

void display_forget(struct display *d)
{
	d->is_fresh = true;
	d->row = d->column = d->shown_top = 0;
	d->made = 1;
	d->pen = EDITOR_PLAIN;
}

void display_finish(struct display *d)
{
	const struct frame *f = &d->shown;
	size_t last;

	if (!d->is_fresh) {
		last = view_rows(d, f, d->shown_top) - 1;
		move_to_row(d, last);
		move_to_column(d, 0);
		last += d->shown_top;
		/* The row that follows a full one is empty: that is the line below. */
		if (f->rows[last].count || last == 0 || !f->rows[last - 1].is_wrapped)
			send(d, "\r\n");
	}
	display_forget(d);
}

void display_erase(struct display *d)
{
	if (!d->is_fresh) {
		move_to_row(d, 0);
		move_to_column(d, 0);
		send(d, "\033[J");
	}
	display_forget(d);
}

void display_clear(struct display *d)
{
	send(d, "\033[H\033[2J");
	display_forget(d);
}

void display_bell(struct display *d)
{
	send(d, "\a");
}

/* Whether a cell of the terminal is under the cursor. The blank of a row that was only wrapped into is one. */
static bool is_on_cell(const struct display *d)
{
	return shown_cell(d, d->row, d->column) || (d->column == 0 && d->row > 0);
}

/* Rows between the first one shown and the cursor once the terminal has wrapped them at columns. */
static size_t rows_above(const struct display *d, size_t columns)
{
	size_t rows = 0, cells = 0;

	for (size_t row = 0; row < d->row; row++) {
		const struct row *shown = d->shown.rows + d->shown_top + row;

		cells += shown->count;
		if (shown->is_wrapped)
			continue;
		rows += cells ? (cells - 1) / columns + 1 : 1;
		cells = 0;
	}
	cells += d->column;
	/* At the end of a full row the terminal has not wrapped yet. */
	if (cells && !is_on_cell(d))
		cells--;
	return rows + cells / columns;
}

void display_resize(struct display *d, size_t columns, size_t rows)
{
	bool is_cut = d->shown.row_count > (rows < d->rows ? rows : d->rows) && rows != d->rows;

	if (!d->is_fresh && (columns != d->columns || is_cut)) {
		send_motion(d, rows_above(d, columns), 'A');
		send(d, "\r\033[J");
		display_forget(d);
	}
	d->columns = columns;
	d->rows = rows;
}

void display_free(struct display *d)
{
	bytes_free(&d->out);
	bytes_free(&d->once);
	frame_free(&d->shown);
	frame_free(&d->next);
	pens_free(&d->pens);
	*d = (struct display){0};
}
