/*
 * The history of commands that a user has typed.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct shell;

struct history {
	char **entries; /* without their last newline */
	size_t count, cap;
	size_t first; /* the number of entries[0] */
	char *file;
};

/* Reads the file that HISTFILE names. */
void history_open(struct shell *sh);
void history_free(struct shell *sh);

/* A line that was typed: a new entry, or (continued) more of the last one. */
void history_line(struct shell *sh, const char *text, size_t len, bool continued);
void history_drop_last(struct shell *sh);

/* The entry of a number; NULL: there is none. */
const char *history_at(const struct shell *sh, size_t number);
size_t history_last(const struct shell *sh);
