/*
 * Flushes, against a model of TLBs that keep all they may (test/tlb_model.h, test/tlb_world.h). After each change of a page
 * table nothing that a CPU could still use may say more than the tables do, nor may anything be cached under a number that
 * is free. With PCIDs, with fewer than there are roots, and without.
 */
#include <base/test.h>
#include "arch/x86_64/pcid.h"
#include "arch/x86_64/tlb.h"
#include "page.h"
#include "progress.h"
#include "test/tlb_world.h"

TEST_MAIN();

/* --- numbers --- */
TEST(numbers_are_different_and_come_back)
{
	static bool is_used[PCID_COUNT];

	tlb_model_begin(true);
	for (unsigned i = 1; i < PCID_COUNT; i++) {
		uint16_t pcid = pcid_alloc();

		CHECK(pcid > 0 && pcid < PCID_COUNT && !is_used[pcid]);
		is_used[pcid] = true;
	}
	CHECK_EQ(pcid_alloc(), 0);
	pcid_free(0); /* nobody's */
	CHECK_EQ(pcid_alloc(), 0);
	pcid_free(1234);
	CHECK_EQ(pcid_alloc(), 1234);
	for (unsigned i = 1; i < PCID_COUNT; i++)
		pcid_free((uint16_t)i);
}

TEST(a_cpu_without_numbers_has_none)
{
	tlb_model_begin(false);
	CHECK_EQ(pcid_alloc(), 0);
}

/* --- one thing at a time: the root that is changed is not loaded, and comes back --- */
TEST(a_page_that_went_while_the_root_was_away_is_not_found)
{
	world_begin(true, NUMBERS);
	world_map(&natives[0], NATIVE_AT, PT_WRITE);
	world_run(&threads[0], &cpus[0]);
	CHECK(world_access(&cpus[0], NATIVE_AT, true).value);
	world_run(&threads[1], &cpus[0]);
	world_unmap(&natives[0], NATIVE_AT);
	world_run(&threads[0], &cpus[0]);
	CHECK_EQ(world_access(&cpus[0], NATIVE_AT, false).value, 0);
	world_end();
}

TEST(what_a_root_showed_is_found_again_without_a_walk)
{
	paddr_t page;

	world_begin(true, NUMBERS);
	world_map(&natives[0], NATIVE_AT, 0);
	world_run(&threads[0], &cpus[0]);
	page = world_access(&cpus[0], NATIVE_AT, false);
	world_run(&threads[1], &cpus[0]);
	world_run(&threads[0], &cpus[0]);
	page_ref(page);
	CHECK_EQ(pt_unmap(&natives[0], NATIVE_AT).page.value, page.value);
	CHECK_EQ(world_access(&cpus[0], NATIVE_AT, false).value, page.value); /* not flushed yet */
	pt_flush(&natives[0], NATIVE_AT, 1);
	CHECK_EQ(world_access(&cpus[0], NATIVE_AT, false).value, 0);
	page_unref(page);
	page_unref(page);
	world_end();
}

TEST(a_guest_page_goes_from_both_roots)
{
	world_begin(true, NUMBERS);
	world_map(&spaces[0], GUEST_AT, PT_WRITE);
	world_run(&threads[0], &cpus[0]);
	CHECK(world_bind(&threads[0], &spaces[0]));
	for (unsigned mode = MODE_NATIVE; mode <= MODE_GUEST; mode++) {
		world_set_mode(&threads[0], mode);
		CHECK(world_access(&cpus[0], GUEST_AT, true).value);
	}
	world_protect(&spaces[0], GUEST_AT, 0);
	for (unsigned mode = MODE_NATIVE; mode <= MODE_GUEST; mode++) {
		world_set_mode(&threads[0], mode);
		CHECK(world_access(&cpus[0], GUEST_AT, false).value);
		CHECK_EQ(world_access(&cpus[0], GUEST_AT, true).value, 0);
	}
	world_end();
}

TEST(a_native_page_goes_from_the_monitors_roots)
{
	world_begin(true, NUMBERS);
	world_map(&natives[0], NATIVE_AT, PT_WRITE);
	world_run(&threads[0], &cpus[0]);
	CHECK(world_bind(&threads[0], &spaces[0]));
	CHECK(world_access(&cpus[0], NATIVE_AT, true).value);
	world_run(&threads[1], &cpus[0]);
	world_unmap(&natives[0], NATIVE_AT);
	world_run(&threads[0], &cpus[0]);
	CHECK_EQ(world_access(&cpus[0], NATIVE_AT, false).value, 0);
	world_end();
}

TEST(a_table_that_clones_share_is_written_to_by_neither)
{
	world_begin(true, NUMBERS);
	world_fill(&spaces[0], GUEST_AT);
	world_run(&threads[0], &cpus[0]);
	CHECK(world_bind(&threads[0], &spaces[0]));
	world_set_mode(&threads[0], MODE_GUEST);
	CHECK(world_access(&cpus[0], GUEST_AT, true).value);
	world_run(&threads[1], &cpus[0]);
	CHECK(pt_is_sharable(&spaces[0], &spaces[1], GUEST_AT));
	CHECK_EQ(pt_share(&spaces[0], &spaces[1], GUEST_AT), 0);
	world_run(&threads[0], &cpus[0]);
	CHECK_EQ(world_access(&cpus[0], GUEST_AT, true).value, 0);
	world_end();
}

TEST(an_idle_cpu_is_left_alone_and_forgets_before_it_goes_on)
{
	world_begin(true, NUMBERS);
	world_map(&natives[0], NATIVE_AT, 0);
	world_run(&threads[0], &cpus[0]);
	CHECK(world_access(&cpus[0], NATIVE_AT, false).value);
	world_go_idle(&cpus[0]);
	world_run(&threads[3], &cpus[1]);
	world_unmap(&natives[0], NATIVE_AT); /* apic_send sees whom it asks */
	CHECK_EQ(cpus[0].tlb_state, TLB_STALE);
	world_run(&threads[0], &cpus[0]);
	CHECK_EQ(world_access(&cpus[0], NATIVE_AT, false).value, 0);
	world_end();
}

TEST(a_number_that_is_used_again_has_nothing_under_it)
{
	uint16_t pcid;

	world_begin(true, NUMBERS);
	pcid = pcid_of(natives[0].cr3);
	world_map(&natives[0], NATIVE_AT, 0);
	world_run(&threads[0], &cpus[0]);
	CHECK(world_access(&cpus[0], NATIVE_AT, false).value);
	world_run(&threads[1], &cpus[0]);
	world_destroy_native(&natives[0]);
	CHECK_EQ(pcid_of(natives[0].cr3), pcid);
	world_run(&threads[0], &cpus[0]);
	CHECK_EQ(world_access(&cpus[0], NATIVE_AT, false).value, 0);
	world_end();
}

TEST(a_space_shows_its_new_monitor_memory_only)
{
	world_begin(true, NUMBERS);
	world_map(&natives[0], NATIVE_AT, 0);
	world_run(&threads[0], &cpus[0]);
	CHECK(world_bind(&threads[0], &spaces[0]));
	CHECK(world_access(&cpus[0], NATIVE_AT, false).value);
	CHECK(!world_bind(&threads[1], &spaces[0]));
	CHECK(world_bind(&threads[0], NULL));
	CHECK(world_bind(&threads[1], &spaces[0]));
	world_run(&threads[1], &cpus[0]);
	CHECK_EQ(world_access(&cpus[0], NATIVE_AT, false).value, 0);
	world_end();
}

TEST(a_window_is_known_when_another_root_died_before_it_was_loaded)
{
	world_begin(false, 0);
	world_map(&natives[0], NATIVE_AT, 0);
	CHECK(world_bind(&threads[0], &spaces[0]));
	world_run(&threads[1], &cpus[0]);
	world_switch(&threads[0], &cpus[0]);
	pt_unload(&natives[1]);
	CHECK(world_access(&cpus[0], NATIVE_AT, false).value);
	world_run(&threads[2], &cpus[1]);
	world_unmap(&natives[0], NATIVE_AT);
	CHECK_EQ(world_access(&cpus[0], NATIVE_AT, false).value, 0);
	world_end();
}

/* --- all of it, at random --- */
#define LOOKS 12u

static struct pagetable *any_tree(void)
{
	return world_pick(4) ? &spaces[world_pick(TREES)] : &natives[world_pick(TREES)];
}

static uint64_t any_region(const struct pagetable *pt)
{
	return world_base(pt) + world_regions[world_pick(REGIONS)];
}

static void change_page(struct pagetable *pt)
{
	uint64_t va = any_region(pt) + world_pick(VARIED) * PAGE_SIZE;
	unsigned flags = (world_pick(2) ? PT_WRITE : 0) | (world_pick(2) ? PT_EXECUTE : 0);

	switch (world_pick(4)) {
	case 0: world_unmap(pt, va); break;
	case 1: world_protect(pt, va, flags); break;
	default: world_map(pt, va, flags); break;
	}
}

static void change_range(struct pagetable *pt)
{
	uint64_t at = any_region(pt);
	uint64_t end = at + PT_TABLE_SPAN;
	uint64_t to = any_region(pt);
	unsigned budget = STEP_BUDGET;

	switch (world_pick(4)) {
	case 0: world_fill(pt, at); break;
	case 1: world_drop(pt, at, end); break;
	case 2:
		CHECK_EQ(pt_own(pt, at), 0);
		CHECK(pt_restrict(pt, &at, end, world_pick(2) ? PT_READ : 0, &budget));
		break;
	case 3:
		if (to == at)
			break;
		world_drop(pt, to, to + PT_TABLE_SPAN);
		CHECK_EQ(pt_own(pt, at), 0);
		budget = UINT32_MAX;
		CHECK_EQ(pt_move(pt, &at, end, to - at, &budget), 0);
		break;
	}
}

static void clone_table(void)
{
	struct pagetable *from = &spaces[world_pick(TREES)];
	struct pagetable *to = &spaces[world_pick(TREES)];
	uint64_t at = any_region(from);
	unsigned budget = STEP_BUDGET;

	if (from == to)
		return;
	if (pt_is_sharable(from, to, at)) {
		CHECK_EQ(pt_share(from, to, at), 0);
	} else {
		CHECK_EQ(pt_own(to, at), 0);
		CHECK_EQ(pt_copy(from, to, &at, at + PAGES * PAGE_SIZE, false, &budget), 0);
	}
}

static void change_trees(void)
{
	if (world_pick(8))
		clone_table();
	else if (world_pick(2))
		world_destroy_space(&spaces[world_pick(TREES)]);
	else
		world_destroy_native(&natives[world_pick(TREES)]);
}

static void change_threads(void)
{
	struct thread *thread = &threads[world_pick(THREADS)];
	struct cpu *cpu = &cpus[world_pick(CPUS)];

	switch (world_pick(9)) {
	case 0: world_go_idle(cpu); break;
	case 5: world_take_off(thread); break;
	case 1: world_bind(thread, world_pick(3) ? &spaces[world_pick(TREES)] : NULL); break;
	case 2:
	case 3:
	case 4: world_set_mode(thread, thread->arch.space_pt ? world_pick(2) : MODE_NATIVE); break;
	default: world_run(thread, cpu); break;
	}
}

static void one_step(void)
{
	for (unsigned i = 0; i < CPUS; i++)
		if (cpus[i].current)
			world_enter_user(&cpus[i]);
	world_look_around(LOOKS);
	tlb_model_run_on(&cpus[world_pick(CPUS)]);
	world_is_walking = true;
	switch (world_pick(8)) {
	case 0: change_page(any_tree()); break;
	case 1: change_range(any_tree()); break;
	case 2: change_trees(); break;
	default: change_threads(); break;
	}
	world_is_walking = false;
	world_check();
}

static void walk_at_random(bool has_pcid, unsigned numbers)
{
	world_begin(has_pcid, numbers);
	for (unsigned i = 0; i < test_rounds(20000); i++)
		one_step();
	world_end();
}

TEST(nothing_stale_is_left_with_numbers_for_all)
{
	walk_at_random(true, NUMBERS);
}

TEST(nothing_stale_is_left_with_numbers_for_some)
{
	walk_at_random(true, TREES);
}

TEST(nothing_stale_is_left_without_numbers)
{
	walk_at_random(false, 0);
}
