/*
 * What a parser has read since the first "$((" of a command, to be read again where that was tried as arithmetic and
 * is none. A place is how much was read before it: it stays the same when the text is read again.
 *
 * Tries nest. What is found out about a place is kept, so that none is tried twice (each level would double the work).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct verdict {
	size_t place; /* of the second parenthesis */
	bool is_arith;
};

struct record {
	bool is_on;
	unsigned tries; /* that go on */
	char *text;
	size_t len, cap;
	struct verdict *verdicts; /* in the order of their places */
	size_t count, room;
};

void record_char(struct record *record, char c);
void record_verdict(struct record *record, size_t place, bool is_arith);
const struct verdict *record_find(const struct record *record, size_t place);

/* Back to its state before a command. */
void record_reset(struct record *record);
void record_free(struct record *record);
