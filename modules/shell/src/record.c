/*
 * Records of what was read, see record.h. Their memory is the C library's, so that growing leaves nothing behind in
 * the region of a command.
 */
#include "record.h"
#include "arena.h"
#include <stdlib.h>
#include <string.h>

void record_char(struct record *record, char c)
{
	if (record->len == record->cap) {
		record->cap = record->cap ? record->cap * 2 : 256;
		record->text = memory_resize(record->text, record->cap);
	}
	record->text[record->len++] = c;
}

/* Where a place's verdict is, or belongs. */
static size_t find_index(const struct record *record, size_t place)
{
	size_t low = 0, high = record->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (record->verdicts[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void record_verdict(struct record *record, size_t place, bool is_arith)
{
	size_t index = find_index(record, place);
	struct verdict *at;

	if (record->count == record->room) {
		record->room = record->room ? record->room * 2 : 8;
		record->verdicts = memory_resize(record->verdicts,
		                                 record->room * sizeof(*record->verdicts));
	}
	at = record->verdicts + index;
	memmove(at + 1, at, (record->count - index) * sizeof(*at));
	*at = (struct verdict){place, is_arith};
	record->count++;
}

const struct verdict *record_find(const struct record *record, size_t place)
{
	size_t index = find_index(record, place);

	if (index == record->count || record->verdicts[index].place != place)
		return NULL;
	return &record->verdicts[index];
}

void record_reset(struct record *record)
{
	record->is_on = false;
	record->tries = 0;
	record->len = record->count = 0;
}

void record_free(struct record *record)
{
	free(record->text);
	free(record->verdicts);
}
