/*
 * What hashing one block costs, in ticks of the TSC: the same code as the file server's, which counts its blocks (`hashed`
 * of its `stat`). No branch depends on the data, so the shortest of several times is what each block costs when
 * nothing interrupts.
 */
#include "storetest.h"

#include <base/bits.h>
#include <distributed-fs/store.h>

#include "block.h"

#define TIMES 16u

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

void test_print_hash(void)
{
	static uint8_t data[STORE_BLOCK_BYTES];
	uint64_t best = UINT64_MAX, before = store_hashed_blocks();

	test_fill(data, sizeof(data), 7);
	for (unsigned i = 0; i < TIMES; i++) {
		uint64_t start = ticks();
		struct block_ptr ptr = block_seal(data, 1, 1, 0);

		best = MIN(best, ticks() - start);
		CHECK(block_matches(&ptr, data));
	}
	CHECK(store_hashed_blocks() - before == 2 * TIMES);
	test_print("hash %lu ticks a block", best);
}
