/*
 * The list of changes to a line, to be undone from the last one back. The oldest are forgotten beyond UNDO_STEPS, or
 * when all that was removed exceeds UNDO_BYTES. A character typed right behind the one before joins its step, so a typed word is one step.
 */
#include "edit/undo.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct undo *undo, struct undo_step *step)
{
	undo->bytes -= step->removed.len;
	bytes_free(&step->removed);
	undo->count--;
}

static void drop_oldest(struct undo *undo)
{
	drop(undo, undo->steps);
	memmove(undo->steps, undo->steps + 1, undo->count * sizeof(*undo->steps));
}

/* Whether typing goes on where the last step ended. */
static bool extends_last(const struct undo *undo, size_t at, size_t removed)
{
	const struct undo_step *last;

	if (undo->count == 0)
		return false;
	last = undo->steps + undo->count - 1;
	return last->group == undo->group && removed == 0 && at == last->at + last->inserted;
}

bool undo_record(struct undo *undo, const struct line *line, size_t at, size_t removed,
                 size_t inserted)
{
	struct undo_step step = {at, inserted, line->cursor, {0}, undo->group};

	if (extends_last(undo, at, removed)) {
		undo->steps[undo->count - 1].inserted += inserted;
		return true;
	}
	if (!undo->steps)
		undo->steps = calloc(UNDO_STEPS, sizeof(*undo->steps));
	if (!undo->steps)
		return false;
	if (removed && !bytes_set(&step.removed, line->text.data + at, removed))
		return false;
	while (undo->count == UNDO_STEPS || (undo->count && undo->bytes + removed > UNDO_BYTES))
		drop_oldest(undo);
	undo->steps[undo->count++] = step;
	undo->bytes += removed;
	return true;
}

bool undo_last(struct undo *undo, struct line *line)
{
	unsigned group = undo->count ? undo->steps[undo->count - 1].group : 0;

	if (!undo->count)
		return false;
	while (undo->count && undo->steps[undo->count - 1].group == group) {
		struct undo_step *step = undo->steps + undo->count - 1;

		if (!line_replace(line, step->at, step->inserted, bytes_text(&step->removed),
		                  step->removed.len))
			return false;
		line->cursor = step->cursor;
		drop(undo, step);
	}
	return true;
}

void undo_clear(struct undo *undo)
{
	while (undo->count)
		drop(undo, undo->steps + undo->count - 1);
}

void undo_free(struct undo *undo)
{
	undo_clear(undo);
	free(undo->steps);
	*undo = (struct undo){0};
}
