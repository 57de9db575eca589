/*
 * Positional parameters.
 */
#pragma once
#include <stdbool.h>

struct params {
	char **list; /* $1 is list[0] */
	int count;
	char **owned; /* what to free with its texts; NULL when a caller of a function has them */
	int owned_count;
};

struct shell;

/* Replaces them by copies. */
void params_set(struct shell *sh, char **list, int count);
void params_shift(struct shell *sh, int count);

/* Replaces them by a caller's for a while, and back. */
struct params params_enter(struct shell *sh, char **list, int count);
void params_leave(struct shell *sh, struct params saved);
