/*
 * Private pages: three address spaces that are cloned from one another, written to, unmapped and protected. Page faults,
 * page tables, tables that clones share, and the reference counts of page frames are the kernel's.
 *
 * The specification: each space has at each page nothing, or the value that it wrote last or that its original had when
 * it was cloned; writing changes nobody else's. A frame has one reference for each table of leaves that shows it, a shared
 * table one for each tree that it is part of, and what has none is free. A leaf that the CPU may write through is the only
 * one of its frame.
 */
#include "explore/page_world.h"
#include <base/string.h>
#include <microkernel/abi.h>
#include <microkernel/errors.h>
#include "arch/x86_64/pagetable_walk.h"
#include "aspace.h"
#include "domain.h"
#include "mapping.h"
#include "page.h"
#include "printk.h"

#define SPACES 3
#define FRAMES 72
#define BASE 0x40000000ul /* all pages lie below one table of leaves */
#define PAGES 32          /* as many as make a table worth sharing */
#define VARIED 2          /* of which these are worked on: the first and the last */

enum operation { CLONE, WRITE, UNMAP, CLEAR, PROTECT, OPERATIONS };

static char ram[FRAMES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static struct aspace spaces[SPACES];
static struct mapping mappings[SPACES];
static uint8_t expected[SPACES][PAGES]; /* the value there; 0: nothing */
static uint8_t contents[FRAMES];        /* what was written to a frame last */
static uint32_t found[FRAMES];          /* references to it */
static uint64_t first_free;

/* --- what faults need of address spaces --- */
struct mapping *aspace_mapping_from(struct aspace *aspace, uint64_t address)
{
	(void)address;
	return &mappings[aspace - spaces];
}

static uint64_t address_of(unsigned page)
{
	return BASE + page * PAGE_SIZE;
}

static unsigned varied(unsigned i)
{
	return i == 0 ? 0 : PAGES - 1;
}

static unsigned frame_of(paddr_t page)
{
	uint64_t frame = (page.value - (uint64_t)ram) / PAGE_SIZE;

	EXPECT(frame < FRAMES, "a page that is none of ours");
	return (unsigned)frame;
}

/* --- the state --- */
static const uint64_t *table_entry(unsigned space)
{
	const uint64_t *entry = pt_walk(&spaces[space].pt, BASE, 2, NULL);

	return entry && *entry ? entry : NULL;
}

static bool is_seen_before(unsigned space)
{
	const uint64_t *entry = table_entry(space);

	for (unsigned i = 0; i < space; i++) {
		const uint64_t *other = table_entry(i);

		if (other && !((*other ^ *entry) & PTE_ADDRESS))
			return true;
	}
	return false;
}

static void check_space(unsigned space)
{
	const uint64_t *entry = table_entry(space);
	bool is_new = entry && !is_seen_before(space);
	uint64_t resident = 0;

	if (entry)
		found[frame_of(PADDR(*entry & PTE_ADDRESS))]++;
	for (unsigned page = 0; page < PAGES; page++) {
		struct pt_entry leaf = pt_lookup(&spaces[space].pt, address_of(page));

		EXPECT(leaf.present == (expected[space][page] != 0),
		       "space %u, page %u: present %d", space, page, leaf.present);
		if (!leaf.present)
			continue;
		resident++;
		found[frame_of(leaf.page)] += is_new;
		EXPECT(contents[frame_of(leaf.page)] == expected[space][page],
		       "space %u, page %u: reads %u; it should be %u", space, page,
		       contents[frame_of(leaf.page)], expected[space][page]);
		EXPECT(!(leaf.flags & PT_WRITE) || is_shared_table(*entry) ||
		               page_of(leaf.page)->refs == 1,
		       "space %u may write to page %u, which others have, too", space, page);
	}
	EXPECT(spaces[space].pt.resident == resident, "space %u counts %lu pages of %lu", space,
	       spaces[space].pt.resident, resident);
}

/* Tables above those of leaves are each one tree's. */
static unsigned upper_tables(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SPACES; i++)
		for (int level = LEVELS; level > 1; level--)
			count += level == LEVELS ||
			         (pt_walk(&spaces[i].pt, BASE, level, NULL) != NULL);
	return count;
}

static void check(void)
{
	unsigned used = 0;

	memset(found, 0, sizeof(found));
	for (unsigned i = 0; i < SPACES; i++)
		check_space(i);
	for (unsigned i = 0; i < FRAMES; i++) {
		used += found[i] > 0;
		EXPECT(!found[i] || page_of(PADDR((uint64_t)ram[i]))->refs == found[i],
		       "frame %u has %u references, and %u are found", i,
		       page_of(PADDR((uint64_t)ram[i]))->refs, found[i]);
	}
	used += upper_tables();
	EXPECT(page_free_count() == first_free - used, "%lu frames are in use, %u are found",
	       first_free - page_free_count(), used);
	memset(found, 0, sizeof(found));
}

/* --- operations --- */
static uint8_t new_value(void)
{
	uint8_t value = 0;

	for (unsigned i = 0; i < SPACES; i++)
		for (unsigned k = 0; k < PAGES; k++)
			value = expected[i][k] > value ? expected[i][k] : value;
	return value + 1;
}

/* The access faults until it is allowed; then it is made. */
static void write_to(unsigned space, unsigned page)
{
	struct pagetable *pt = &spaces[space].pt;
	struct page_request request;
	const uint64_t *entry;
	struct pt_entry leaf;
	uint32_t cause;

	for (unsigned tries = 0;; tries++) {
		entry = table_entry(space);
		leaf = pt_lookup(pt, address_of(page));
		if (leaf.present && leaf.flags & PT_WRITE && !is_shared_table(*entry))
			break;
		EXPECT(tries < 2, "the fault does not help");
		EXPECT(aspace_fault(&spaces[space], address_of(page), MAP_WRITE, &request,
		                    &cause) == OK,
		       "the fault is refused");
	}
	expected[space][page] = new_value();
	contents[frame_of(leaf.page)] = expected[space][page];
}

static bool is_empty(unsigned space)
{
	for (unsigned page = 0; page < PAGES; page++)
		if (expected[space][page])
			return false;
	return true;
}

/* As aspace_clone.c does with what lies below one table. */
static bool clone(unsigned from, unsigned to)
{
	uint64_t at = BASE;
	unsigned budget = PAGES + 1;

	if (is_empty(from) || !is_empty(to))
		return false;
	if (pt_is_sharable(&spaces[from].pt, &spaces[to].pt, BASE))
		EXPECT(pt_share(&spaces[from].pt, &spaces[to].pt, BASE) == OK, "no memory");
	else
		EXPECT(pt_copy(&spaces[from].pt, &spaces[to].pt, &at, address_of(PAGES), false,
		               &budget) == OK,
		       "the copy is not done");
	memcpy(expected[to], expected[from], sizeof(expected[to]));
	return true;
}

static bool unmap(unsigned space, unsigned page)
{
	uint64_t at = address_of(page);
	unsigned budget = 8;

	if (!expected[space][page])
		return false;
	EXPECT(pt_own(&spaces[space].pt, at) == OK, "no memory");
	EXPECT(pt_drop(&spaces[space].pt, &at, address_of(page + 1), &budget), "not dropped");
	expected[space][page] = 0;
	return true;
}

static bool clear(unsigned space)
{
	uint64_t at = BASE;
	unsigned budget = 2 * PAGES;

	if (is_empty(space))
		return false;
	EXPECT(pt_drop(&spaces[space].pt, &at, BASE + PT_TABLE_SPAN, &budget), "not dropped");
	memset(expected[space], 0, sizeof(expected[space]));
	return true;
}

static bool protect(unsigned space)
{
	uint64_t at = BASE;
	unsigned budget = 2 * PAGES;

	if (is_empty(space))
		return false;
	EXPECT(pt_own(&spaces[space].pt, BASE) == OK, "no memory");
	EXPECT(pt_restrict(&spaces[space].pt, &at, BASE + PT_TABLE_SPAN, PT_READ, &budget),
	       "not restricted");
	return true;
}

/* --- what has no influence: which frame is used next, and what values are --- */
static void sort_free_frames(void)
{
	static paddr_t all[FRAMES];
	unsigned count = 0;

	while (page_free_count() > 0)
		all[count++] = page_alloc(domain_root());
	for (unsigned frame = FRAMES; frame-- > 0;)
		for (unsigned i = 0; i < count; i++)
			if (all[i].value == (uint64_t)ram[frame])
				page_unref(all[i]);
	memset(all, 0, sizeof(all));
}

static void number_values(void)
{
	uint8_t number[256] = {0};
	uint8_t count = 0;

	for (unsigned i = 0; i < SPACES * PAGES; i++) {
		uint8_t *value = &expected[i / PAGES][i % PAGES];

		if (*value && !number[*value])
			number[*value] = ++count;
		*value = number[*value];
	}
	for (unsigned i = 0; i < FRAMES; i++)
		contents[i] = number[contents[i]];
}

static bool act(enum operation operation, unsigned space, unsigned other)
{
	if (operation == CLONE)
		return space != other && clone(space, other);
	if (other >= (operation >= CLEAR ? 1 : VARIED))
		return false;
	switch (operation) {
	case WRITE: write_to(space, varied(other)); return true;
	case UNMAP: return unmap(space, varied(other));
	case CLEAR: return clear(space);
	default: return protect(space);
	}
}

static bool step(unsigned number)
{
	if (!act(number / SPACES / SPACES, number / SPACES % SPACES, number % SPACES))
		return false;
	check();
	sort_free_frames();
	number_values();
	return true;
}

static void describe(unsigned number)
{
	static const char *const names[] = {"clone", "write", "unmap", "clear", "protect"};
	unsigned operation = number / SPACES / SPACES;
	unsigned space = number / SPACES % SPACES;
	unsigned other = number % SPACES;

	if (operation == CLONE)
		printk("space %u is cloned into %u", space, other);
	else if (operation >= CLEAR)
		printk("%s space %u", names[operation], space);
	else
		printk("%s page %u of space %u", names[operation], varied(other), space);
}

static void build(void)
{
	static struct boot_source source;

	source.range_count = 1;
	source.ranges[0] = (struct boot_range){PADDR((uint64_t)ram), sizeof(ram)};
	page_init(&source);
	for (unsigned i = 0; i < SPACES; i++) {
		spaces[i].domain = domain_root();
		spaces[i].pt = (struct pagetable){.domain = domain_root()};
		spaces[i].low = BASE;
		spaces[i].high = address_of(PAGES);
		mappings[i] = (struct mapping){.aspace = &spaces[i],
		                               .start = BASE,
		                               .end = address_of(PAGES),
		                               .flags = MAP_PRIVATE | MAP_READ | MAP_WRITE};
	}
	first_free = page_free_count();
	for (unsigned i = 0; i < SPACES; i++)
		spaces[i].pt.root = page_alloc_table(domain_root());
	for (unsigned page = 0; page < PAGES; page++)
		write_to(0, page);
	check();
	sort_free_frames();
	number_values();
}

const struct world page_world = {
	.name = "private pages of three spaces",
	.build = build,
	.step_count = OPERATIONS * SPACES * SPACES,
	.step = step,
	.describe = describe,
};
