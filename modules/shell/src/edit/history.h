/*
 * Inside of a history, for its file format; everyone else uses edit.h.
 */
#pragma once
#include "edit/edit.h"

struct history {
	char **entries; /* the oldest first */
	size_t count, room, limit;
	size_t first;   /* number of entries[0] */
	size_t unsaved; /* how many of the last entries no file has yet */
	enum history_duplicates duplicates;
};
