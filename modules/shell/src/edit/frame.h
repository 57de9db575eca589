/*
 * A frame: what the prompt and the command look like on a screen of some width, as rows of cells. Two frames can
 * be compared; the display sends the difference.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edit/bytes.h"

/* One column. A character of two columns is a cell of width 2 followed by one of width 0. */
struct cell {
	uint32_t text, len; /* its bytes, in frame.text */
	uint16_t pen;       /* its colours: an index in struct pens */
	uint8_t width;
};

struct row {
	size_t first, count; /* its cells, in frame.cells */
	bool is_wrapped;     /* the next row goes on where this one was full */
};

struct frame {
	size_t columns;
	struct bytes text;
	struct cell *cells;
	struct row *rows;
	size_t cell_count, cell_room, row_count, row_room;
	size_t cursor_row, cursor_column;
	bool is_cursor_next; /* the cursor is on the cell that comes next */
	bool is_short;       /* memory was short: the frame is not whole */
};

/* Begins a frame: one empty row. columns is 1 or more. */
void frame_begin(struct frame *frame, size_t columns);
/* Adds a character of 1 or 2 columns, on a new row if it does not fit. */
void frame_put(struct frame *frame, const char *text, size_t len, uint8_t width, uint16_t pen);
/* Adds bytes that take no room to the last cell, which must be there. */
void frame_join(struct frame *frame, const char *text, size_t len);
/* Starts a row. A newline takes a column itself, so that the cursor can stand on it. */
void frame_newline(struct frame *frame);
/* The cursor stands on what is added next, or at the end. */
void frame_cursor(struct frame *frame);
void frame_end(struct frame *frame);
/* Adds the frame's text without colours to out, each row ended by CR LF, those that wrap not. */
void frame_text(const struct frame *frame, struct bytes *out);
void frame_free(struct frame *frame);

/* Whether two cells look the same; NULL is a cell that is not there. */
bool frame_same(const struct frame *a, const struct cell *first, const struct frame *b,
                const struct cell *second);
const struct cell *frame_cell(const struct frame *frame, size_t row, size_t column);
