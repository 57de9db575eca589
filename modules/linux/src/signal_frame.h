/*
 * What a signal handler finds on its stack on x86_64: return address, ucontext, siginfo, and above them
 * the FPU state in XSAVE layout. The layout is the one glibc, musl and gdb know.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <base/assert.h>
#include "signal.h"

struct linux_sigcontext {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	uint16_t cs, gs, fs, ss;
	uint64_t error, trap_number, old_mask, cr2;
	uint64_t fpstate;
	uint64_t reserved[8];
};
STATIC_ASSERT(sizeof(struct linux_sigcontext) == 256);

#define UC_FP_XSTATE 1u
#define UC_SIGCONTEXT_SS 2u
#define UC_STRICT_RESTORE_SS 4u
struct linux_ucontext {
	uint64_t flags;
	uint64_t link;
	struct linux_stack stack;
	struct linux_sigcontext context;
	sigset_t64 mask;
};
STATIC_ASSERT(sizeof(struct linux_ucontext) == 304);

struct signal_frame {
	uint64_t return_address;
	struct linux_ucontext uc;
	struct linux_siginfo info;
};
STATIC_ASSERT(sizeof(struct linux_siginfo) == 128);
STATIC_ASSERT(sizeof(struct signal_frame) == 440);

/* The software-reserved bytes of the FXSAVE area say how long the XSAVE area is. */
#define FPU_SOFTWARE_OFFSET 464
#define FPU_LEGACY_BYTES 512
#define FPU_HEADER_BYTES 64 /* behind it in an XSAVE area; all but its first word 0 */
#define FPU_MAGIC1 0x46505853u
#define FPU_MAGIC2 0x46505845u
struct fpu_software {
	uint32_t magic1;
	uint32_t extended_size; /* XSAVE area and magic2 behind it */
	uint64_t features;
	uint32_t state_size; /* XSAVE area */
	uint32_t padding[7];
};
STATIC_ASSERT(sizeof(struct fpu_software) == 48);

/* Where the parts of a frame lie, below `sp`: pure arithmetic, tested on the host. */
struct frame_place {
	uint64_t frame; /* rsp in the handler; 16n + 8, as after a call */
	uint64_t fpu;   /* 64-byte aligned */
};
struct frame_place signal_frame_place(uint64_t sp, uint64_t fpu_bytes);

/* Whether sp lies on the alternate stack. */
bool signal_stack_holds(const struct linux_stack *stack, uint64_t sp);
#define SS_ONSTACK 1
#define SS_DISABLE 2
#define SS_AUTODISARM ((int32_t)0x80000000)

struct task;
/* Builds the frame on the guest's stack and points the registers at the handler; -EFAULT when it cannot. */
int64_t signal_frame_push(struct task *task, const struct linux_siginfo *info,
                          const struct linux_sigaction *action, sigset_t64 old_mask);
/* rt_sigreturn: everything back from the frame at rsp - 8. */
int64_t signal_frame_pop(struct task *task);
