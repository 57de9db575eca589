/*
 * Which root a CPU has loaded and what its TLB holds, as far as arch.h does not say it.
 */
#pragma once
#include "cpu.h"
#include "rare_call.h"
#include "arch/x86_64/pte.h"

/* Changes with the kernel lock exclusive only. */
enum tlb_state {
	TLB_IN_USE,
	TLB_IDLE,  /* kernel_root is loaded until tlb_leave_idle */
	TLB_STALE, /* the same, and the TLB missed a flush */
};

/* The CPU idles, and goes on. Only where there are others. */
void tlb_enter_idle(void);
void tlb_leave_idle(void);
/* The thread's mode has changed: if it is current, the root for that is loaded. */
void tlb_load_mode(const struct thread *thread);
/* Loads kernel_root, since what is loaded dies. */
void tlb_leave_root(void);
/* Loads the same root once more, for the flush that this is without PCIDs. */
RARELY_CALLED void tlb_reload_root(struct cpu *cpu);

/* The tree is loaded there, or its window is part of what is loaded. */
static inline bool tlb_shows(const struct cpu *cpu, const struct pagetable *pt)
{
	uint64_t root = __atomic_load_n(&cpu->loaded_root.value, __ATOMIC_ACQUIRE) & PTE_ADDRESS;

	return root == pt->root.value || root == pt->monitor_root.value ||
	       pt == __atomic_load_n(&cpu->loaded_native, __ATOMIC_ACQUIRE);
}

/* A few pages of the kernel's half, which are global, on all CPUs. */
void tlb_flush_kernel(uint64_t va, uint64_t pages);
/* Takes the tree, on which no thread runs, off all CPUs, with all that they hold of it. */
void pt_unload(struct pagetable *pt);
