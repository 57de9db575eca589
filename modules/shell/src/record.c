/*
 * Records of what was read, see record.h.
 * Places only grow, so each list is in order.
 */
#include "record.h"
#include <stdlib.h>

void verdict_add(struct verdicts *verdicts, size_t place, bool is_arith)
{
	if (verdicts->count == verdicts->cap) {
		verdicts->cap = verdicts->cap ? verdicts->cap * 2 : 8;
		verdicts->list = memory_resize(verdicts->list,
		                               verdicts->cap * sizeof(*verdicts->list));
	}
	verdicts->list[verdicts->count++] = (struct verdict){place, is_arith};
}

const struct verdict *verdict_find(const struct verdicts *verdicts, size_t place)
{
	size_t low = 0, high = verdicts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (verdicts->list[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < verdicts->count && verdicts->list[low].place == place ? &verdicts->list[low]
	                                                                   : NULL;
}

void verdicts_free(struct verdicts *verdicts)
{
	free(verdicts->list);
	*verdicts = (struct verdicts){NULL, 0, 0};
}

void record_append(struct record *record, struct record *inner)
{
	size_t base = record->text.len;

	text_bytes(&record->text, inner->text.start, inner->text.len);
	for (size_t i = 0; i < inner->verdicts.count; i++)
		verdict_add(&record->verdicts, base + inner->verdicts.list[i].place,
		            inner->verdicts.list[i].is_arith);
}
