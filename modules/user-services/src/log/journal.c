/*
 * The journal's ring. A record is its header and its text; records wrap around the end of the ring byte by
 * byte, so no space is wasted and no record needs to be contiguous.
 */
#include "log/journal.h"

#include <base/string.h>

struct record {
	uint64_t time_ns;
	uint32_t level;
	uint32_t len;
};

static void copy_in(struct journal *j, const void *from, uint32_t len)
{
	const uint8_t *bytes = from;

	for (uint32_t i = 0; i < len; i++)
		j->bytes[j->tail++ % JOURNAL_BYTES] = bytes[i];
}

static void copy_out(const struct journal *j, uint32_t at, void *to, uint32_t len)
{
	uint8_t *bytes = to;

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = j->bytes[at++ % JOURNAL_BYTES];
}

void journal_init(struct journal *j)
{
	j->first = j->next = 1;
	j->head = j->tail = 0;
}

static void drop_oldest(struct journal *j)
{
	struct record r;

	copy_out(j, j->head, &r, sizeof(r));
	j->head += (uint32_t)sizeof(r) + r.len;
	j->first++;
}

void journal_add(struct journal *j, uint64_t time_ns, uint32_t level, const char *text, size_t len)
{
	struct record r = {time_ns, level,
	                   (uint32_t)(len < JOURNAL_TEXT_MAX ? len : JOURNAL_TEXT_MAX)};

	while (JOURNAL_BYTES - (j->tail - j->head) < sizeof(r) + r.len)
		drop_oldest(j);
	copy_in(j, &r, sizeof(r));
	for (uint32_t i = 0; i < r.len; i++) {
		char c = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '.' : text[i];

		copy_in(j, &c, 1);
	}
	j->next++;
}

struct journal_cursor journal_seek(const struct journal *j, uint64_t from)
{
	struct journal_cursor cursor = {j->first, j->head};
	struct record r;

	while (cursor.number < from && cursor.number < j->next) {
		copy_out(j, cursor.at, &r, sizeof(r));
		cursor.at += (uint32_t)sizeof(r) + r.len;
		cursor.number++;
	}
	return cursor;
}

bool journal_read(const struct journal *j, struct journal_cursor *cursor, struct journal_line *out)
{
	struct record r;

	if (cursor->number >= j->next)
		return false;
	copy_out(j, cursor->at, &r, sizeof(r));
	out->number = cursor->number++;
	out->time_ns = r.time_ns;
	out->level = r.level;
	out->len = r.len;
	copy_out(j, cursor->at + (uint32_t)sizeof(r), out->text, r.len);
	out->text[r.len] = 0;
	cursor->at += (uint32_t)sizeof(r) + r.len;
	return true;
}
