/*
 * One row as the terminal shows it, while it is being turned into a row of the next frame.
 */
#pragma once
#include "edit/frame.h"

struct image {
	const struct frame *frame; /* whose text the cells are in */
	struct cell *cells;
	size_t count, room;
};

/* Makes room for rows of so many columns; false: no memory. */
bool image_reserve(struct image *image, size_t columns);
/* Takes over a row of a frame; NULL: a row where nothing is. */
void image_load(struct image *image, const struct frame *frame, size_t row);
/* Whether the image has that cell at column. */
bool image_has(const struct image *image, size_t column, const struct frame *frame,
               const struct cell *cell);
/*
 * How far the end of the image is from where it belongs in a row: positive, blanks are to be inserted at *out_column;
 * negative, columns are to be deleted there. 0 when that would not spare much.
 */
long image_shift(const struct image *image, const struct frame *frame, size_t row,
                 size_t *out_column);
/* Does so to the image. */
void image_move(struct image *image, size_t column, long shift);
void image_free(struct image *image);
