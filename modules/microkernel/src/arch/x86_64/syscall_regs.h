/*
 * Where system-call numbers and arguments lie in a thread's saved registers (syscalls.tbl).
 */
#pragma once
#include "thread.h"

static inline uint64_t syscall_regs_number(const struct thread *thread)
{
	return thread->arch.regs.rax;
}

static inline void syscall_regs_args(const struct thread *thread, uint64_t args[6])
{
	const struct guest_registers *r = &thread->arch.regs;

	args[0] = r->rdi;
	args[1] = r->rsi;
	args[2] = r->rdx;
	args[3] = r->r10;
	args[4] = r->r8;
	args[5] = r->r9;
}
