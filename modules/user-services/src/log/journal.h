/*
 * The newest log lines in a fixed space: a byte ring of records, the oldest of which give way. Lines are
 * numbered from 1 on without gaps, so a reader sees when it was too slow.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_BYTES 65536u
#define JOURNAL_TEXT_MAX 900u

struct journal_line {
	uint64_t number;
	uint64_t time_ns;
	uint32_t level;
	uint32_t len;
	char text[JOURNAL_TEXT_MAX + 1];
};

struct journal {
	uint64_t first;      /* number of the oldest line kept; next when there is none */
	uint64_t next;       /* number of the next line */
	uint32_t head, tail; /* count up; taken modulo JOURNAL_BYTES */
	uint8_t bytes[JOURNAL_BYTES];
};

/* A reader's place: where a line's record starts. */
struct journal_cursor {
	uint64_t number;
	uint32_t at;
};

void journal_init(struct journal *j);
/* Control characters become '.', so no line can play tricks on a terminal. */
void journal_add(struct journal *j, uint64_t time_ns, uint32_t level, const char *text, size_t len);
/* The first line numbered `from` or above. */
struct journal_cursor journal_seek(const struct journal *j, uint64_t from);
/* The line at the cursor, which moves on; false at the end. */
bool journal_read(const struct journal *j, struct journal_cursor *cursor, struct journal_line *out);
