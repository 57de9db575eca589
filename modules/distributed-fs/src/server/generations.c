/*
 * The page of generations. Its counters begin at the clock, in ns, so that those of an earlier instance of the
 * server are never met again.
 */
#include "generations.h"

#include <distributed-fs/generations.h>
#include <libanon/memory.h>
#include <libanon/time.h>

#define RIGHTS_PAGE (RIGHT_READ | RIGHT_MAP | RIGHT_DERIVE | RIGHT_TRANSFER)

static handle_t memory;
static uint64_t *counters;

status_t generations_begin(void)
{
	uint64_t first = clock_ns() + 1;
	void *at;
	status_t status = memory_new(GENERATION_COUNT * sizeof(*counters), &memory, &at);

	if (status != OK)
		return status;
	counters = at;
	for (uint32_t i = 0; i < GENERATION_COUNT; i++)
		counters[i] = first;
	return OK;
}

void generations_raise(uint64_t inode)
{
	__atomic_fetch_add(&counters[generation_slot(inode)], 1, __ATOMIC_RELEASE);
}

status_t generations_open(handle_t *out)
{
	return sys_handle_derive(memory, RIGHTS_PAGE, 0, out);
}
