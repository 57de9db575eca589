/*
 * Bit helpers and hashes.
 */
#include <base/bits.h>
#include <base/hash.h>
#include <base/test.h>

TEST(alignment)
{
	CHECK_EQ(align_up(0, 4096), 0);
	CHECK_EQ(align_up(1, 4096), 4096);
	CHECK_EQ(align_up(4096, 4096), 4096);
	CHECK_EQ(align_down(8191, 4096), 4096);
	CHECK(is_aligned(65536, 4096) && !is_aligned(65537, 2));
}

TEST(minimum_and_maximum_evaluate_once)
{
	int calls = 0;

	CHECK_EQ(MIN(++calls, 5), 1);
	CHECK_EQ(MAX(++calls, 1), 2);
	CHECK_EQ(calls, 2);
	CHECK_EQ(MIN(-1, 1), -1);
	CHECK_EQ(MIN(MAX(1, 2), MIN(3, MAX(4, 5))), 2);
}

TEST(scans)
{
	for (unsigned i = 0; i < 64; i++) {
		CHECK_EQ(bit_lowest(BIT(i)), i);
		CHECK_EQ(bit_highest(BIT(i) | 1), i);
		CHECK_EQ(bit_count(BIT(i) - 1), i);
		CHECK(is_power_of_two(BIT(i)));
	}
	CHECK_EQ(bit_count(UINT64_MAX), 64);
	CHECK(!is_power_of_two(0) && !is_power_of_two(6));
	CHECK_EQ(power_of_two_above(0), 1);
	CHECK_EQ(power_of_two_above(5), 8);
	CHECK_EQ(power_of_two_above(8), 8);
}

TEST(checked_arithmetic)
{
	uint64_t out = 0;

	CHECK(add_checked(UINT64_MAX - 1, 1, &out) && out == UINT64_MAX);
	CHECK(!add_checked(UINT64_MAX, 1, &out));
	CHECK(multiply_checked(1ull << 32, 1ull << 31, &out) && out == BIT(63));
	CHECK(!multiply_checked(1ull << 32, 1ull << 32, &out));
}

TEST(hashes)
{
	CHECK(hash_string("") == 0xcbf29ce484222325ull);
	CHECK(hash_string("a") == 0xaf63dc4c8601ec8cull); /* FNV-1a's published value */
	CHECK(hash_string("abc") == hash_bytes("abc", 3));
	for (uint64_t i = 0; i < 64; i++) {
		unsigned changed = bit_count(hash_mix(12345) ^ hash_mix(12345 ^ BIT(i)));

		CHECK(changed > 12 && changed < 52);
	}
}

TEST_MAIN();
