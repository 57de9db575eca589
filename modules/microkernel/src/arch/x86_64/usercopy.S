/*
 * The only code that touches user memory (SMAP is lifted nowhere else). A fault within continues at the
 * fix-up with the status in rax; .fixups lists (instruction, continuation) pairs for trap.c.
 */
	.text
	.globl usercopy, usercopy_smap, userload, userload_smap

/* status_t usercopy(void *to, const void *from, uint64_t len), for CPUs without SMAP. */
usercopy:
	movq %rdx, %rcx
	shrq $3, %rcx
1:	rep movsq
	movl %edx, %ecx
	andl $7, %ecx
2:	rep movsb
	xorl %eax, %eax
3:	ret

usercopy_smap:
	stac
	movq %rdx, %rcx
	shrq $3, %rcx
4:	rep movsq
	movl %edx, %ecx
	andl $7, %ecx
5:	rep movsb
	xorl %eax, %eax
6:	clac
	ret

/* status_t userload(uint32_t *to, const uint32_t *from): one access, which nothing can come between. */
userload:
	xorl %eax, %eax
7:	movl (%rsi), %ecx
	movl %ecx, (%rdi)
8:	ret

userload_smap:
	stac
	xorl %eax, %eax
9:	movl (%rsi), %ecx
	movl %ecx, (%rdi)
10:	clac
	ret

	.section .fixups, "a"
	.quad 1b, 3b, 2b, 3b, 4b, 6b, 5b, 6b, 7b, 8b, 9b, 10b

	.section .note.GNU-stack, "", @progbits
