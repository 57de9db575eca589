/*
 * Page maps against a plain array, with sparse and far-apart indices.
 */
#include <string.h>
#include <base/random.h>
#include <base/test.h>
#include "pagemap.h"
#include "test/fakes.h"

#define SPAN 5000u

static void clear(struct pagemap *map)
{
	uint64_t index = 0;
	uint64_t *slot;

	while ((slot = pagemap_next(map, &index)) != NULL)
		*slot = 0;
	for (unsigned budget = 2; !pagemap_free(map, NULL, &budget); budget = 2)
		;
	CHECK_EQ(fakes_blocks(), 0);
}

TEST(random_slots_agree_with_an_array)
{
	static uint64_t array[SPAN];
	struct pagemap map = {0};
	struct random random;

	fakes_begin();
	memset(array, 0, sizeof(array));
	random_seed(&random, 7);
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t index = random_next(&random) % SPAN;
		uint64_t value = random_next(&random) % 4;
		uint64_t *slot = pagemap_make(&map, NULL, index);

		*slot = array[index] = value;
	}
	for (uint64_t i = 0, at = 0; i < SPAN; i++) {
		uint64_t *slot = pagemap_find(&map, i);

		CHECK_EQ(slot ? *slot : 0, array[i]);
		at = i;
		slot = pagemap_next(&map, &at);
		CHECK(!slot || (at >= i && *slot == array[at]));
	}
	clear(&map);
}

TEST(far_indices_grow_the_tree)
{
	const uint64_t indices[] = {0, 63, 64, 4095, 4096, 1ull << 20, (1ull << 35) - 1};
	struct pagemap map = {0};
	uint64_t at = 0;

	fakes_begin();
	for (unsigned i = 0; i < 7; i++)
		*pagemap_make(&map, NULL, indices[i]) = indices[i] + 1;
	for (unsigned i = 0; i < 7; i++) {
		uint64_t *slot = pagemap_next(&map, &at);

		CHECK(slot && at == indices[i] && *slot == at + 1);
		at++;
	}
	CHECK(!pagemap_next(&map, &at));
	CHECK(!pagemap_find(&map, 1ull << 50));
	clear(&map);
}

TEST(no_memory_is_an_error)
{
	struct pagemap map = {0};

	fakes_begin();
	fakes_fail_after(2);
	CHECK(!pagemap_make(&map, NULL, 1ull << 30));
	fakes_fail_after(UINT64_MAX);
	CHECK(pagemap_make(&map, NULL, 1ull << 30));
	clear(&map);
}

TEST_MAIN();
