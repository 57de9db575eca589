/*
 * Boot information of both protocols, and the list of free RAM, from well-behaved and hostile loaders.
 */
#include <base/test.h>
#include "arch/x86_64/boot.h"

TEST_MAIN();

#define MEMORY_BASE 0x10000ul
#define MEMORY_BYTES 0x10000ul
#define INFO MEMORY_BASE

static uint8_t memory[MEMORY_BYTES] __attribute__((aligned(16)));
static struct boot_facts facts;

static const void *read_memory(uint64_t at, uint64_t bytes)
{
	if (at < MEMORY_BASE || bytes > MEMORY_BYTES || at - MEMORY_BASE > MEMORY_BYTES - bytes)
		return NULL;
	return &memory[at - MEMORY_BASE];
}

static uint64_t put(uint64_t at, uint64_t value, unsigned size)
{
	memcpy(&memory[at - MEMORY_BASE], &value, size);
	return at + size;
}

static void put_text(uint64_t at, const char *text)
{
	memcpy(&memory[at - MEMORY_BASE], text, strlen(text) + 1);
}

/* --- PVH --- */

static void put_pvh(void)
{
	memset(memory, 0, sizeof(memory));
	put(INFO, 0x336ec578, 4);
	put(INFO + 4, 1, 4);
	put(INFO + 12, 1, 4); /* modules */
	put(INFO + 16, INFO + 0x100, 8);
	put(INFO + 24, INFO + 0x200, 8); /* command line */
	put(INFO + 32, 0xf5000, 8);
	put(INFO + 40, INFO + 0x300, 8); /* map */
	put(INFO + 48, 2, 4);
	put(INFO + 0x100, 0x2000000, 8);
	put(INFO + 0x108, 5000, 8);
	put_text(INFO + 0x200, "debugexit quiet");
	put(INFO + 0x300, 0, 8);
	put(INFO + 0x308, 0x9f000, 8);
	put(INFO + 0x310, 1, 4);
	put(INFO + 0x318, 0x100000, 8);
	put(INFO + 0x320, 0x3f00000, 8);
	put(INFO + 0x328, 1, 4);
}

TEST(pvh)
{
	put_pvh();
	CHECK(!boot_read_pvh(INFO, read_memory, &facts));
	CHECK_STR_EQ(facts.source.cmdline, "debugexit quiet");
	CHECK_EQ(facts.source.archive.value, 0x2000000);
	CHECK_EQ(facts.source.archive_bytes, 5000);
	CHECK_EQ(facts.source.rsdp.value, 0xf5000);
	CHECK_EQ(facts.area_count, 2);
	boot_ranges_build(&facts);
	CHECK_EQ(facts.source.range_count, 2);
	CHECK_EQ(facts.source.ranges[0].start.value, 0x100000);
	CHECK_EQ(facts.source.ranges[0].bytes, 0x1f00000);
	CHECK_EQ(facts.source.ranges[1].start.value, 0x2002000);
	CHECK_EQ(facts.source.ranges[1].bytes, 0x4000000 - 0x2002000);
}

TEST(pvh_refusals)
{
	put_pvh();
	CHECK(boot_read_pvh(INFO + 4, read_memory, &facts));
	CHECK(boot_read_pvh(0, read_memory, &facts));
	put(INFO + 4, 0, 4);
	CHECK(boot_read_pvh(INFO, read_memory, &facts));
	put_pvh();
	put(INFO + 48, UINT32_MAX, 4);
	CHECK(boot_read_pvh(INFO, read_memory, &facts));
	put_pvh();
	put(INFO + 40, UINT64_MAX - 7, 8);
	CHECK(boot_read_pvh(INFO, read_memory, &facts));
}

TEST(pvh_survives_bad_pointers)
{
	put_pvh();
	put(INFO + 16, UINT64_MAX, 8);
	put(INFO + 24, MEMORY_BASE + MEMORY_BYTES - 3, 8);
	memset(&memory[MEMORY_BYTES - 3], 'x', 3);
	CHECK(!boot_read_pvh(INFO, read_memory, &facts));
	CHECK_EQ(facts.source.archive_bytes, 0);
	CHECK_STR_EQ(facts.source.cmdline, "xxx");
}

TEST(command_line_is_cut)
{
	put_pvh();
	memset(&memory[0x8000], 'y', 0x4000);
	put(INFO + 24, INFO + 0x8000, 8);
	CHECK(!boot_read_pvh(INFO, read_memory, &facts));
	CHECK_EQ(strlen(facts.source.cmdline), BOOT_CMDLINE_MAX - 1);
}

TEST(archive_that_wraps_around_is_none)
{
	put_pvh();
	put(INFO + 0x108, UINT64_MAX - 0x1000000, 8);
	CHECK(!boot_read_pvh(INFO, read_memory, &facts));
	boot_ranges_build(&facts);
	CHECK_EQ(facts.source.archive_bytes, 0);
	CHECK_EQ(facts.source.range_count, 1);
}

/* --- multiboot2 --- */

static uint64_t put_tag(uint64_t at, uint32_t type, uint32_t bytes)
{
	put(at, type, 4);
	put(at + 4, bytes, 4);
	return at + 8;
}

static uint64_t put_map_tag(uint64_t at)
{
	uint64_t entry = put_tag(at, 6, 16 + 2 * 24);

	put(entry, 24, 4);
	put(entry + 8, 0x100000, 8);
	put(entry + 16, 0x1000000, 8);
	put(entry + 24, 1, 4);
	put(entry + 32, 0x180000, 8); /* claims a part of the first */
	put(entry + 40, 0x1001, 8);
	put(entry + 48, 2, 4);
	return at + 64;
}

static uint64_t put_framebuffer_tag(uint64_t at)
{
	uint64_t p = put_tag(at, 8, 38);

	p = put(put(put(put(p, 0xfd000000, 8), 4096, 4), 1024, 4), 768, 4);
	p = put(put(put(p, 32, 1), 1, 1), 0, 2);
	put(put(put(p, 0x0810, 2), 0x0808, 2), 0x0800, 2);
	return at + 40;
}

static void put_multiboot2(void)
{
	uint64_t at = INFO + 8;

	memset(memory, 0, sizeof(memory));
	put_text(put_tag(at, 1, 8 + 6), "hello");
	at += 16;
	put(put(put_tag(at, 3, 17), 0x200000, 4), 0x300800, 4);
	at += 24;
	at = put_map_tag(at);
	at = put_framebuffer_tag(at);
	put_tag(at, 14, 28);
	at += 32;
	put_tag(at, 15, 44);
	at += 48;
	put_tag(at, 0, 8);
	put(INFO, at + 8 - INFO, 4);
}

TEST(multiboot2)
{
	put_multiboot2();
	CHECK(!boot_read_multiboot2(INFO, read_memory, &facts));
	CHECK_STR_EQ(facts.source.cmdline, "hello");
	CHECK_EQ(facts.source.archive.value, 0x200000);
	CHECK_EQ(facts.source.archive_bytes, 0x100800);
	CHECK_EQ(facts.source.framebuffer.width, 1024);
	CHECK_EQ(facts.source.framebuffer.red_at, 16);
	CHECK_EQ(facts.source.framebuffer.blue_bits, 8);
	CHECK_EQ(facts.rsdp_bytes, 36);
	CHECK_EQ(facts.area_count, 2);
}

TEST(multiboot2_ranges)
{
	put_multiboot2();
	CHECK(!boot_read_multiboot2(INFO, read_memory, &facts));
	boot_ranges_build(&facts);
	CHECK_EQ(facts.source.range_count, 3);
	CHECK_EQ(facts.source.ranges[0].bytes, 0x80000);
	CHECK_EQ(facts.source.ranges[1].start.value, 0x182000);
	CHECK_EQ(facts.source.ranges[1].bytes, 0x200000 - 0x182000);
	CHECK_EQ(facts.source.ranges[2].start.value, 0x301000);
}

TEST(multiboot2_refusals)
{
	put_multiboot2();
	put(INFO, UINT32_MAX, 4);
	CHECK(boot_read_multiboot2(INFO, read_memory, &facts));
	put_multiboot2();
	put(INFO, 64, 4); /* ends early */
	CHECK(boot_read_multiboot2(INFO, read_memory, &facts));
	put_multiboot2();
	put(INFO + 12, 7, 4); /* a tag smaller than its head */
	CHECK(boot_read_multiboot2(INFO, read_memory, &facts));
	put_multiboot2();
	put(INFO + 12, UINT32_MAX, 4);
	CHECK(boot_read_multiboot2(INFO, read_memory, &facts));
}

TEST(multiboot2_tags_too_short)
{
	memset(memory, 0, sizeof(memory));
	put_tag(INFO + 8, 3, 12);                  /* module without an end */
	put(put_tag(INFO + 24, 6, 16 + 24), 8, 4); /* map entries of 8 bytes */
	put_tag(INFO + 64, 8, 31);
	put_tag(INFO + 96, 15, 8);
	put_tag(INFO + 104, 0, 8);
	put(INFO, 112, 4);
	CHECK(!boot_read_multiboot2(INFO, read_memory, &facts));
	CHECK_EQ(facts.source.archive_bytes, 0);
	CHECK_EQ(facts.area_count, 0);
	CHECK_EQ(facts.source.framebuffer.address, 0);
	CHECK_EQ(facts.rsdp_bytes, 0);
}

TEST(random_damage)
{
	uint64_t seed = test_seed();

	for (unsigned round = 0; round < test_rounds(5000); round++) {
		put_multiboot2();
		for (unsigned i = 0; i < 6; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			memory[seed >> 40 & 255] = (uint8_t)(seed >> 33);
		}
		boot_read_multiboot2(INFO, read_memory, &facts);
		boot_ranges_build(&facts);
		put_pvh();
		memory[seed >> 50 & 63] = (uint8_t)(seed >> 20);
		boot_read_pvh(INFO, read_memory, &facts);
		boot_ranges_build(&facts);
	}
}

/* --- ranges --- */

static void check_sorted(const struct boot_source *source)
{
	for (unsigned i = 0; i < source->range_count; i++) {
		const struct boot_range *r = &source->ranges[i];

		CHECK(r->bytes > 0);
		CHECK((r->start.value | r->bytes) % PAGE_SIZE == 0);
		CHECK(i == 0 || r[-1].start.value + r[-1].bytes < r->start.value);
	}
}

TEST(ranges_join_and_split)
{
	struct boot_source s = {.range_count = 0};

	boot_ranges_add(&s, 0x3000, 0x4000);
	boot_ranges_add(&s, 0x1000, 0x2000);
	CHECK_EQ(s.range_count, 2);
	boot_ranges_add(&s, 0x2000, 0x3000);
	CHECK_EQ(s.range_count, 1);
	CHECK_EQ(s.ranges[0].bytes, 0x3000);
	boot_ranges_remove(&s, 0x2001, 0x2002);
	CHECK_EQ(s.range_count, 2);
	boot_ranges_remove(&s, 0, UINT64_MAX);
	CHECK_EQ(s.range_count, 0);
}

TEST(ranges_overflow_drops_the_smallest)
{
	struct boot_source s = {.range_count = 0};

	for (uint64_t i = 1; i <= BOOT_RANGES_MAX + 8; i++)
		boot_ranges_add(&s, i << 20, (i << 20) + i * PAGE_SIZE);
	CHECK_EQ(s.range_count, BOOT_RANGES_MAX);
	CHECK(s.ranges[0].bytes > PAGE_SIZE);
	check_sorted(&s);
	boot_ranges_remove(&s, 60ul << 20, (60ul << 20) + PAGE_SIZE);
	boot_ranges_remove(&s, (61ul << 20) + PAGE_SIZE, (61ul << 20) + 2 * PAGE_SIZE);
	CHECK(s.range_count <= BOOT_RANGES_MAX);
	check_sorted(&s);
}

/* Against a bitmap of pages. */
TEST(ranges_random)
{
	uint64_t seed = test_seed();

	for (unsigned round = 0; round < test_rounds(300); round++) {
		struct boot_source s = {.range_count = 0};
		bool is_free[100] = {false};

		for (unsigned step = 0; step < 40; step++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			uint64_t from = (seed >> 33) % 100, to = from + (seed >> 45) % (101 - from);
			bool is_add = seed >> 63;

			(is_add ? boot_ranges_add : boot_ranges_remove)(&s, from * PAGE_SIZE,
			                                                to * PAGE_SIZE);
			for (uint64_t page = from; page < to; page++)
				is_free[page] = is_add;
		}
		check_sorted(&s);
		for (uint64_t page = 0; page < 100; page++) {
			bool is_found = false;

			for (unsigned i = 0; i < s.range_count; i++)
				is_found |= page * PAGE_SIZE - s.ranges[i].start.value <
				            s.ranges[i].bytes;
			CHECK_EQ(is_found, is_free[page]);
		}
	}
}

TEST(memory_beyond_the_direct_map_is_left_out)
{
	boot_facts_init(&facts);
	boot_add_area(&facts, 0, 0x1000, E820_USABLE);
	boot_add_area(&facts, DIRECT_BYTES_MAX - 0x2000, 0x100000, E820_USABLE);
	boot_add_area(&facts, UINT64_MAX - 5, 100, E820_USABLE);
	boot_ranges_build(&facts);
	CHECK_EQ(facts.source.range_count, 1);
	CHECK_EQ(facts.source.ranges[0].bytes, 0x2000);
}
