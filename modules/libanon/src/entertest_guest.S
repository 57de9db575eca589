/*
 * Code that entertest runs as a guest. It is copied to a space and never runs where it is linked, so it must
 * not refer to anything by address. System calls come back as traps with what is in rax.
 */
	.section .rodata
	.balign 4096
	.globl guest_start, guest_end
	.globl guest_ping, guest_syscall_flags, guest_read_fs, guest_write_fs, guest_write_gs, guest_load
	.globl guest_store, guest_jump, guest_undefined, guest_divide, guest_breakpoint, guest_privileged
	.globl guest_spin, guest_hold_xmm, guest_read_xmm, guest_count, guest_returns, guest_calls
guest_start:

guest_ping:
1:	syscall
	jmp 1b

guest_syscall_flags:		/* DF, AC and NT must not reach the kernel */
	pushq $0x44602
	popfq
	syscall
	cld
	pushq $0x2
	popfq
	syscall

guest_read_fs:
	rdfsbase %rdi
	rdgsbase %rsi
	syscall

guest_write_fs:
	wrfsbase %rdi
	syscall
	rdfsbase %rdi
	syscall

guest_write_gs:
	wrgsbase %rdi
	syscall
	rdgsbase %rdi
	syscall

guest_load:			/* rdi = address */
	movq (%rdi), %rax
	syscall

guest_store:
	movq %rax, (%rdi)
	syscall

guest_jump:
	jmp *%rdi

guest_returns:			/* a function, for whoever calls it */
	leaq 1(%rdi), %rax
	ret

guest_calls:			/* the same, with a system call of the kernel's if a monitor calls it */
	movl %edi, %eax
	movl %esi, %edi
	syscall
	ret

guest_undefined:
	ud2

guest_divide:
	xorl %ecx, %ecx
	divl %ecx

guest_breakpoint:
	int3
	syscall

guest_privileged:
	cli

guest_spin:			/* until it is kicked; counts in rbx */
	incq %rbx
	jmp guest_spin

guest_hold_xmm:			/* rdi rounds: xmm0 and st(0) must stay what they are; rax = mismatches */
	movq %rsi, %xmm0
	movq %rsi, %xmm15
	fninit
	pushq %rsi
	fildll (%rsp)
	xorl %eax, %eax
1:	movq %xmm0, %rdx
	cmpq %rdx, %rsi
	je 2f
	incq %rax
2:	movq %xmm15, %rdx
	cmpq %rdx, %rsi
	je 3f
	incq %rax
3:	decq %rdi
	jnz 1b
	fistpll (%rsp)
	popq %rdx
	cmpq %rdx, %rsi
	je 4f
	incq %rax
4:	syscall

guest_read_xmm:			/* rdi -> xmm1, report, then report xmm1 as it is by then */
	movq %rdi, %xmm1
	syscall
	movq %xmm1, %rdi
	syscall

guest_count:			/* rdi system calls, back to back */
	movl $39, %eax
1:	syscall
	decq %rdi
	jnz 1b
	movl $40, %eax
	syscall
guest_end:

	.section .note.GNU-stack, "", @progbits
