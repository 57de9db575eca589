/*
 * The machine under a world. GS names a place that names the CPU whose code runs, so one host thread can be several CPUs
 * by turns. Kernel memory comes from an array, is cleared when it is given back and then used again first, so that equal
 * states have equal content. A physical address is the host's (low/arch/x86_64/layout.h). An interrupt to another CPU puts that into the kernel, waiting for the lock.
 */
#include "machine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <microkernel/errors.h>
#include "arch/switch.h"
#include "aspace.h"
#include "domain.h"
#include "endpoint.h"
#include "interrupt.h"
#include "kalloc.h"
#include "kernel_lock.h"
#include "mapping.h"
#include "memory.h"
#include "page.h"
#include "panic.h"
#include "printk.h"
#include "timer.h"

#define ARCH_SET_GS 0x1001
#define MEMORY_BYTES (128u << 10) /* of pages, and of smaller blocks */
#define BLOCKS_MAX 64u

static struct cpu *self_of_gs;
static bool is_in_kernel[CPUS_MAX];
static bool is_attended[CPUS_MAX]; /* an interrupt comes when it leaves the kernel */
static uint64_t now_ns;
uint64_t machine_bases[CPUS_MAX]; /* what arch_thread_switch moves */
static char pages[MEMORY_BYTES] __attribute__((aligned(PAGE_SIZE)));
static char heap[MEMORY_BYTES] __attribute__((aligned(PAGE_SIZE)));
static struct block {
	char *at; /* null: no block yet */
	uint32_t bytes;
	bool is_used;
} blocks[BLOCKS_MAX];

void machine_be_cpu(unsigned id)
{
	self_of_gs = &cpus[id];
}

void machine_build(unsigned count)
{
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, &self_of_gs) != 0)
		abort();
	cpu_count = count;
	for (unsigned i = 0; i < count; i++) {
		cpus[i].self = &cpus[i];
		cpus[i].id = i;
		cpu_init(&cpus[i]);
	}
	machine_be_cpu(0);
	now_ns = 1;
	domain_init();
}

void machine_set_time(uint64_t ns)
{
	now_ns = ns;
}

uint64_t clock_now_ns(void)
{
	return now_ns;
}

uint64_t clock_ticks(void)
{
	return now_ns;
}

uint64_t clock_ticks_to_ns(uint64_t ticks)
{
	return ticks;
}

uint64_t clock_ticks_to_time_ns(uint64_t ticks)
{
	return ticks;
}

void timer_program_ns(uint64_t deadline)
{
	(void)deadline; /* when time passes is a step of its own */
}

/* --- memory --- */
static char *place_block(uint32_t bytes)
{
	static uint32_t page_end;
	static uint32_t heap_end;
	uint32_t *end = bytes == PAGE_SIZE ? &page_end : &heap_end;
	char *at = (bytes == PAGE_SIZE ? pages : heap) + *end;

	*end += (bytes + 63u) & ~63u;
	if (*end > MEMORY_BYTES)
		panic("the world is too small");
	return at;
}

static void *take(uint32_t bytes)
{
	for (unsigned i = 0; i < BLOCKS_MAX; i++) {
		struct block *block = &blocks[i];

		if (block->is_used || (block->at && block->bytes != bytes))
			continue;
		if (!block->at)
			*block = (struct block){.at = place_block(bytes), .bytes = bytes};
		block->is_used = true;
		return block->at;
	}
	panic("the world is too small");
}

static void give(void *at)
{
	struct block *block = blocks;

	while (block < blocks + BLOCKS_MAX && block->at != at)
		block++;
	if (block == blocks + BLOCKS_MAX || !block->is_used)
		panic("memory freed that is not in use");
	block->is_used = false;
	memset(at, 0, block->bytes);
}

uint64_t machine_blocks(void)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < BLOCKS_MAX; i++)
		count += blocks[i].is_used;
	return count;
}

void *kalloc(struct domain *domain, uint32_t bytes)
{
	(void)domain;
	return take(bytes);
}

void kfree(struct domain *domain, void *block)
{
	(void)domain;
	give(block);
}

paddr_t page_alloc_zeroed(struct domain *domain)
{
	(void)domain;
	return PADDR((uint64_t)take(PAGE_SIZE));
}

void page_unref(paddr_t page)
{
	give((void *)page.value);
}

void page_unpin(paddr_t page)
{
	give((void *)page.value);
}

bool page_is_pinned(paddr_t page)
{
	return page.value;
}

uint64_t page_free_count(void)
{
	return BLOCKS_MAX;
}

/* --- address spaces hold nothing --- */
status_t aspace_init_native(struct aspace *aspace, const struct kobject *owner)
{
	(void)aspace, (void)owner;
	return 0;
}

status_t aspace_pin(struct aspace *aspace, uint64_t address, paddr_t *out)
{
	(void)aspace, (void)address;
	*out = PADDR((uint64_t)take(PAGE_SIZE));
	return 0;
}

bool aspace_clear(struct aspace *aspace, unsigned *budget)
{
	(void)aspace, (void)budget;
	return true;
}

/* A guest has private memory everywhere; what is in it no system call reads. */
struct mapping *aspace_mapping_from(struct aspace *aspace, uint64_t address)
{
	(void)aspace, (void)address;
	return NULL;
}

status_t aspace_page(struct aspace *aspace, uint64_t address, unsigned access, paddr_t *out)
{
	(void)aspace, (void)address, (void)access, (void)out;
	return E_FAULT;
}

bool page_is_ram(paddr_t page)
{
	(void)page;
	return false;
}

void aspace_destroy(struct aspace *aspace)
{
	(void)aspace;
}

void aspace_check(const struct aspace *aspace)
{
	(void)aspace;
}

void pt_activate_thread(struct thread *thread)
{
	(void)thread;
}

void pt_attach_monitor(struct pagetable *space_pt, struct pagetable *native_pt)
{
	(void)space_pt, (void)native_pt;
}

void pt_thread_moved(const struct thread *thread)
{
	(void)thread;
}

void pt_unused(struct pagetable *pt)
{
	(void)pt;
}

/* --- threads --- */
void arch_thread_init(struct thread *thread, uint64_t entry, uint64_t stack, uint64_t argument)
{
	(void)entry, (void)stack, (void)argument;
	thread->arch.mode = MODE_NATIVE;
	thread->arch.fs_base = (uint64_t)thread;
}

status_t arch_thread_fpu_create(struct thread *thread)
{
	(void)thread;
	return 0;
}

void arch_thread_destroy(struct thread *thread)
{
	(void)thread;
}

void arch_thread_switch(struct thread *from, struct thread *to)
{
	struct cpu *cpu = this_cpu();

	if (from)
		from->arch.fs_base = machine_bases[cpu->id];
	machine_bases[cpu->id] = to ? to->arch.fs_base : 0;
	if (to)
		to->arch.fs_base = 0;
}

bool machine_has_registers(const struct cpu *cpu)
{
	return !cpu->current || machine_bases[cpu->id] == (uint64_t)cpu->current;
}

void arch_set_result(struct thread *thread, status_t status, uint64_t value)
{
	thread->arch.regs.rax = (uint64_t)(int64_t)status;
	thread->arch.regs.rdx = value;
}

void arch_syscall_restart(struct thread *thread)
{
	thread->arch.regs.rax = RESTARTED;
}

void arch_guest_trap(struct thread *thread, uint32_t trap, uint32_t detail, uint32_t error,
                     uint32_t cause, uint64_t address)
{
	(void)detail, (void)error, (void)cause, (void)address;
	thread->arch.mode = MODE_NATIVE;
	thread->arch.regs.rax = TRAPPED + trap;
}

int64_t guest_load_u32(uint64_t u_from)
{
	return u_from == MACHINE_WORD ? (int64_t)MACHINE_VALUE : E_FAULT;
}

/* --- CPUs --- */
void arch_cpu_attend(const struct cpu *cpu)
{
	if (is_in_kernel[cpu->id])
		is_attended[cpu->id] = true;
	else if (kernel_mode_of(cpu) == KERNEL_OUT)
		kernel_mode_set(&cpus[cpu->id], KERNEL_WAITING);
}

void machine_enter_kernel(unsigned id)
{
	is_in_kernel[id] = true;
}

void machine_leave_kernel(unsigned id)
{
	bool was_attended = is_attended[id];

	is_in_kernel[id] = is_attended[id] = false;
	if (was_attended)
		arch_cpu_attend(&cpus[id]);
}

bool machine_is_in_kernel(unsigned id)
{
	return is_in_kernel[id];
}

void arch_cpu_poll(void) {}

/* Nodes of these kinds do not occur. */
bool mapping_undo(struct derivation *node, unsigned *budget)
{
	(void)node, (void)budget;
	panic("no mapping is a node here");
}

void timer_undo(struct derivation *node)
{
	(void)node;
	panic("no timer is a node here");
}

void interrupt_undo(struct derivation *node)
{
	(void)node;
	panic("no interrupt is a node here");
}
