/*
 * The candidates for completion that the host named.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct candidate {
	char *text;
	char *display;
	char suffix;
};

struct editor_candidates {
	struct candidate *list;
	size_t count, room;
	size_t start; /* of the command's bytes that they replace */
};

/* Sorts them by what is displayed; of equal texts one stays. */
void candidates_sort(struct editor_candidates *candidates);
/* How many bytes, whole characters, all have in common at their start. There is at least one. */
size_t candidates_common(const struct editor_candidates *candidates);
void candidates_free(struct editor_candidates *candidates);
