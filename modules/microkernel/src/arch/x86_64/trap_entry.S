/*
 * Interrupts and exceptions. From user mode the registers go to the current thread, as for a system call, and
 * entry.S leaves for whoever is current afterwards. From kernel mode they go on the stack: the idle loop was
 * interrupted, or a copy touched a user page that is not there.
 */
#include "arch/x86_64/entry_macros.h"
#include "arch/x86_64/layout.h"

/* The upper part of struct trap_frame; then DF, AC, NT and TF of whoever was interrupted end. */
.macro push_frame
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rbx
	pushq %rbp
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq $RFLAGS_ALWAYS
	popfq
.endm

	.section .text.entry, "ax"
	.globl trap_stubs
	.balign 16
trap_stubs:				/* 16 bytes each, 256 of them */
.set vector, 0
.rept 256
	.balign 16
	.if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
	.else
	pushq $0
	.endif
	pushq $vector
	jmp trap_common
	.set vector, vector + 1
.endr

/* Stack: vector, error, rip, cs, rflags, rsp, ss. */
trap_common:
	testb $3, 24(%rsp)
	jz trap_in_kernel
	swapgs
	lfence				/* no speculation with the user's GS */
	movq %rax, %gs:CPU_SCRATCH
	movq %gs:CPU_CURRENT, %rax
	cmpl $0, THREAD_MODE(%rax)
	jne 1f
	movb $1, THREAD_NEEDS_IRET(%rax)
	jmp 2f
1:	addq $THREAD_GUEST, %rax
2:	movq %rdi, REG_RDI(%rax)
	save_all %rax
	movq %rcx, REG_RCX(%rax)
	movq %r11, REG_R11(%rax)
	movq %gs:CPU_SCRATCH, %rcx
	movq %rcx, REG_RAX(%rax)
	popq %rdi
	popq %rsi
	popq REG_RIP(%rax)
	movq 8(%rsp), %rcx
	movq %rcx, REG_RFLAGS(%rax)
	movq 16(%rsp), %rcx
	movq %rcx, REG_RSP(%rax)
	pushq $RFLAGS_ALWAYS		/* the user's DF, AC, NT and TF end here */
	popfq
	movq %gs:CPU_KERNEL_STACK, %rsp
	call trap_from_user
	jmp leave

/* From the idle loop, or a fault on user memory within a copy; anything else is a bug. */
trap_in_kernel:
	push_frame
	movq %rsp, %rdi
	movq %rsp, %rbp
	andq $-16, %rsp
	call trap_from_kernel
	movq %rbp, %rsp
	testb %al, %al			/* a bool: the rest of eax is anything */
	jnz arch_return_to_user		/* the idle loop was interrupted: it starts anew */
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rbp
	popq %rbx
	popq %rdx
	popq %rcx
	popq %rax
	addq $16, %rsp
	iretq

/*
 * NMI, double fault and machine check: on stacks of their own, with any GS. They never return, so GS is set
 * without looking. The CPU's address lies at the top of each of these stacks.
 */
	.globl trap_fatal_nmi, trap_fatal_double, trap_fatal_machine
trap_fatal_nmi:
	pushq $0
	pushq $2
	jmp trap_fatal
trap_fatal_double:
	pushq $8
	jmp trap_fatal
trap_fatal_machine:
	pushq $0
	pushq $18
trap_fatal:
	push_frame
	movq %rsp, %rdi
	movq TRAP_FRAME_BYTES(%rsp), %rax
	movq %rax, %rdx
	shrq $32, %rdx
	movl $0xc0000101, %ecx
	wrmsr
	andq $-16, %rsp
	call trap_fatal_stop
	ud2

	.section .note.GNU-stack, "", @progbits
