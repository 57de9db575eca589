/*
 * Flushes, against a model of TLBs that keep all they may (test/tlb_model.h): three CPUs, processes, spaces that their
 * threads are bound to. After each change of a page table nothing that a CPU could still use may say more than the tables
 * do, nor may anything be cached under a number that is free. With PCIDs, with fewer than there are roots, and without.
 */
#include <base/random.h>
#include <base/test.h>
#include "arch/x86_64/apic.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pagetable_walk.h"
#include "arch/x86_64/pcid.h"
#include "arch/x86_64/tlb.h"
#include "progress.h"
#include "test/frames.h"
#include "test/tlb_model.h"
#include "thread.h"

TEST_MAIN();

#define CPUS 3u
#define TREES 3u /* of each kind */
#define THREADS 6u
#define NUMBERS (3 * TREES) /* for all roots */
#define PAGES 40u           /* as many as make a table worth sharing */
#define LOOKS 12u
#define VARIED 6u /* of which these are worked on alone */
#define GUEST_AT 0x400000ul
#define NATIVE_AT (NATIVE_BASE + GUEST_AT)

/* Below the same table, below others of the second and third level, in another slot of the root. */
static const uint64_t regions[] = {GUEST_AT, 0x600000, 1ul << 30, 1ul << 39};
#define REGIONS (sizeof(regions) / sizeof(regions[0]))

paddr_t kernel_root;
struct cpu cpus[CPUS_MAX];
unsigned cpu_count;

static struct pagetable natives[TREES], spaces[TREES];
static struct thread threads[THREADS];
static struct guest_state state; /* of all threads: only that there is one counts */
static struct random chance;
static uint16_t taken[PCID_COUNT]; /* numbers that the trees shall not have */
static unsigned taken_count;
static bool is_walking; /* CPUs look ahead at any time */

/* --- what the code under test needs --- */
void kernel_map_enter(uint64_t *root)
{
	(void)root;
}

void kernel_map_leave(uint64_t *root)
{
	(void)root;
}

/* The other CPU answers at once. */
void apic_send(uint32_t target, uint8_t vector)
{
	struct cpu *self = this_cpu();

	CHECK_EQ(vector, VECTOR_POLL);
	CHECK_EQ(cpus[target].tlb_state, TLB_IN_USE);
	tlb_model_run_on(&cpus[target]);
	arch_cpu_poll();
	tlb_model_run_on(self);
}

void apic_stop_others(void) {}

/* --- threads and CPUs --- */
static unsigned pick(unsigned count)
{
	return (unsigned)random_below(&chance, count);
}

static struct cpu *cpu_of(const struct thread *thread)
{
	struct cpu *cpu = &cpus[thread->cpu];

	return cpu->current == thread ? cpu : NULL;
}

/* As entry.S does it on every way out. */
static void enter_user(struct cpu *cpu)
{
	const struct thread_arch *arch = &cpu->current->arch;
	cr3_t root = arch->mode == MODE_GUEST ? arch->guest_root : arch->native_root;

	tlb_model_run_on(cpu);
	CHECK(root.value != 0);
	if (cpu->loaded_root.value == root.value)
		return;
	cpu->loaded_root = root;
	cr3_write(root.value);
}

static void go_idle(struct cpu *cpu)
{
	tlb_model_run_on(cpu);
	cpu->current = NULL;
	tlb_enter_idle();
}

/* Whoever runs there already makes room. */
static void run(struct thread *thread, struct cpu *cpu)
{
	if (cpu_of(thread) && cpu_of(thread) != cpu)
		go_idle(cpu_of(thread));
	tlb_model_run_on(cpu);
	if (!cpu->current)
		tlb_leave_idle();
	if (thread->cpu != cpu->id) {
		thread->cpu = (uint8_t)cpu->id;
		pt_thread_moved(thread);
	}
	cpu->loaded_native = thread->arch.native_pt;
	cpu->current = thread;
	enter_user(cpu);
}

static void set_mode(struct thread *thread, enum thread_mode mode)
{
	thread->arch.mode = mode;
	if (cpu_of(thread))
		enter_user(cpu_of(thread));
}

/* All CPUs walk to some places, as programs have them do or as they like. */
static void look_around(unsigned looks)
{
	struct cpu *self = this_cpu();

	for (unsigned i = 0; i < CPUS * looks; i++) {
		uint64_t base = pick(2) ? NATIVE_BASE : 0;

		tlb_model_run_on(&cpus[i % CPUS]);
		tlb_model_look_ahead(base + regions[pick(REGIONS)] + pick(VARIED) * PAGE_SIZE);
	}
	tlb_model_run_on(self);
}

void tlb_model_meanwhile(void)
{
	if (is_walking)
		look_around(1);
}

static paddr_t access(struct cpu *cpu, uint64_t va, bool is_write)
{
	enter_user(cpu);
	return tlb_model_access(va, is_write);
}

static const struct thread *bound_to(const struct pagetable *space)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (threads[i].arch.space_pt == space)
			return &threads[i];
	return NULL;
}

/* As thread_bind_space does it. False: another process's threads have the space. */
static bool bind(struct thread *thread, struct pagetable *space)
{
	struct pagetable *old = thread->arch.space_pt;
	const struct thread *other = space ? bound_to(space) : NULL;

	if (other && other->arch.native_pt != thread->arch.native_pt)
		return false;
	if (space)
		pt_attach_monitor(space, thread->arch.native_pt);
	thread->arch.mode = MODE_NATIVE;
	thread->arch.space_pt = NULL;
	if (old && old != space && !bound_to(old))
		pt_unused(old);
	thread->arch.space_pt = space;
	pt_activate_thread(thread);
	return true;
}

static void take_off(struct thread *thread)
{
	if (cpu_of(thread))
		cpu_of(thread)->current = NULL; /* its root stays loaded */
	bind(thread, NULL);
}

/* That a test which failed has left. */
static void free_numbers(void)
{
	for (unsigned i = 0; i < TREES; i++) {
		pcid_free(pcid_of(natives[i].cr3));
		pcid_free(pcid_of(spaces[i].cr3));
		pcid_free(pcid_of(spaces[i].monitor_cr3));
	}
	while (taken_count > 0)
		pcid_free(taken[--taken_count]);
}

static void begin(bool has_pcid, unsigned numbers)
{
	free_numbers();
	frames_begin();
	tlb_model_begin(has_pcid);
	is_walking = false;
	while (has_pcid && taken_count + numbers + 1 < PCID_COUNT)
		taken[taken_count++] = pcid_alloc();
	cpu_count = CPUS;
	kernel_root = page_alloc_table(NULL);
	for (unsigned i = 0; i < CPUS; i++) {
		cpus[i] = (struct cpu){.self = &cpus[i], .id = i, .apic_id = i};
		go_idle(&cpus[i]);
	}
	for (unsigned i = 0; i < TREES; i++) {
		CHECK_EQ(pt_create_native(&natives[i], NULL), 0);
		CHECK_EQ(pt_create_space(&spaces[i], NULL), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){.cpu = (uint8_t)(i % CPUS)};
		threads[i].arch.state = &state;
		threads[i].arch.fpu = &state;
		threads[i].arch.native_pt = &natives[i % TREES];
		pt_activate_thread(&threads[i]);
	}
}

/* --- page tables --- */
static void map(struct pagetable *pt, uint64_t va, unsigned flags)
{
	struct pt_entry old;

	CHECK_EQ(pt_own(pt, va), 0);
	old = pt_unmap(pt, va);
	if (old.present) {
		pt_flush(pt, va, 1);
		page_unref(old.page);
	}
	CHECK_EQ(pt_map(pt, va, frames_take(), flags | PT_READ | PT_PRIVATE), 0);
}

static void unmap(struct pagetable *pt, uint64_t va)
{
	struct pt_entry old;

	CHECK_EQ(pt_own(pt, va), 0);
	old = pt_unmap(pt, va);
	pt_flush(pt, va, 1);
	if (old.present)
		page_unref(old.page);
}

static void protect(struct pagetable *pt, uint64_t va, unsigned flags)
{
	CHECK_EQ(pt_own(pt, va), 0);
	if (!pt_lookup(pt, va).present)
		return;
	pt_protect(pt, va, flags | PT_READ | PT_PRIVATE);
	pt_flush(pt, va, 1);
}

static void drop(struct pagetable *pt, uint64_t at, uint64_t end)
{
	unsigned budget;

	do
		budget = STEP_BUDGET;
	while (!pt_drop(pt, &at, end, &budget));
}

static void fill(struct pagetable *pt, uint64_t at)
{
	for (unsigned i = 0; i < PAGES; i++)
		map(pt, at + i * PAGE_SIZE, PT_WRITE);
}

static uint64_t base_of(const struct pagetable *pt)
{
	return pt->monitor_root.value ? 0 : NATIVE_BASE;
}

static void destroy(struct pagetable *pt)
{
	drop(pt, base_of(pt), base_of(pt) + WINDOW_SLOTS * level_span(LEVELS));
	pt_destroy(pt);
}

static void destroy_space(struct pagetable *space)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (threads[i].arch.space_pt == space)
			take_off(&threads[i]);
	destroy(space);
	CHECK_EQ(pt_create_space(space, NULL), 0);
}

/* The process ends, and another one begins in its place. */
static void destroy_native(struct pagetable *native)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (threads[i].arch.native_pt == native)
			take_off(&threads[i]);
	pt_unused(native);
	destroy(native);
	CHECK_EQ(pt_create_native(native, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		if (threads[i].arch.native_pt == native)
			pt_activate_thread(&threads[i]);
}

/* --- the invariant --- */
static uint64_t root_of(const struct cpu *cpu, uint16_t pcid)
{
	for (unsigned i = 0; pcid && i < TREES; i++) {
		if (pcid_of(natives[i].cr3) == pcid)
			return natives[i].root.value;
		if (pcid_of(spaces[i].cr3) == pcid)
			return spaces[i].root.value;
		if (pcid_of(spaces[i].monitor_cr3) == pcid)
			return spaces[i].monitor_root.value;
	}
	return pcid ? 0 : cpu->loaded_root.value & PTE_ADDRESS;
}

/* Under number 0 there may be anything while a root with another number is loaded. */
static void check_cached(const struct cpu *cpu, const struct cached *cached)
{
	uint64_t root = root_of(cpu, cached->pcid);
	struct way way;

	if (!cached->pcid && cpu->loaded_root.value % PAGE_SIZE)
		return;
	CHECK(root);
	way = tlb_model_walk(root, cached->va, cached->level);
	CHECK_EQ(cached->way.to, way.to);
	CHECK(!(cached->way.rights & ~way.rights));
}

static void check_all(void)
{
	for (unsigned i = 0; i < CPUS; i++)
		if (cpus[i].tlb_state != TLB_STALE)
			tlb_model_look(&cpus[i], check_cached);
}

static void end(void)
{
	for (unsigned i = 0; i < THREADS; i++)
		take_off(&threads[i]);
	for (unsigned i = 0; i < TREES; i++) {
		destroy(&spaces[i]);
		destroy(&natives[i]);
	}
	check_all();
	CHECK_EQ(frames_used(), 1);
}

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
	begin(true, NUMBERS);
	map(&natives[0], NATIVE_AT, PT_WRITE);
	run(&threads[0], &cpus[0]);
	CHECK(access(&cpus[0], NATIVE_AT, true).value);
	run(&threads[1], &cpus[0]);
	unmap(&natives[0], NATIVE_AT);
	run(&threads[0], &cpus[0]);
	CHECK_EQ(access(&cpus[0], NATIVE_AT, false).value, 0);
	end();
}

TEST(what_a_root_showed_is_found_again_without_a_walk)
{
	paddr_t page;

	begin(true, NUMBERS);
	map(&natives[0], NATIVE_AT, 0);
	run(&threads[0], &cpus[0]);
	page = access(&cpus[0], NATIVE_AT, false);
	run(&threads[1], &cpus[0]);
	run(&threads[0], &cpus[0]);
	page_ref(page);
	CHECK_EQ(pt_unmap(&natives[0], NATIVE_AT).page.value, page.value);
	CHECK_EQ(access(&cpus[0], NATIVE_AT, false).value, page.value); /* not flushed yet */
	pt_flush(&natives[0], NATIVE_AT, 1);
	CHECK_EQ(access(&cpus[0], NATIVE_AT, false).value, 0);
	page_unref(page);
	page_unref(page);
	end();
}

TEST(a_guest_page_goes_from_both_roots)
{
	begin(true, NUMBERS);
	map(&spaces[0], GUEST_AT, PT_WRITE);
	run(&threads[0], &cpus[0]);
	CHECK(bind(&threads[0], &spaces[0]));
	for (unsigned mode = MODE_NATIVE; mode <= MODE_GUEST; mode++) {
		set_mode(&threads[0], mode);
		CHECK(access(&cpus[0], GUEST_AT, true).value);
	}
	protect(&spaces[0], GUEST_AT, 0);
	for (unsigned mode = MODE_NATIVE; mode <= MODE_GUEST; mode++) {
		set_mode(&threads[0], mode);
		CHECK(access(&cpus[0], GUEST_AT, false).value);
		CHECK_EQ(access(&cpus[0], GUEST_AT, true).value, 0);
	}
	end();
}

TEST(a_native_page_goes_from_the_monitors_roots)
{
	begin(true, NUMBERS);
	map(&natives[0], NATIVE_AT, PT_WRITE);
	run(&threads[0], &cpus[0]);
	CHECK(bind(&threads[0], &spaces[0]));
	CHECK(access(&cpus[0], NATIVE_AT, true).value);
	run(&threads[1], &cpus[0]);
	unmap(&natives[0], NATIVE_AT);
	run(&threads[0], &cpus[0]);
	CHECK_EQ(access(&cpus[0], NATIVE_AT, false).value, 0);
	end();
}

TEST(a_table_that_clones_share_is_written_to_by_neither)
{
	begin(true, NUMBERS);
	fill(&spaces[0], GUEST_AT);
	run(&threads[0], &cpus[0]);
	CHECK(bind(&threads[0], &spaces[0]));
	set_mode(&threads[0], MODE_GUEST);
	CHECK(access(&cpus[0], GUEST_AT, true).value);
	run(&threads[1], &cpus[0]);
	CHECK(pt_is_sharable(&spaces[0], &spaces[1], GUEST_AT));
	CHECK_EQ(pt_share(&spaces[0], &spaces[1], GUEST_AT), 0);
	run(&threads[0], &cpus[0]);
	CHECK_EQ(access(&cpus[0], GUEST_AT, true).value, 0);
	end();
}

TEST(an_idle_cpu_is_left_alone_and_forgets_before_it_goes_on)
{
	begin(true, NUMBERS);
	map(&natives[0], NATIVE_AT, 0);
	run(&threads[0], &cpus[0]);
	CHECK(access(&cpus[0], NATIVE_AT, false).value);
	go_idle(&cpus[0]);
	run(&threads[3], &cpus[1]);
	unmap(&natives[0], NATIVE_AT); /* apic_send sees whom it asks */
	CHECK_EQ(cpus[0].tlb_state, TLB_STALE);
	run(&threads[0], &cpus[0]);
	CHECK_EQ(access(&cpus[0], NATIVE_AT, false).value, 0);
	end();
}

TEST(a_number_that_is_used_again_has_nothing_under_it)
{
	uint16_t pcid;

	begin(true, NUMBERS);
	pcid = pcid_of(natives[0].cr3);
	map(&natives[0], NATIVE_AT, 0);
	run(&threads[0], &cpus[0]);
	CHECK(access(&cpus[0], NATIVE_AT, false).value);
	run(&threads[1], &cpus[0]);
	destroy_native(&natives[0]);
	CHECK_EQ(pcid_of(natives[0].cr3), pcid);
	run(&threads[0], &cpus[0]);
	CHECK_EQ(access(&cpus[0], NATIVE_AT, false).value, 0);
	end();
}

TEST(a_space_shows_its_new_monitor_memory_only)
{
	begin(true, NUMBERS);
	map(&natives[0], NATIVE_AT, 0);
	run(&threads[0], &cpus[0]);
	CHECK(bind(&threads[0], &spaces[0]));
	CHECK(access(&cpus[0], NATIVE_AT, false).value);
	CHECK(!bind(&threads[1], &spaces[0]));
	CHECK(bind(&threads[0], NULL));
	CHECK(bind(&threads[1], &spaces[0]));
	run(&threads[1], &cpus[0]);
	CHECK_EQ(access(&cpus[0], NATIVE_AT, false).value, 0);
	end();
}

/* --- all of it, at random --- */
static struct pagetable *any_tree(void)
{
	return pick(4) ? &spaces[pick(TREES)] : &natives[pick(TREES)];
}

static uint64_t any_region(const struct pagetable *pt)
{
	return base_of(pt) + regions[pick(REGIONS)];
}

static void change_page(struct pagetable *pt)
{
	uint64_t va = any_region(pt) + pick(VARIED) * PAGE_SIZE;
	unsigned flags = (pick(2) ? PT_WRITE : 0) | (pick(2) ? PT_EXECUTE : 0);

	switch (pick(4)) {
	case 0: unmap(pt, va); break;
	case 1: protect(pt, va, flags); break;
	default: map(pt, va, flags); break;
	}
}

static void change_range(struct pagetable *pt)
{
	uint64_t at = any_region(pt);
	uint64_t end = at + PT_TABLE_SPAN;
	uint64_t to = any_region(pt);
	unsigned budget = STEP_BUDGET;

	switch (pick(4)) {
	case 0: fill(pt, at); break;
	case 1: drop(pt, at, end); break;
	case 2:
		CHECK_EQ(pt_own(pt, at), 0);
		CHECK(pt_restrict(pt, &at, end, pick(2) ? PT_READ : 0, &budget));
		break;
	case 3:
		if (to == at)
			break;
		drop(pt, to, to + PT_TABLE_SPAN);
		CHECK_EQ(pt_own(pt, at), 0);
		CHECK_EQ(pt_move(pt, at, to, PT_TABLE_SPAN), 0);
		break;
	}
}

static void clone_table(void)
{
	struct pagetable *from = &spaces[pick(TREES)];
	struct pagetable *to = &spaces[pick(TREES)];
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
	if (pick(8))
		clone_table();
	else if (pick(2))
		destroy_space(&spaces[pick(TREES)]);
	else
		destroy_native(&natives[pick(TREES)]);
}

static void change_threads(void)
{
	struct thread *thread = &threads[pick(THREADS)];
	struct cpu *cpu = &cpus[pick(CPUS)];

	switch (pick(9)) {
	case 0: go_idle(cpu); break;
	case 5: take_off(thread); break;
	case 1: bind(thread, pick(3) ? &spaces[pick(TREES)] : NULL); break;
	case 2:
	case 3:
	case 4: set_mode(thread, thread->arch.space_pt ? pick(2) : MODE_NATIVE); break;
	default: run(thread, cpu); break;
	}
}

static void one_step(void)
{
	for (unsigned i = 0; i < CPUS; i++)
		if (cpus[i].current)
			enter_user(&cpus[i]);
	look_around(LOOKS);
	tlb_model_run_on(&cpus[pick(CPUS)]);
	is_walking = true;
	switch (pick(8)) {
	case 0: change_page(any_tree()); break;
	case 1: change_range(any_tree()); break;
	case 2: change_trees(); break;
	default: change_threads(); break;
	}
	is_walking = false;
	check_all();
}

static void walk_at_random(bool has_pcid, unsigned numbers)
{
	random_seed(&chance, test_seed());
	begin(has_pcid, numbers);
	for (unsigned i = 0; i < test_rounds(20000); i++)
		one_step();
	end();
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
