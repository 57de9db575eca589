/*
 * Incremental search in the history.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edit/bytes.h"
#include "edit/layout.h"

struct editor;

struct search {
	bool is_active, is_forward, is_failing;
	struct bytes text, last;
	size_t origin_number, origin_cursor;
};

/* A key while a search is active. False: the search has ended and the key is still to be run. */
bool search_key(struct editor *editor, uint32_t key);
/* What stands in the prompt's place. */
void search_prompt(const struct editor *editor, struct layout *layout);
void search_end(struct search *search);
void search_free(struct search *search);
