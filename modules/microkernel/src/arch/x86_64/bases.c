/*
 * User mode's FS and GS bases. With FSGSBASE user mode changes them without telling, so what the CPU holds is
 * the truth for its current thread; the others' are in struct thread_arch. User GS is in MSR_KERNEL_GS_BASE
 * while the kernel runs, and SWAPGS with WRGSBASE is the quick way to it.
 */
#include "arch/x86_64/bases.h"
#include "cpu.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"

static struct segment_bases read_cpu(void)
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

static void write_cpu(struct segment_bases b)
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

struct segment_bases bases_get(const struct thread *thread)
{
	if (thread == cpu_current())
		return read_cpu();
	return (struct segment_bases){thread->arch.fs_base, thread->arch.gs_base};
}

void bases_set(struct thread *thread, struct segment_bases bases)
{
	thread->arch.fs_base = bases.fs;
	thread->arch.gs_base = bases.gs;
	if (thread == cpu_current())
		write_cpu(bases);
}

void bases_save(struct thread *thread)
{
	struct segment_bases bases = read_cpu();

	thread->arch.fs_base = bases.fs;
	thread->arch.gs_base = bases.gs;
}

void bases_load(const struct thread *thread)
{
	write_cpu((struct segment_bases){thread->arch.fs_base, thread->arch.gs_base});
}
