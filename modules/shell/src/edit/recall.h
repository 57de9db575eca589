/*
 * Walking through the history while editing: where the walk is, and what was changed on the way.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "edit/bytes.h"

struct editor;

/* The text of an entry, or of the new command, as it was left edited. */
struct draft {
	size_t number;
	char *text;
};

struct recall {
	size_t number; /* of the entry shown; 0: the new command */
	struct draft *drafts;
	size_t draft_count;
	struct bytes prefix;    /* what entries must begin with */
	size_t argument_number; /* whose last word was yanked */
	size_t argument_at, argument_len;
};

/* Shows an entry (0: the new command), with the cursor at its end; what is shown now is kept as a draft. */
void recall_show(struct editor *editor, size_t number);
/* The entry older or newer than the one shown; 0: there is none. */
size_t recall_neighbour(const struct editor *editor, bool is_forward);
void recall_clear(struct recall *recall);
void recall_free(struct recall *recall);
