/*
 * What was read while "$((" was tried as arithmetic, to be read again when it is none.
 *
 * Tries nest. So that reading again does not try again (each level would double the work), a record keeps what was
 * found out about the places inside it, and hands that on with its text.
 */
#pragma once
#include "arena.h"
#include <stdbool.h>
#include <stddef.h>

struct verdict {
	size_t place; /* of the second parenthesis, in the text */
	bool is_arith;
};

/* In the order of their places. */
struct verdicts {
	struct verdict *list;
	size_t count, cap;
};

struct record {
	struct text text;
	struct verdicts verdicts;
};

void verdict_add(struct verdicts *verdicts, size_t place, bool is_arith);
const struct verdict *verdict_find(const struct verdicts *verdicts, size_t place);
void verdicts_free(struct verdicts *verdicts);

/* One record's text and verdicts at the end of another. */
void record_append(struct record *record, struct record *inner);
