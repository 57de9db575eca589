/*
 * Which root is loaded, and the TLB. Without PCIDs the TLB holds only what the loaded root shows; kernel
 * entries are global and change once, at the end of boot.
 *
 * Other CPUs are asked to flush by a request that they answer from wherever they are: user mode (an interrupt),
 * or a loop that waits (arch_cpu_poll). Only the CPU with the exclusive kernel lock asks, so there is one request at a
 * time; it goes on when all have answered, so that a page may be given to somebody else. Idle CPUs have kernel_root
 * loaded and are never asked.
 */
#include <stddef.h>
#include <base/assert.h>
#include "kernel_lock.h"
#include "thread.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pagetable_walk.h"

#define FLUSH_PAGES_MAX 32u /* beyond, one full flush is cheaper */
#define ALL_PAGES UINT64_MAX

static struct {
	uint64_t va;
	uint64_t pages;      /* 0: leave the root itself */
	uint32_t unanswered; /* [a] a bit for each CPU */
} request;

static void write_root(struct cpu *cpu, uint64_t root)
{
	__atomic_store_n(&cpu->loaded_root, root, __ATOMIC_RELEASE);
	cr3_write(root);
	cpu->root_writes++;
}

static void load_root(uint64_t root)
{
	struct cpu *cpu = this_cpu();

	if (cpu->loaded_root != root)
		write_root(cpu, root);
}

static void derive_roots(struct thread_arch *arch)
{
	const struct pagetable *space = arch->space_pt;

	arch->native_root = space ? space->monitor_root.value : arch->native_pt->root.value;
	arch->guest_root = space && arch->state && arch->fpu ? space->root.value : 0;
}

void pt_activate_thread(struct thread *thread)
{
	struct thread_arch *arch = &thread->arch;

	derive_roots(arch);
	if (thread != cpu_current())
		return;
	this_cpu()->loaded_native = arch->native_pt;
	load_root(arch->mode == MODE_GUEST ? arch->guest_root : arch->native_root);
}

void pt_leave(void)
{
	this_cpu()->loaded_native = NULL;
	load_root(kernel_root.value);
}

static bool is_loaded_on(const struct cpu *cpu, const struct pagetable *pt)
{
	uint64_t root = __atomic_load_n(&cpu->loaded_root, __ATOMIC_ACQUIRE);

	return root == pt->root.value || root == pt->monitor_root.value ||
	       pt == __atomic_load_n(&cpu->loaded_native, __ATOMIC_ACQUIRE);
}

static void flush_here(uint64_t va, uint64_t pages)
{
	if (pages > FLUSH_PAGES_MAX) {
		write_root(this_cpu(), this_cpu()->loaded_root);
		return;
	}
	for (uint64_t i = 0; i < pages; i++)
		invlpg(va + i * PAGE_SIZE);
}

void arch_cpu_poll(void)
{
	uint32_t self = 1u << this_cpu()->id;

	if (!(__atomic_load_n(&request.unanswered, __ATOMIC_ACQUIRE) & self))
		return;
	if (request.pages == 0)
		pt_leave();
	else
		flush_here(request.va, request.pages);
	__atomic_fetch_and(&request.unanswered, ~self, __ATOMIC_RELEASE);
}

static void ask(uint32_t targets, uint64_t va, uint64_t pages)
{
	if (!targets)
		return;
	request.va = va;
	request.pages = pages;
	__atomic_store_n(&request.unanswered, targets, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < cpu_count; i++)
		if (targets >> i & 1 && kernel_mode_of(&cpus[i]) != KERNEL_WAITING)
			apic_send(cpus[i].apic_id, VECTOR_POLL);
	while (__atomic_load_n(&request.unanswered, __ATOMIC_ACQUIRE))
		arch_relax();
}

/* Changes of page tables come before the look at what is loaded: a CPU that loads the root later sees them. */
static void ask_others(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	const struct cpu *self = this_cpu();
	uint32_t targets = 0;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < cpu_count; i++)
		if (&cpus[i] != self && is_loaded_on(&cpus[i], pt))
			targets |= 1u << i;
	ask(targets, va, pages);
}

void tlb_flush_kernel(uint64_t va, uint64_t pages)
{
	uint32_t all = (1u << cpu_count) - 1;

	ASSERT(pages <= FLUSH_PAGES_MAX); /* a new root does not flush what is global */
	flush_here(va, pages);
	ask(all & ~(1u << this_cpu()->id), va, pages);
}

void pt_unload(const struct pagetable *pt)
{
	if (cpu_count > 1)
		ask_others(pt, 0, 0);
	if (is_loaded_on(this_cpu(), pt))
		pt_leave();
}

/* INVLPG of any address also drops all cached upper-level entries (Intel SDM vol. 3, 4.10.4.1). */
void pt_flush(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	if (is_loaded_on(this_cpu(), pt))
		flush_here(va, pages);
	if (cpu_count > 1)
		ask_others(pt, va, pages);
}

void arch_cpu_attend(const struct cpu *cpu)
{
	apic_send(cpu->apic_id, VECTOR_ATTEND);
}

void arch_stop_others(void)
{
	apic_stop_others();
}
