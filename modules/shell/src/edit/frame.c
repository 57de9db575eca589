/*
 * Building frames. The wrapping rule is the terminal's own: a character that does not fit starts the next row. At the
 * end the cursor needs a cell too, so a text that exactly fills its row is followed by an empty one.
 */
#include "edit/frame.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 128 };

/* Makes room for one more item of a list of items that are size bytes each. */
static bool grow(void **list, size_t count, size_t *room, size_t size)
{
	size_t new_room = *room ? *room * 2 : ROOM_FIRST;
	void *grown;

	if (count < *room)
		return true;
	grown = realloc(*list, new_room * size);
	if (!grown)
		return false;
	*list = grown;
	*room = new_room;
	return true;
}

static void add_row(struct frame *f)
{
	void *rows = f->rows;

	if (!grow(&rows, f->row_count, &f->row_room, sizeof(*f->rows))) {
		f->is_short = true;
		return;
	}
	f->rows = rows;
	f->rows[f->row_count++] = (struct row){.first = f->cell_count};
}

static struct row *last_row(struct frame *f)
{
	return f->rows + f->row_count - 1;
}

void frame_begin(struct frame *f, size_t columns)
{
	f->columns = columns;
	f->cell_count = f->row_count = 0;
	f->cursor_row = f->cursor_column = 0;
	f->is_cursor_next = f->is_short = false;
	bytes_clear(&f->text);
	add_row(f);
}

static void add_cell(struct frame *f, struct cell cell)
{
	void *cells = f->cells;

	if (f->is_short || !grow(&cells, f->cell_count, &f->cell_room, sizeof(*f->cells))) {
		f->is_short = true;
		return;
	}
	f->cells = cells;
	f->cells[f->cell_count++] = cell;
	last_row(f)->count++;
}

static bool add_text(struct frame *f, const char *text, size_t len)
{
	if (f->is_short || !bytes_add(&f->text, text, len))
		f->is_short = true;
	return !f->is_short;
}

static void settle_cursor(struct frame *f)
{
	if (!f->is_cursor_next || f->is_short)
		return;
	f->is_cursor_next = false;
	f->cursor_row = f->row_count - 1;
	f->cursor_column = last_row(f)->count;
}

static void put_blank(struct frame *f)
{
	uint32_t at = (uint32_t)f->text.len;

	if (add_text(f, " ", 1))
		add_cell(f, (struct cell){at, 1, 0, 1});
}

/* Makes the last row have room for width columns. */
static void fit(struct frame *f, size_t width)
{
	if (f->is_short || last_row(f)->count + width <= f->columns)
		return;
	while (!f->is_short && last_row(f)->count < f->columns)
		put_blank(f);
	last_row(f)->is_wrapped = true;
	add_row(f);
}

void frame_put(struct frame *f, const char *text, size_t len, uint8_t width, uint16_t pen)
{
	uint32_t at;

	if (width > f->columns) {
		text = "?";
		len = width = 1;
	}
	fit(f, width);
	settle_cursor(f);
	at = (uint32_t)f->text.len;
	if (!add_text(f, text, len))
		return;
	add_cell(f, (struct cell){at, (uint32_t)len, pen, width});
	if (width == 2)
		add_cell(f, (struct cell){at, 0, pen, 0});
}

void frame_join(struct frame *f, const char *text, size_t len)
{
	struct cell *last;

	if (f->is_short)
		return;
	last = f->cells + f->cell_count - 1;
	if (last->width == 0)
		last--;
	if (add_text(f, text, len))
		last->len += (uint32_t)len;
}

void frame_newline(struct frame *f)
{
	/* Nothing is written in the row that only the newline takes, so the terminal does not wrap into it. */
	if (!f->is_short && last_row(f)->count == f->columns)
		add_row(f);
	settle_cursor(f);
	if (!f->is_short)
		add_row(f);
}

void frame_cursor(struct frame *f)
{
	f->is_cursor_next = true;
}

void frame_end(struct frame *f)
{
	fit(f, 1);
	settle_cursor(f);
}

void frame_text(const struct frame *f, struct bytes *out)
{
	for (size_t row = 0; row < f->row_count; row++) {
		const struct cell *cells = f->cells + f->rows[row].first;

		for (size_t i = 0; i < f->rows[row].count; i++)
			bytes_add(out, f->text.data + cells[i].text, cells[i].len);
		if (!f->rows[row].is_wrapped)
			bytes_add(out, "\r\n", 2);
	}
}

void frame_free(struct frame *f)
{
	bytes_free(&f->text);
	free(f->cells);
	free(f->rows);
	*f = (struct frame){0};
}

bool frame_same(const struct frame *a, const struct cell *first, const struct frame *b,
                const struct cell *second)
{
	return first && second && first->len == second->len && first->width == second->width &&
	       first->pen == second->pen &&
	       memcmp(a->text.data + first->text, b->text.data + second->text, first->len) == 0;
}

const struct cell *frame_cell(const struct frame *f, size_t row, size_t column)
{
	return row < f->row_count && column < f->rows[row].count
	               ? f->cells + f->rows[row].first + column
	               : NULL;
}
