/*
 * The hash of blocks and names: that every flipped bit shows, and that it stays what it is, since disks hold its values.
 */
#include <base/test.h>
#include <distributed-fs/store.h>

#include "hash.h"

TEST(every_single_bit_changes_both_halves_of_a_tag)
{
	static uint8_t block[STORE_BLOCK_BYTES];
	struct hash128 plain = hash128_of(block, sizeof(block), 0);

	for (size_t bit = 0; bit < sizeof(block) * 8; bit++) {
		struct hash128 other;

		block[bit / 8] ^= (uint8_t)(1 << bit % 8);
		other = hash128_of(block, sizeof(block), 0);
		CHECK(other.half[0] != plain.half[0] && other.half[1] != plain.half[1]);
		block[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CHECK(hash128_of("a", 1, 0).half[0] != hash128_of("a\0", 2, 0).half[0]);
	CHECK(hash128_of("a", 1, 0).half[0] != hash128_of("a", 1, 1).half[0]);
}

/* Disks hold these values: they are what the hash was from the first version on. */
TEST(the_hash_is_what_disks_hold)
{
	static const struct {
		size_t bytes;
		uint64_t low, high;
	} known[] = {
		{0, 0xde485dd953687ef8, 0x14b408ebdc7da1a7},
		{31, 0xc7c58d41c7e4ff86, 0x901ba61b2f85c4b0},
		{32, 0x394a6293b556dd94, 0x3e68f285218a3d4d},
		{127, 0x039c161af7ea7025, 0x29da612462eacfbe},
		{128, 0x3cc1ea45a03bf768, 0x0b0c9f1ac37e33b6},
		{129, 0x2f9008182f1256cc, 0x044ab02c1830c2d0},
		{300, 0xb66b3be578500f32, 0x9520266dd71be744},
		{4096, 0x7b61e92deb55a5b6, 0x9634400044c7e4f2},
	};
	static uint8_t data[4096];

	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 2654435761u >> 24);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct hash128 hash = hash128_of(data, known[i].bytes, 5);

		CHECK_EQ(hash.half[0], known[i].low);
		CHECK_EQ(hash.half[1], known[i].high);
	}
}

TEST_MAIN();
