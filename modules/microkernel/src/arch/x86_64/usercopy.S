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

/* int64_t userload(const uint32_t *from): the word by one access, or a status. */
userload:
7:	movl (%rdi), %eax
8:	ret

userload_smap:
	stac
9:	movl (%rdi), %eax
10:	clac
	ret

	.section .fixups, "a"
	.quad 1b, 3b, 2b, 3b, 4b, 6b, 5b, 6b, 7b, 8b, 9b, 10b

	.section .note.GNU-stack, "", @progbits
