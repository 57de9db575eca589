/*
 * From one thread to another (arch/switch.h). The direct switch is for CPUs with FSGSBASE: entry.S leaves all else to the
 * general paths.
 */
#pragma once
#include "cpu.h"
#include "rare_call.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/speculation.h"

/* For threads of which one has FPU state. */
RARELY_CALLED void arch_fpu_switch(struct thread *from, struct thread *to);
/* arch_thread_switch, for CPUs without FSGSBASE. */
RARELY_CALLED void arch_thread_switch_plain(struct thread *from, struct thread *to);

/* User mode's GS base is behind SWAPGS, and mostly the same for both: native programs have no use for it. */
static inline void switch_gs_base(struct thread *from, const struct thread *to)
{
	__asm__ volatile("swapgs\n\t"
	                 "rdgsbase %0\n\t"
	                 "cmpq %0, %1\n\t"
	                 "je 1f\n\t"
	                 "wrgsbase %1\n"
	                 "1:\tswapgs"
	                 : "=&r"(from->arch.gs_base)
	                 : "r"(to->arch.gs_base)
	                 : "cc");
}

static inline void switch_fs_base(struct thread *from, const struct thread *to)
{
	__asm__ volatile("rdfsbase %0" : "=r"(from->arch.fs_base));
	__asm__ volatile("wrfsbase %0" : : "r"(to->arch.fs_base));
}

/* All that another CPU needs to go on with `from` is in its place afterwards. */
static inline void arch_thread_switch_direct(struct cpu *cpu, struct thread *from,
                                             struct thread *to)
{
	switch_fs_base(from, to);
	switch_gs_base(from, to);
	if ((uint64_t)from->arch.fpu | (uint64_t)to->arch.fpu)
		RARE_CALL_2(arch_fpu_switch, from, to);
	if (cpu_features.has_branch_barrier)
		RARE_CALL_1(speculation_enter_domain, to);
	cpu->loaded_native = to->arch.native_pt;
}

static inline void arch_thread_switch_any(struct cpu *cpu, struct thread *from, struct thread *to)
{
	if (__builtin_expect(cpu_features.has_fsgsbase, true))
		arch_thread_switch_direct(cpu, from, to);
	else
		RARE_CALL_2(arch_thread_switch_plain, from, to);
}

static inline uint64_t arch_ticks(const struct cpu *cpu)
{
	return rdtsc() + cpu->clock_offset;
}
