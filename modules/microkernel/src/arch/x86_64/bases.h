/*
 * User mode's FS and GS bases. With FSGSBASE user mode changes them without telling, so what the CPU holds is
 * the truth for its current thread; the others' are in struct thread_arch. User GS is in MSR_KERNEL_GS_BASE
 * while the kernel runs, and SWAPGS with WRGSBASE is the quick way to it.
 */
#pragma once
#include "thread.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"

struct segment_bases {
	uint64_t fs, gs;
};

struct segment_bases bases_get(const struct thread *thread);
void bases_set(struct thread *thread, struct segment_bases bases); /* both canonical */

/* What the CPU holds. */
static inline struct segment_bases bases_read(void)
{
	struct segment_bases b;

	if (!cpu_features.has_fsgsbase)
		return (struct segment_bases){msr_read(MSR_FS_BASE), msr_read(MSR_KERNEL_GS_BASE)};
	__asm__ volatile("rdfsbase %0\n\t"
	                 "swapgs\n\t"
	                 "rdgsbase %1\n\t"
	                 "swapgs"
	                 : "=&r"(b.fs), "=r"(b.gs));
	return b;
}

static inline void bases_write(struct segment_bases b)
{
	if (!cpu_features.has_fsgsbase) {
		msr_write(MSR_FS_BASE, b.fs);
		msr_write(MSR_KERNEL_GS_BASE, b.gs);
		return;
	}
	__asm__ volatile("wrfsbase %0\n\t"
	                 "swapgs\n\t"
	                 "wrgsbase %1\n\t"
	                 "swapgs"
	                 :
	                 : "r"(b.fs), "r"(b.gs));
}

/* The thread leaves this CPU. */
static inline void bases_save(struct thread *thread)
{
	struct segment_bases b = bases_read();

	thread->arch.fs_base = b.fs;
	thread->arch.gs_base = b.gs;
}

/* It comes to this CPU. */
static inline void bases_load(const struct thread *thread)
{
	bases_write((struct segment_bases){thread->arch.fs_base, thread->arch.gs_base});
}
