/*
 * The world (tlb_world.h): page tables on frames of its own, threads that never run but load roots as entry.S does, CPUs
 * that answer one another at once. Behind what tlb.c, tlb_flush.c and the page tables need of the kernel.
 */
#include "test/tlb_world.h"
#include <base/random.h>
#include <base/test.h>
#include "arch/x86_64/apic.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pagetable_walk.h"
#include "arch/x86_64/pcid.h"
#include "arch/x86_64/tlb.h"
#include "progress.h"
#include "test/frames.h"

paddr_t kernel_root;
struct cpu cpus[CPUS_MAX];
unsigned cpu_count;

struct pagetable natives[TREES], spaces[TREES];
struct thread threads[THREADS];
static struct guest_state state; /* of all threads: only that there is one counts */
static struct random chance;
static uint16_t taken[PCID_COUNT]; /* numbers that the trees shall not have */
static unsigned taken_count;
bool world_is_walking;
const uint64_t world_regions[REGIONS] = {GUEST_AT, 0x600000, 1ul << 30, 1ul << 39};

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
unsigned world_pick(unsigned count)
{
	return (unsigned)random_below(&chance, count);
}

static struct cpu *cpu_of(const struct thread *thread)
{
	struct cpu *cpu = &cpus[thread->cpu];

	return cpu->current == thread ? cpu : NULL;
}

/* As entry.S does it on every way out. */
void world_enter_user(struct cpu *cpu)
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

void world_go_idle(struct cpu *cpu)
{
	tlb_model_run_on(cpu);
	cpu->current = NULL;
	tlb_enter_idle();
}

void world_switch(struct thread *thread, struct cpu *cpu)
{
	if (cpu_of(thread) && cpu_of(thread) != cpu)
		world_go_idle(cpu_of(thread));
	tlb_model_run_on(cpu);
	if (!cpu->current)
		tlb_leave_idle();
	if (thread->cpu != cpu->id) {
		thread->cpu = (uint8_t)cpu->id;
		pt_thread_moved(thread);
	}
	cpu->loaded_native = thread->arch.native_pt;
	cpu->current = thread;
}

void world_run(struct thread *thread, struct cpu *cpu)
{
	world_switch(thread, cpu);
	world_enter_user(cpu);
}

void world_set_mode(struct thread *thread, enum thread_mode mode)
{
	thread->arch.mode = mode;
	if (cpu_of(thread))
		world_enter_user(cpu_of(thread));
}

void world_look_around(unsigned looks)
{
	struct cpu *self = this_cpu();

	for (unsigned i = 0; i < CPUS * looks; i++) {
		uint64_t base = world_pick(2) ? NATIVE_BASE : 0;

		tlb_model_run_on(&cpus[i % CPUS]);
		tlb_model_look_ahead(base + world_regions[world_pick(REGIONS)] +
		                     world_pick(VARIED) * PAGE_SIZE);
	}
	tlb_model_run_on(self);
}

void tlb_model_meanwhile(void)
{
	if (world_is_walking)
		world_look_around(1);
}

paddr_t world_access(struct cpu *cpu, uint64_t va, bool is_write)
{
	world_enter_user(cpu);
	return tlb_model_access(va, is_write);
}

static const struct thread *bound_to(const struct pagetable *space)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (threads[i].arch.space_pt == space)
			return &threads[i];
	return NULL;
}

/* As thread_bind_space does it. */
bool world_bind(struct thread *thread, struct pagetable *space)
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

void world_take_off(struct thread *thread)
{
	if (cpu_of(thread))
		cpu_of(thread)->current = NULL; /* its root stays loaded */
	world_bind(thread, NULL);
}

static bool has_one_root(const struct pagetable *space)
{
	return space == &spaces[TREES - 1];
}

/* That a test which failed has left. */
static void free_numbers(void)
{
	for (unsigned i = 0; i < TREES; i++) {
		pcid_free(pcid_of(natives[i].cr3));
		pcid_free(pcid_of(spaces[i].cr3));
		if (spaces[i].monitor_cr3.value != spaces[i].cr3.value)
			pcid_free(pcid_of(spaces[i].monitor_cr3));
	}
	while (taken_count > 0)
		pcid_free(taken[--taken_count]);
}

void world_begin(bool has_pcid, unsigned numbers)
{
	random_seed(&chance, test_seed());
	free_numbers();
	frames_begin();
	tlb_model_begin(has_pcid);
	world_is_walking = false;
	while (has_pcid && taken_count + numbers + 1 < PCID_COUNT)
		taken[taken_count++] = pcid_alloc();
	cpu_count = CPUS;
	kernel_root = page_alloc_table(NULL);
	for (unsigned i = 0; i < CPUS; i++) {
		cpus[i] = (struct cpu){.self = &cpus[i], .id = i, .apic_id = i};
		world_go_idle(&cpus[i]);
	}
	for (unsigned i = 0; i < TREES; i++) {
		CHECK_EQ(pt_create_native(&natives[i], NULL), 0);
		CHECK_EQ(pt_create_space(&spaces[i], NULL, has_one_root(&spaces[i])), 0);
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
void world_map(struct pagetable *pt, uint64_t va, unsigned flags)
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

void world_unmap(struct pagetable *pt, uint64_t va)
{
	struct pt_entry old;

	CHECK_EQ(pt_own(pt, va), 0);
	old = pt_unmap(pt, va);
	pt_flush(pt, va, 1);
	if (old.present)
		page_unref(old.page);
}

void world_protect(struct pagetable *pt, uint64_t va, unsigned flags)
{
	CHECK_EQ(pt_own(pt, va), 0);
	if (!pt_lookup(pt, va).present)
		return;
	pt_protect(pt, va, flags | PT_READ | PT_PRIVATE);
	pt_flush(pt, va, 1);
}

void world_drop(struct pagetable *pt, uint64_t at, uint64_t end)
{
	unsigned budget;

	do
		budget = STEP_BUDGET;
	while (!pt_drop(pt, &at, end, &budget));
}

void world_fill(struct pagetable *pt, uint64_t at)
{
	for (unsigned i = 0; i < PAGES; i++)
		world_map(pt, at + i * PAGE_SIZE, PT_WRITE);
}

uint64_t world_base(const struct pagetable *pt)
{
	return pt->monitor_root.value ? 0 : NATIVE_BASE;
}

static void destroy(struct pagetable *pt)
{
	world_drop(pt, world_base(pt), world_base(pt) + WINDOW_SLOTS * level_span(LEVELS));
	pt_destroy(pt);
}

void world_destroy_space(struct pagetable *space)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (threads[i].arch.space_pt == space)
			world_take_off(&threads[i]);
	destroy(space);
	CHECK_EQ(pt_create_space(space, NULL, has_one_root(space)), 0);
}

/* The process ends, and another one begins in its place. */
void world_destroy_native(struct pagetable *native)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (threads[i].arch.native_pt == native)
			world_take_off(&threads[i]);
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

void world_check(void)
{
	for (unsigned i = 0; i < CPUS; i++)
		if (cpus[i].tlb_state != TLB_STALE)
			tlb_model_look(&cpus[i], check_cached);
}

void world_end(void)
{
	for (unsigned i = 0; i < THREADS; i++)
		world_take_off(&threads[i]);
	for (unsigned i = 0; i < TREES; i++) {
		destroy(&spaces[i]);
		destroy(&natives[i]);
	}
	world_check();
	CHECK_EQ(frames_used(), 1);
}
