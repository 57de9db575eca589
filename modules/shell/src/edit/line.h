/*
 * The command being edited: its bytes and the cursor. Positions are byte offsets; the cursor is never inside a
 * character.
 */
#pragma once
#include "edit/bytes.h"

struct line {
	struct bytes text;
	size_t cursor;
};

/* Whether the text stays within EDITOR_LINE_MAX when len bytes take the place of removed ones. */
bool line_fits(const struct line *line, size_t removed, size_t len);
/* Replaces removed bytes at at by others than NUL, and leaves the cursor behind them. False: no memory, or too long. */
bool line_replace(struct line *line, size_t at, size_t removed, const char *data, size_t len);

/* Positions seen from at; each returns at itself where there is no further one. */
size_t line_next(const struct line *line, size_t at);
size_t line_previous(const struct line *line, size_t at);
/* Words of letters, digits and all that is not ASCII. */
size_t line_word_end(const struct line *line, size_t at);
size_t line_word_start(const struct line *line, size_t at);
/* The start of what lies between blanks. */
size_t line_blank_word_start(const struct line *line, size_t at);
/* Of the text's line that holds at: its first position, and that of its newline or the end of the text. */
size_t line_start(const struct line *line, size_t at);
size_t line_end(const struct line *line, size_t at);
/* The same distance (in characters) from the line's start, one line up or down; false if there is none. */
bool line_above(const struct line *line, size_t at, size_t *out_at);
bool line_below(const struct line *line, size_t at, size_t *out_at);
