/*
 * The terminal's cursor: getting it to a cell of the view in few bytes, and writing cells. Short ways over cells that are
 * on the screen already are written instead of moved.
 *
 * A row that goes on in the next one is joined to it by the terminal's own wrapping, so that the terminal copies and
 * re-wraps them as one line. It puts off the wrap until the next character, as VT100 and its heirs do: column ==
 * columns is that state.
 */
#include "edit/motion.h"

#include <stdio.h>

#include "edit/edit.h"

enum { SHORT_WAY = 3 };

/* ---- bytes out */

static void send(struct display *d, const char *text)
{
	bytes_add_text(&d->out, text);
}

/* CSI count final, or nothing for a count of 0. */
void motion_control(struct display *d, size_t count, char final)
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

void motion_pen(struct display *d, uint16_t pen)
{
	if (pen == d->pen)
		return;
	if (d->pen)
		send(d, "\033[m");
	send(d, pens_text(&d->pens, pen));
	d->pen = pen;
}

/* ---- moving */

const struct cell *motion_cell(const struct display *d, size_t row, size_t column)
{
	return frame_cell(&d->next, d->next_top + row, column);
}

static bool wraps_into(const struct display *d, size_t row)
{
	return row > 0 && d->next.rows[d->next_top + row - 1].is_wrapped;
}

static void write_cell(struct display *d, size_t row, size_t column)
{
	const struct cell *cell = motion_cell(d, row, column);

	motion_pen(d, cell->pen);
	bytes_add(&d->out, d->next.text.data + cell->text, cell->len);
	d->column += cell->width;
}

static void to_column(struct display *d, size_t column)
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
		motion_control(d, back, 'D');
	else
		motion_control(d, column - d->column, 'C');
	d->column = column;
}

static void to_row(struct display *d, size_t row)
{
	size_t last = row < d->made ? row : d->made - 1;

	if (row == d->row)
		return;
	if (d->column == d->columns)
		to_column(d, 0);
	if (last > d->row)
		motion_control(d, last - d->row, 'B');
	else
		motion_control(d, d->row - last, 'A');
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
		const struct cell *cell = motion_cell(d, row, at);

		if (!cell || cell->width != 1 || cell->pen != d->pen)
			return false;
		len += cell->len;
	}
	return d->column < column && len <= SHORT_WAY;
}

void motion_to(struct display *d, size_t row, size_t column)
{
	to_row(d, row);
	if (is_short_way(d, row, column)) {
		while (d->column < column)
			write_cell(d, row, d->column);
	}
	if (column != d->column)
		to_column(d, column);
}

/* Brings the terminal to the point of wrapping from the row before, by writing that row's last cell again. */
static void prepare_wrap(struct display *d, size_t row)
{
	size_t last = d->columns - 1;
	const struct cell *cell = motion_cell(d, row - 1, last);

	if (cell->width == 0)
		last--;
	motion_to(d, row - 1, last);
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
void motion_cursor(struct display *d, size_t row, size_t column)
{
	if (row >= d->made && wraps_into(d, row))
		prepare_wrap(d, row);
	if (is_about_to_wrap(d, row)) {
		wrap(d, row);
		if (motion_cell(d, row, 0)) {
			write_cell(d, row, 0);
		} else {
			motion_pen(d, EDITOR_PLAIN);
			send(d, " ");
			d->column = 1;
		}
	}
	motion_to(d, row, column);
}

void motion_draw(struct display *d, size_t row, size_t column)
{
	if (column == 0 && row >= d->made && wraps_into(d, row) && !is_about_to_wrap(d, row))
		prepare_wrap(d, row);
	if (column == 0 && is_about_to_wrap(d, row))
		wrap(d, row);
	else
		motion_to(d, row, column);
	write_cell(d, row, column);
}

void motion_up(struct display *d, size_t rows)
{
	motion_control(d, rows, 'A');
	send(d, "\r");
}

void motion_to_start(struct display *d, size_t row)
{
	to_row(d, row);
	to_column(d, 0);
}
