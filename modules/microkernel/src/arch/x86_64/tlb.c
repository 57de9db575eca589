/*
 * Which root is loaded, and what of others may be cached. Kernel entries are global and change once, at the end of boot.
 *
 * Without PCIDs the TLB holds only what the loaded root shows. With PCIDs what was loaded earlier stays, under the number
 * of its root, and is of use when the root comes back. So a tree knows the CPUs that may hold something of it (cpus):
 * those that one of its threads has been on. A thread's CPU gets its bit when the thread moves there or changes its trees,
 * before it runs: entry.S loads roots without a look at anything. tlb_flush.c asks these CPUs.
 *
 * A root without a PCID of its own uses number 0 and is loaded without CR3_KEEP, which drops all of that number.
 */
#include "arch/x86_64/tlb.h"
#include <stddef.h>
#include "thread.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"

static void write_root(struct cpu *cpu, cr3_t root)
{
	__atomic_store_n(&cpu->loaded_root.value, root.value, __ATOMIC_RELEASE);
	cr3_write(root.value);
	cpu->root_writes++;
}

static void load_root(cr3_t root)
{
	struct cpu *cpu = this_cpu();

	if (cpu->loaded_root.value != root.value)
		write_root(cpu, root);
}

static void derive_roots(struct thread_arch *arch)
{
	const struct pagetable *space = arch->space_pt;

	arch->native_root = space ? space->monitor_cr3 : arch->native_pt->cr3;
	arch->guest_root = space && arch->state && arch->fpu ? space->cr3 : (cr3_t){0};
}

static void note_cpu(struct pagetable *pt, unsigned cpu)
{
	if (pt && !(__atomic_load_n(&pt->cpus, __ATOMIC_RELAXED) >> cpu & 1))
		__atomic_fetch_or(&pt->cpus, 1u << cpu, __ATOMIC_RELAXED);
}

/* CPUs that share the kernel lock may do this at once; who flushes has it exclusively, and so sees all of it. */
void pt_thread_moved(const struct thread *thread)
{
	if (!cpu_features.has_pcid)
		return;
	note_cpu(thread->arch.native_pt, thread->cpu);
	note_cpu(thread->arch.space_pt, thread->cpu);
}

void tlb_load_mode(const struct thread *thread)
{
	const struct thread_arch *arch = &thread->arch;

	if (thread != cpu_current())
		return;
	this_cpu()->loaded_native = arch->native_pt;
	load_root(arch->mode == MODE_GUEST ? arch->guest_root : arch->native_root);
}

void pt_activate_thread(struct thread *thread)
{
	derive_roots(&thread->arch);
	pt_thread_moved(thread);
	tlb_load_mode(thread);
}

/* The way out may load a root with the current thread's window. */
void tlb_leave_root(void)
{
	struct cpu *cpu = this_cpu();

	cpu->loaded_native = cpu->current ? cpu->current->arch.native_pt : NULL;
	load_root((cr3_t){kernel_root.value});
}

RARELY_CALLED void tlb_reload_root(struct cpu *cpu)
{
	write_root(cpu, cpu->loaded_root);
}

/* It may idle already: then it stays stale if it is. */
void tlb_enter_idle(void)
{
	struct cpu *cpu = this_cpu();

	cpu->loaded_native = NULL;
	load_root((cr3_t){kernel_root.value});
	if (cpu->tlb_state == TLB_IN_USE)
		cpu->tlb_state = TLB_IDLE;
}

/* Before a root with a PCID of its own is loaded. */
void tlb_leave_idle(void)
{
	struct cpu *cpu = this_cpu();

	if (cpu->tlb_state == TLB_STALE)
		invpcid(INVPCID_EVERY, 0, 0);
	cpu->tlb_state = TLB_IN_USE;
}
