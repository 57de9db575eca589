/*
 * The page of generations. It outlives the server: a new instance raises all counters, since the last change may not
 * have been told. Its counters begin at the clock, in ns, so that those of an earlier page are never met again.
 */
#include "generations.h"
#include "vault.h"

#include <base/bits.h>
#include <distributed-fs/generations.h>
#include <libanon/time.h>

#define RIGHTS_PAGE (RIGHT_READ | RIGHT_MAP | RIGHT_DERIVE | RIGHT_TRANSFER)

static handle_t memory;
static uint64_t *counters;

status_t generations_begin(void)
{
	uint64_t first = clock_ns() + 1;
	void *at;
	status_t status = vault_memory(VAULT_KEY(VAULT_GENERATIONS, 0),
	                               GENERATION_COUNT * sizeof(*counters), &memory, &at);

	if (status != OK)
		return status;
	counters = at;
	for (uint32_t i = 0; i < GENERATION_COUNT; i++)
		__atomic_store_n(&counters[i], MAX(counters[i] + 1, first), __ATOMIC_RELEASE);
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
