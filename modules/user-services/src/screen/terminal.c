/*
 * The terminal's cells and how plain characters and controls change them; sequences.c reads escape
 * sequences. Every position is clamped when it is set, so the rest may index without checks. What is not
 * understood is skipped, never printed.
 */
#include "screen/terminal.h"

#include "screen/sequences.h"

#include <base/bits.h>
#include <base/string.h>

void terminal_init(struct terminal *t, uint16_t columns, uint16_t rows)
{
	*t = (struct terminal){0};
	t->columns = (uint16_t)MAX(1, MIN(columns, TERMINAL_COLUMNS_MAX));
	t->rows = (uint16_t)MAX(1, MIN(rows, TERMINAL_ROWS_MAX));
	terminal_reset(t);
}

void terminal_reset(struct terminal *t)
{
	t->top = 0;
	t->bottom = t->rows;
	t->at = (struct terminal_place){.pen = {.foreground = 7}};
	t->saved = t->at;
	t->wraps_next = t->is_cursor_hidden = t->is_wrap_off = t->is_origin_set = false;
	t->state = TERMINAL_TEXT;
	for (uint16_t row = 0; row < t->rows; row++)
		terminal_erase(t, row, 0, t->columns);
}

static uint8_t pen_colours(const struct terminal_pen *pen)
{
	uint8_t front = pen->foreground, back = pen->background;

	if (pen->is_bold && front < 8)
		front += 8;
	return pen->is_reverse ? (uint8_t)(back | front << 4) : (uint8_t)(front | back << 4);
}

void terminal_erase(struct terminal *t, uint16_t row, uint16_t from, uint16_t to)
{
	struct cell blank = {' ', (uint8_t)(7 | t->at.pen.background << 4)};

	for (uint16_t column = from; column < to && column < t->columns; column++)
		t->cells[row][column] = blank;
	t->is_dirty[row] = 1;
}

static void copy_row(struct terminal *t, uint16_t to, uint16_t from)
{
	memcpy(t->cells[to], t->cells[from], t->columns * sizeof(struct cell));
	t->is_dirty[to] = 1;
}

void terminal_scroll_up(struct terminal *t, uint16_t from, uint16_t count)
{
	if (count > t->bottom - from)
		count = t->bottom - from;
	for (uint16_t row = from; row + count < t->bottom; row++)
		copy_row(t, row, row + count);
	for (uint16_t row = t->bottom - count; row < t->bottom; row++)
		terminal_erase(t, row, 0, t->columns);
}

void terminal_scroll_down(struct terminal *t, uint16_t from, uint16_t count)
{
	if (count > t->bottom - from)
		count = t->bottom - from;
	for (uint16_t row = t->bottom; row-- > from + count;)
		copy_row(t, row, row - count);
	for (uint16_t row = from; row < from + count; row++)
		terminal_erase(t, row, 0, t->columns);
}

void terminal_move(struct terminal *t, int column, int row)
{
	int last_column = t->columns - 1, last_row = t->rows - 1;

	t->is_dirty[t->at.row] = 1;
	t->at.column = (uint16_t)(column < 0 ? 0 : column > last_column ? last_column : column);
	t->at.row = (uint16_t)(row < 0 ? 0 : row > last_row ? last_row : row);
	t->is_dirty[t->at.row] = 1;
	t->wraps_next = false;
}

void terminal_line_feed(struct terminal *t)
{
	if (t->at.row + 1 == t->bottom)
		terminal_scroll_up(t, t->top, 1);
	else
		terminal_move(t, t->at.column, t->at.row + 1);
}

void terminal_reverse_line_feed(struct terminal *t)
{
	if (t->at.row == t->top)
		terminal_scroll_down(t, t->top, 1);
	else
		terminal_move(t, t->at.column, t->at.row - 1);
}

static void put_character(struct terminal *t, uint8_t character)
{
	if (t->wraps_next && !t->is_wrap_off) {
		terminal_move(t, 0, t->at.row);
		terminal_line_feed(t);
	}
	t->cells[t->at.row][t->at.column] = (struct cell){character, pen_colours(&t->at.pen)};
	t->is_dirty[t->at.row] = 1;
	if (t->at.column + 1 < t->columns)
		t->at.column++;
	else
		t->wraps_next = true;
}

static void control(struct terminal *t, uint8_t byte)
{
	switch (byte) {
	case '\b': terminal_move(t, t->at.column - 1, t->at.row); break;
	case '\t': terminal_move(t, (t->at.column | 7) + 1, t->at.row); break;
	case '\n':
	case '\v':
	case '\f': terminal_line_feed(t); break;
	case '\r': terminal_move(t, 0, t->at.row); break;
	case 0x1b: t->state = TERMINAL_ESCAPE; break;
	default: break;
	}
}

/* One cell for each character beyond ASCII: a box, as there is no glyph for it. */
static void text(struct terminal *t, uint8_t byte)
{
	if (t->utf8_left && (byte & 0xc0) == 0x80) {
		if (--t->utf8_left == 0)
			put_character(t, 0x7f);
		return;
	}
	t->utf8_left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
	if (byte < ' ')
		control(t, byte);
	else if (byte < 0x7f)
		put_character(t, byte);
}

void terminal_write(struct terminal *t, const void *bytes, uint32_t len)
{
	const uint8_t *at = bytes;

	for (uint32_t i = 0; i < len; i++) {
		if (t->state == TERMINAL_TEXT)
			text(t, at[i]);
		else if (at[i] < ' ' && at[i] != 0x1b && at[i] != 7)
			control(t, at[i]);
		else
			terminal_sequence(t, at[i]);
	}
}

struct cell terminal_look(const struct terminal *t, uint16_t column, uint16_t row)
{
	struct cell cell = t->cells[row][column];

	if (!t->is_cursor_hidden && column == t->at.column && row == t->at.row)
		cell.colours = (uint8_t)(cell.colours >> 4 | cell.colours << 4);
	return cell;
}
