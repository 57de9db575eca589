/*
 * What it takes to undo changes of a line. Changes with the same group are undone together.
 */
#pragma once
#include "edit/line.h"

enum { UNDO_STEPS = 1000, UNDO_BYTES = 8 << 20 };

struct undo_step {
	size_t at, inserted, cursor; /* cursor: where it was before */
	struct bytes removed;
	unsigned group;
};

struct undo {
	struct undo_step *steps;
	size_t count, bytes; /* of all removed texts */
	unsigned group;      /* of the changes to come */
};

/* Before a change: removed bytes at at will give way to inserted ones. False: no memory, so it cannot be undone. */
bool undo_record(struct undo *undo, const struct line *line, size_t at, size_t removed,
                 size_t inserted);
/* Undoes the last group; false if there is none. */
bool undo_last(struct undo *undo, struct line *line);
void undo_clear(struct undo *undo);
void undo_free(struct undo *undo);
