/*
 * The end of a thread. Once *rdi is 1 the stack may be freed or used again by another thread at any moment,
 * so from that store on nothing here touches it.
 *
 * void thread_leave(uint32_t *is_gone) __attribute__((noreturn));
 */
#define SYS_THREAD_EXIT 43
#define SYS_WORD_WAKE   131

	.section .text.thread_leave, "ax"
	.globl thread_leave
	.hidden thread_leave
	.type thread_leave, @function
thread_leave:
	movq %rdi, %rsi
	movl $1, (%rsi)
	/* word_wake(none, address, all, every bit); the word may be gone already, which is no matter. */
	xorl %edi, %edi
	movl $-1, %edx
	movl $-1, %r10d
	movl $SYS_WORD_WAKE, %eax
	syscall
	movl $SYS_THREAD_EXIT, %eax
	syscall
	ud2
	.size thread_leave, . - thread_leave

	.section .note.GNU-stack, "", @progbits
