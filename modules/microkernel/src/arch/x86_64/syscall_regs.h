/*
 * Where system-call numbers and arguments lie in a thread's saved registers (syscalls.tbl), and in its guest's.
 */
#pragma once
#include "thread.h"

static inline uint64_t syscall_regs_number(const struct thread *thread)
{
	return thread->arch.regs.rax;
}

static inline uint64_t syscall_regs_first(const struct thread *thread)
{
	return thread->arch.regs.rdi;
}
static inline uint64_t syscall_regs_second(const struct thread *thread)
{
	return thread->arch.regs.rsi;
}
static inline uint64_t syscall_regs_third(const struct thread *thread)
{
	return thread->arch.regs.rdx;
}

/* arch_set_result, inline. */
static inline void syscall_regs_set_result(struct thread *thread, status_t status, uint64_t value)
{
	thread->arch.regs.rax = (uint64_t)(int64_t)status;
	thread->arch.regs.rdx = value;
}

static inline void regs_args(const struct guest_registers *r, uint64_t args[6])
{
	args[0] = r->rdi;
	args[1] = r->rsi;
	args[2] = r->rdx;
	args[3] = r->r10;
	args[4] = r->r8;
	args[5] = r->r9;
}

static inline void syscall_regs_args(const struct thread *thread, uint64_t args[6])
{
	regs_args(&thread->arch.regs, args);
}

static inline void guest_regs_args(const struct thread *thread, uint64_t args[6])
{
	regs_args(&thread->arch.guest, args);
}

static inline void guest_regs_set_result(struct thread *thread, uint64_t value)
{
	thread->arch.guest.rax = value;
}
