/*
 * System calls, and every way out of the kernel; trap_entry.S has the other ways in. One kernel stack per CPU, empty
 * whenever user mode or the idle loop runs: an entry saves the registers into the current thread, calls C, which takes
 * the kernel lock, and leaves through arch_return_to_user for whoever is current by then.
 *
 * While a SYSCALL entry saves registers, rsp is the current thread's address: struct thread begins with
 * its registers, and nothing uses the stack until then (NMI, double fault and machine check have their own).
 * User GS bases live in MSR_KERNEL_GS_BASE while the kernel runs; FS bases stay where they are.
 */
#include "arch/x86_64/entry_macros.h"
#include "arch/x86_64/layout.h"

#define SYS_IPC_CALL 0
#define SYS_IPC_REPLY_RECEIVE 3
#define SYS_ENTER 4
#define GUEST_END 0x00007ffffffff000
#define TRAP_SYSCALL 1
#define RFLAGS_UNUSUAL ~(RFLAGS_USER & ~RFLAGS_TF) /* bits that sysret cannot or may not set */

	.section .text.entry, "ax"

/* --- SYSCALL --- */
	.globl syscall_entry, syscall_entry_plain
	.balign 64
syscall_entry:
	swapgs
	movq %rsp, %gs:CPU_SCRATCH
	movq %gs:CPU_CURRENT, %rsp
	cmpl $0, THREAD_MODE(%rsp)
	jne guest_syscall
	cmpl $SYS_ENTER, %eax
	je enter_fast
	testl %eax, %eax
	jz ipc_call_short
	cmpl $SYS_IPC_REPLY_RECEIVE, %eax
	je ipc_reply_receive_short

native_syscall:
	movq %rax, REG_RAX(%rsp)
	movq %rdi, REG_RDI(%rsp)
	save_all %rsp
	movq %rcx, REG_RIP(%rsp)
	movq %r11, REG_RFLAGS(%rsp)
	movq %rsp, %rdi
	movq %gs:CPU_SCRATCH, %rcx
	movq %rcx, REG_RSP(%rdi)
	movb $0, THREAD_NEEDS_IRET(%rdi)
	movq %gs:CPU_KERNEL_STACK, %rsp
native_dispatch:			/* rdi = thread */
	call syscall_dispatch

/*
 * Every way out but those of the short cuts. The kernel stack is empty. Native code lies in the upper half and above nothing
 * that is not canonical, so a rip that SYSCALL has saved is one that SYSRET takes. So is one below GUEST_END, where a
 * monitor that shares its guest's root may have been led.
 */
leave:
	cmpl $0, %gs:CPU_PENDING
	je 1f
	call schedule_if_needed
1:	movl %gs:CPU_KERNEL_MODE, %eax
	movl $KERNEL_MODE_OUT, %gs:CPU_KERNEL_MODE
	cmpl $KERNEL_MODE_EXCLUSIVE, %eax
	jne 2f
	movl $0, kernel_lock_taken	/* after the mode: the next to have it must see that we are out */
2:	movq %gs:CPU_CURRENT, %rdi
	testq %rdi, %rdi
	jz leave_idle
	cmpl $0, THREAD_MODE(%rdi)
	jne leave_guest
	movq THREAD_NATIVE_ROOT(%rdi), %rax
	load_root %rax
	cmpb $0, THREAD_NEEDS_IRET(%rdi)
	jne leave_iret
	movq REG_RIP(%rdi), %rcx
	movq REG_RFLAGS(%rdi), %r11
	movq REG_RSP(%rdi), %rsp
	movq REG_RAX(%rdi), %rax
	load_all %rdi
	movq REG_RDI(%rdi), %rdi
	swapgs
	sysretq

/*
 * A call or reply that may switch at once (ipc_fast.c). Words 4 to 7 stay in r12 to r15, which C preserves, the others on
 * the stack; the thread gets only what it goes on with: rip, rflags, rsp and rbp. Its rbx is 0, as that of all who wait
 * without a deadline.
 */
	.macro ipc_short number, function
	testq %rbx, %rbx
	jnz native_syscall
	movq %rcx, REG_RIP(%rsp)
	movq %r11, REG_RFLAGS(%rsp)
	movq %rbp, REG_RBP(%rsp)
	movq %rsp, %rbx
	movq %gs:CPU_SCRATCH, %rcx
	movq %rcx, REG_RSP(%rbx)
	movb $0, THREAD_NEEDS_IRET(%rbx)
	movq %gs:CPU_KERNEL_STACK, %rsp
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %r8
	pushq %r9
	pushq %r10
	movq %rdi, %rdx
	movq %rbx, %rdi
	call \function
	testq %rax, %rax
	jnz leave_with_message
	movl $\number, %eax
	jmp ipc_general
	.endm

ipc_call_short:
	ipc_short SYS_IPC_CALL, ipc_call_fast
ipc_reply_receive_short:
	ipc_short SYS_IPC_REPLY_RECEIVE, ipc_reply_receive_fast

/* Out to the thread in rax, with the badge in rdx. Nothing can be pending: the fast paths looked. It waited in a system
 * call of its own, so it can be left for by sysret, and to where it came from. */
leave_with_message:
	movq %rdx, %rdi
	popq %r10
	popq %r9
	popq %r8
	popq %rdx
	popq %rsi
	movq THREAD_NATIVE_ROOT(%rax), %rcx
	load_root %rcx
	movl $KERNEL_MODE_OUT, %gs:CPU_KERNEL_MODE
	movq REG_RIP(%rax), %rcx
	movq REG_RFLAGS(%rax), %r11
	movq REG_RBP(%rax), %rbp
	movq REG_RSP(%rax), %rsp
	xorl %ebx, %ebx
	xorl %eax, %eax
	swapgs
	sysretq

/* The fast path changed nothing: the thread in rbx gets the rest of its registers, if it has not been ended meanwhile. */
ipc_general:
	cmpq %rbx, %gs:CPU_CURRENT
	jne leave
	movq %rax, REG_RAX(%rbx)
	movq $0, REG_RBX(%rbx)
	popq REG_R10(%rbx)
	popq REG_R9(%rbx)
	popq REG_R8(%rbx)
	popq REG_RDX(%rbx)
	popq REG_RSI(%rbx)
	popq REG_RDI(%rbx)
	movq %r12, REG_R12(%rbx)
	movq %r13, REG_R13(%rbx)
	movq %r14, REG_R14(%rbx)
	movq %r15, REG_R15(%rbx)
	movq %rbx, %rdi
	jmp native_dispatch

/*
 * A guest's system call, straight to its monitor: the registers go to the state page, enter returns 0.
 * The monitor's stub expects nothing but rsp to survive, so nothing else is restored.
 */
guest_syscall:
	cmpl THREAD_WORD_CALL(%rsp), %eax
	je guest_syscall_in_c
	movq %rax, %gs:CPU_SCRATCH1
	movq THREAD_STATE(%rsp), %rax
	save_all %rax
	movq %rdi, REG_RDI(%rax)
	movq %rcx, REG_RCX(%rax)
	movq %rcx, REG_RIP(%rax)
	movq %r11, REG_R11(%rax)
	movq %r11, REG_RFLAGS(%rax)
	movq %gs:CPU_SCRATCH1, %rcx
	movq %rcx, REG_RAX(%rax)
	movq %gs:CPU_SCRATCH, %rcx
	movq %rcx, REG_RSP(%rax)
	rdfsbase %rcx
	movq %rcx, REG_FS_BASE(%rax)
	movl $TRAP_SYSCALL, STATE_TRAP(%rax)
	movl $0, THREAD_MODE(%rsp)
	movq THREAD_NATIVE_ROOT(%rsp), %rcx
	load_root %rcx
	movq REG_RIP(%rsp), %rcx
	movq REG_RSP(%rsp), %rsp
	movl $RFLAGS_PLAIN, %r11d
	swapgs
	rdgsbase %rdx
	movq %rdx, REG_GS_BASE(%rax)
	xorl %edx, %edx
	xorl %eax, %eax
	sysretq

/*
 * enter, when nothing is unusual: rip and flags as SYSRET can set them, FS and GS bases as they are in the
 * CPU. All else, a latched kick included, takes the way through syscall_dispatch and arch_guest_load. No
 * rescheduling can be pending here: the last way out of the kernel settled it, and other CPUs send an
 * interrupt with theirs. Each word of the state page is read once, since the monitor's other threads can write to it.
 */
enter_fast:
	movq THREAD_GUEST_ROOT(%rsp), %rdx
	movq %rcx, REG_RIP(%rsp)
	movq %gs:CPU_SCRATCH, %rcx
	movq %rcx, REG_RSP(%rsp)
	testq %rdx, %rdx
	jz enter_slow
	cmpl $0, THREAD_KICKED(%rsp)
	jne enter_slow
	movq THREAD_STATE(%rsp), %rax
	movq REG_RIP(%rax), %rcx
	movabsq $GUEST_END, %r8
	cmpq %r8, %rcx
	jae enter_slow
	cmpq REG_RCX(%rax), %rcx
	jne enter_slow
	movq REG_RFLAGS(%rax), %r11
	cmpq REG_R11(%rax), %r11
	jne enter_slow
	movq %r11, %r8
	andq $RFLAGS_UNUSUAL, %r8
	cmpq $RFLAGS_PLAIN, %r8
	jne enter_slow
	rdfsbase %r8
	cmpq REG_FS_BASE(%rax), %r8
	jne enter_slow
	load_root %rdx
	swapgs				/* from here on GS is the guest's */
	rdgsbase %r8
	cmpq REG_GS_BASE(%rax), %r8
	jne enter_other_gs
	incq THREAD_ENTERS(%rsp)
	movl $1, THREAD_MODE(%rsp)
	movq REG_RSP(%rax), %rsp
	movq REG_RDI(%rax), %rdi
	load_all %rax
	movq REG_RAX(%rax), %rax
	sysretq

enter_other_gs:
	swapgs
	movq THREAD_NATIVE_ROOT(%rsp), %rdx
	load_root %rdx
enter_slow:
	movq $SYS_ENTER, REG_RAX(%rsp)
	movq $RFLAGS_PLAIN, REG_RFLAGS(%rsp)
	movb $0, THREAD_NEEDS_IRET(%rsp)
	movq %rsp, %rdi
	movq %gs:CPU_KERNEL_STACK, %rsp
	jmp native_dispatch

/* The entry for CPUs without FSGSBASE: no short cuts. */
	.balign 16
syscall_entry_plain:
	swapgs
	movq %rsp, %gs:CPU_SCRATCH
	movq %gs:CPU_CURRENT, %rsp
	cmpl $0, THREAD_MODE(%rsp)
	je native_syscall
guest_syscall_in_c:
	addq $THREAD_GUEST, %rsp
	movq %rax, REG_RAX(%rsp)
	movq %rdi, REG_RDI(%rsp)
	save_all %rsp
	movq %rcx, REG_RCX(%rsp)
	movq %rcx, REG_RIP(%rsp)
	movq %r11, REG_R11(%rsp)
	movq %r11, REG_RFLAGS(%rsp)
	leaq -THREAD_GUEST(%rsp), %rdi
	movq %gs:CPU_SCRATCH, %rax
	movq %rax, REG_RSP + THREAD_GUEST(%rdi)
	movq %gs:CPU_KERNEL_STACK, %rsp
	call trap_guest_syscall
	jmp leave

/* --- other ways out --- */
	.globl arch_return_to_user, leave
arch_return_to_user:
	movq %gs:CPU_KERNEL_STACK, %rsp
	jmp leave

leave_idle:
	sti
	hlt
	cli
	jmp arch_return_to_user

leave_guest:
	movq THREAD_GUEST_ROOT(%rdi), %rax
	load_root %rax
	addq $THREAD_GUEST, %rdi
leave_iret:				/* rdi = registers to load */
	movq REG_RIP(%rdi), %rax
	movq %rax, %rcx
	sarq $47, %rcx
	incq %rcx			/* 0 or 1 when the address is canonical; iretq would fault in the kernel */
	cmpq $1, %rcx
	ja leave_bad_rip
	pushq $SEL_USER_DATA
	pushq REG_RSP(%rdi)
	pushq REG_RFLAGS(%rdi)
	pushq $SEL_USER_CODE
	pushq %rax
	movq REG_RAX(%rdi), %rax
	movq REG_RCX(%rdi), %rcx
	movq REG_R11(%rdi), %r11
	load_all %rdi
	movq REG_RDI(%rdi), %rdi
	swapgs
	iretq

leave_bad_rip:
	call trap_bad_rip
	jmp leave

	.section .note.GNU-stack, "", @progbits
