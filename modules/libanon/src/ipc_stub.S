/*
 * The IPC system calls and enter, whose registers differ from all others (abi.h):
 *   in   rax number   rdi endpoint | reply << 32   rsi tag   rbx deadline   words rdx r8 r9 r10 r12-r15
 *   out  rax status   rdi badge                    rsi tag                  words as in
 * rcx and r11 are lost. enter returns with nothing but rsp preserved.
 *
 * status_t ipc_transfer(uint64_t number, uint64_t handles, struct ipc_message *m, uint64_t deadline);
 * status_t ipc_send(uint64_t number, uint64_t handles, const struct ipc_message *m);
 * status_t enter(void);
 *
 * struct ipc_message: tag at 0, words from 8, badge at 72; ipc.c asserts it.
 */
	.macro save_registers
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	.endm

	.macro restore_registers
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	.endm

/* rdi number, rsi handles, rdx message: into place. */
	.macro load_message
	movq %rdi, %rax
	movq %rsi, %rdi
	movq %rdx, %r11
	movq (%r11), %rsi
	movq 8(%r11), %rdx
	movq 16(%r11), %r8
	movq 24(%r11), %r9
	movq 32(%r11), %r10
	movq 40(%r11), %r12
	movq 48(%r11), %r13
	movq 56(%r11), %r14
	movq 64(%r11), %r15
	.endm

	.section .text.ipc_transfer, "ax"
	.globl ipc_transfer
	.hidden ipc_transfer
	.type ipc_transfer, @function
ipc_transfer:
	save_registers
	pushq %rdx
	movq %rcx, %rbx
	load_message
	syscall
	popq %rcx
	movq %rsi, (%rcx)
	movq %rdx, 8(%rcx)
	movq %r8, 16(%rcx)
	movq %r9, 24(%rcx)
	movq %r10, 32(%rcx)
	movq %r12, 40(%rcx)
	movq %r13, 48(%rcx)
	movq %r14, 56(%rcx)
	movq %r15, 64(%rcx)
	movq %rdi, 72(%rcx)
	restore_registers
	ret
	.size ipc_transfer, . - ipc_transfer

	.section .text.ipc_send, "ax"
	.globl ipc_send
	.hidden ipc_send
	.type ipc_send, @function
ipc_send:
	save_registers
	xorl %ebx, %ebx
	load_message
	syscall
	restore_registers
	ret
	.size ipc_send, . - ipc_send

	.section .text.enter, "ax"
	.globl enter
	.hidden enter
	.type enter, @function
enter:
	save_registers
	movl $4, %eax
	syscall
	restore_registers
	ret
	.size enter, . - enter

	.section .note.GNU-stack, "", @progbits
