/*
 * What inserting and deleting columns does to a row, so that typing in front of a long text does not send all of it
 * again. Only the unchanged end of a row is shifted, and only where nothing is pushed over the window's edge.
 */
#include "edit/image.h"

#include <stdlib.h>
#include <string.h>

enum { SPARED_LEAST = 6 };

bool image_reserve(struct image *image, size_t columns)
{
	struct cell *cells;

	if (columns <= image->room)
		return true;
	cells = realloc(image->cells, columns * sizeof(*cells));
	if (!cells)
		return false;
	image->cells = cells;
	image->room = columns;
	return true;
}

void image_load(struct image *image, const struct frame *frame, size_t row)
{
	size_t count = frame && row < frame->row_count ? frame->rows[row].count : 0;

	image->frame = frame;
	image->count = count;
	if (count)
		memcpy(image->cells, frame->cells + frame->rows[row].first,
		       count * sizeof(*image->cells));
}

bool image_has(const struct image *image, size_t column, const struct frame *frame,
               const struct cell *cell)
{
	return column < image->count &&
	       frame_same(image->frame, image->cells + column, frame, cell);
}

/* How many cells at the ends of both are the same, at most max, not beginning inside a wide character. */
static size_t common_end(const struct image *image, const struct frame *frame, size_t row,
                         size_t max)
{
	const struct row *next = frame->rows + row;
	const struct cell *cells = frame->cells + next->first;
	size_t same = 0;

	while (same < max &&
	       image_has(image, image->count - same - 1, frame, cells + next->count - same - 1))
		same++;
	while (same && cells[next->count - same].width == 0)
		same--;
	return same;
}

long image_shift(const struct image *image, const struct frame *frame, size_t row,
                 size_t *out_column)
{
	const struct row *next = frame->rows + row;
	size_t shorter = image->count < next->count ? image->count : next->count;
	size_t start = 0, end;

	if (image->count == next->count || next->is_wrapped)
		return 0;
	while (start < shorter &&
	       image_has(image, start, frame, frame->cells + next->first + start))
		start++;
	end = common_end(image, frame, row, shorter - start);
	*out_column = shorter - end;
	if (end < SPARED_LEAST || image->cells[*out_column].width == 0)
		return 0; /* not worth it, or in the middle of a wide character */
	return (long)next->count - (long)image->count;
}

void image_move(struct image *image, size_t column, long shift)
{
	struct cell *cells = image->cells + column;
	size_t inserted = shift > 0 ? (size_t)shift : 0, removed = shift < 0 ? (size_t)-shift : 0;

	memmove(cells + inserted, cells + removed,
	        (image->count - column - removed) * sizeof(*cells));
	/* A blank is unlike any cell of a frame. */
	for (size_t i = 0; i < inserted; i++)
		cells[i] = (struct cell){0};
	image->count = image->count + inserted - removed;
}

void image_free(struct image *image)
{
	free(image->cells);
	*image = (struct image){0};
}
