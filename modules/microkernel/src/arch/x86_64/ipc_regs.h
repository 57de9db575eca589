/*
 * Where a message lies in a thread's saved registers (abi.h, IPC).
 */
#pragma once
#include "thread.h"

static inline handle_t ipc_endpoint_of(uint64_t handles)
{
	return (handle_t){(uint32_t)handles};
}
static inline handle_t ipc_reply_of(uint64_t handles)
{
	return (handle_t){(uint32_t)(handles >> 32)};
}
static inline handle_t ipc_regs_endpoint(const struct thread *thread)
{
	return ipc_endpoint_of(thread->arch.regs.rdi);
}
static inline handle_t ipc_regs_reply(const struct thread *thread)
{
	return ipc_reply_of(thread->arch.regs.rdi);
}
static inline uint64_t ipc_regs_tag(const struct thread *thread)
{
	return thread->arch.regs.rsi;
}
static inline uint64_t ipc_regs_deadline(const struct thread *thread)
{
	return thread->arch.regs.rbx;
}
/* Words 6 and 7 carry handle numbers when handles travel. */
static inline uint64_t ipc_regs_word6(const struct thread *thread)
{
	return thread->arch.regs.r14;
}
static inline uint64_t ipc_regs_word7(const struct thread *thread)
{
	return thread->arch.regs.r15;
}
static inline void ipc_regs_set_handles(struct thread *thread, uint64_t word6, uint64_t word7)
{
	thread->arch.regs.r14 = word6;
	thread->arch.regs.r15 = word7;
}

static inline void ipc_regs_copy(const struct guest_registers *f, struct thread *to, uint64_t tag,
                                 uint64_t badge)
{
	struct guest_registers *t = &to->arch.regs;

	t->rax = 0;
	t->rdi = badge;
	t->rsi = tag;
	t->rdx = f->rdx;
	t->r8 = f->r8;
	t->r9 = f->r9;
	t->r10 = f->r10;
	t->r12 = f->r12;
	t->r13 = f->r13;
	t->r14 = f->r14;
	t->r15 = f->r15;
}

/* A message of the kernel's own: up to three words. */
static inline void ipc_regs_set(struct thread *to, uint64_t tag, uint64_t badge, uint64_t w0,
                                uint64_t w1, uint64_t w2)
{
	struct guest_registers *t = &to->arch.regs;

	t->rax = 0;
	t->rdi = badge;
	t->rsi = tag;
	t->rdx = w0;
	t->r8 = w1;
	t->r9 = w2;
}
