/*
 * Inside of a history, for its file format; everyone else uses edit.h.
 */
#pragma once
#include "edit/edit.h"

struct history_entry {
	char *text;
	bool is_saved; /* a file has it */
};

struct history {
	struct history_entry *entries; /* the oldest first */
	size_t count, room, limit;
	size_t first; /* number of entries[0] */
	enum history_duplicates duplicates;
};

/* As history_add, for an entry that a file has or has not. */
bool history_append(struct history *history, const char *text, bool is_saved);
