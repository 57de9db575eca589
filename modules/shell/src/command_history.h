/*
 * The history of commands that a user has typed.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct shell;

struct command_history {
	char **entries; /* without their last newline */
	size_t count, cap;
	size_t first; /* the number of entries[0] */
	char *file;
};

/* Reads the file that HISTFILE names. */
void command_history_open(struct shell *sh);
void command_history_free(struct shell *sh);

/* A line that was typed: a new entry, or (continued) more of the last one. */
void command_history_line(struct shell *sh, const char *text, size_t len, bool continued);
void command_history_drop_last(struct shell *sh);

/* The entry of a number; NULL: there is none. */
const char *command_history_at(const struct shell *sh, size_t number);
size_t command_history_last(const struct shell *sh);
