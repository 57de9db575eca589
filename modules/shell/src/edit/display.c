/*
 * Showing frames: cells that look the same are skipped, rows that got shorter are erased to their end. A frame higher than
 * the window shows as a view of it around the cursor.
 *
 * Sequences used, here and in motion.c: CSI A B C D H J K P @ m, CR LF BS BEL.
 */
#include "edit/display.h"

#include "edit/edit.h"
#include "edit/motion.h"

static void send(struct display *d, const char *text)
{
	bytes_add_text(&d->out, text);
}

/* ---- the view */

static const struct cell *shown_cell(const struct display *d, size_t row, size_t column)
{
	return d->is_fresh ? NULL : frame_cell(&d->shown, d->shown_top + row, column);
}

static bool is_wrapped(const struct frame *f, size_t row)
{
	return row < f->row_count && f->rows[row].is_wrapped;
}

static size_t view_rows(const struct display *d, const struct frame *f, size_t top)
{
	size_t left = f->row_count - top;

	return left < d->rows ? left : d->rows;
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

/* ---- drawing */

/* Brings the end of a row to its place, where that spares writing it. */
static void shift_row(struct display *d, size_t row)
{
	size_t column;
	long shift = image_shift(&d->image, &d->next, d->next_top + row, &column);

	if (shift == 0)
		return;
	motion_to(d, row, column);
	motion_pen(d, EDITOR_PLAIN);
	if (shift > 0)
		motion_control(d, (size_t)shift, '@');
	else
		motion_control(d, (size_t)-shift, 'P');
	image_move(&d->image, column, shift);
}

static void draw_row(struct display *d, size_t row)
{
	const struct cell *cell;
	size_t column = 0;

	image_load(&d->image, d->is_fresh ? NULL : &d->shown, d->shown_top + row);
	if (!d->is_fresh && !is_wrapped(&d->shown, d->shown_top + row))
		shift_row(d, row);
	for (; (cell = motion_cell(d, row, column)); column += cell->width) {
		if (!image_has(&d->image, column, &d->next, cell))
			motion_draw(d, row, column);
	}
	if (column < d->image.count) {
		motion_to(d, row, column);
		motion_pen(d, EDITOR_PLAIN);
		send(d, "\033[K");
	}
}

/* Erases the rows of the last frame below this one. */
static void erase_rest(struct display *d, size_t rows)
{
	if (d->is_fresh || view_rows(d, &d->shown, d->shown_top) <= rows)
		return;
	motion_to(d, rows, 0);
	motion_pen(d, EDITOR_PLAIN);
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
	if (d->next.is_short || !image_reserve(&d->image, d->columns))
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
	motion_cursor(d, d->next.cursor_row - d->next_top, d->next.cursor_column);
	motion_pen(d, EDITOR_PLAIN);
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
		motion_to_start(d, last);
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
		motion_to_start(d, 0);
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
		motion_up(d, rows_above(d, columns));
		send(d, "\033[J");
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
	image_free(&d->image);
	pens_free(&d->pens);
	*d = (struct display){0};
}
