/*
 * The listeners' table. Signalling one that is gone removes it, so the table needs no other care.
 */
#include "common/listeners.h"

static void remove_at(struct listeners *l, uint32_t at)
{
	(void)sys_handle_close(l->of[at].event);
	l->of[at] = l->of[--l->count];
}

void listeners_signal(struct listeners *l, uint32_t kind)
{
	for (uint32_t i = l->count; i-- > 0;) {
		if (sys_event_signal(l->of[i].event, l->of[i].bits << kind) != OK)
			remove_at(l, i);
	}
}

status_t listeners_add(struct listeners *l, handle_t event, uint64_t bits)
{
	if (bits == 0 || bits & (bits - 1) || bits > 1ul << 61)
		return E_INVAL;
	if (l->count == LISTENERS_MAX)
		listeners_signal(l, NEWS_INPUT);
	if (l->count == LISTENERS_MAX)
		return E_LIMIT;
	if (sys_event_signal(event, bits | bits << NEWS_ROOM) != OK)
		return E_ACCESS;
	l->of[l->count].event = event;
	l->of[l->count++].bits = bits;
	return OK;
}
