/*
 * A command that is being typed, cut into pieces: for completion and colours. Never wrong about where a piece begins in
 * a text that is a whole command, and good enough within half of one.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum piece_kind {
	PIECE_BLANK,
	PIECE_OPERATOR, /* also what opens and closes a command substitution */
	PIECE_REDIR,
	PIECE_COMMENT,
	PIECE_WORD,
};

struct piece {
	enum piece_kind kind;
	size_t start, end;
	bool is_command;  /* a word where a command's name stands */
	bool is_reserved; /* a word of the grammar */
	char quote;       /* the quote that is open at its end, or 0 */
};

#define PIECES_DEPTH 16

struct pieces {
	const char *text;
	size_t len, at;
	bool wants_command, wants_file;
	char quote; /* open where the next piece begins */
	/* The words that command substitutions stand in: their open quotes, and whether they are commands. */
	unsigned depth;
	char outer_quotes[PIECES_DEPTH];
};

void pieces_begin(struct pieces *pieces, const char *text, size_t len);
bool pieces_next(struct pieces *pieces, struct piece *out);
