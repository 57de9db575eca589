/*
 * Where programs and threads begin. The first thread gets the start page's address in rdi on a stack whose
 * top is aligned to its size; THREAD_AREA bytes up there are left for struct anon_thread (thread_area.h).
 */
#include "thread_area.h"

	.section .text._start, "ax"
	.globl _start
	.hidden _start
	.type _start, @function
_start:
	xorl %ebp, %ebp
	/* rsp may be the very top, so look one byte below it. */
	leaq -1(%rsp), %rax
	orq $(THREAD_STACK_BYTES - 1), %rax
	leaq (1 - THREAD_AREA)(%rax), %rsp
	call start_main
	ud2
	.size _start, . - _start

/* rdi: the struct anon_thread; rsp: THREAD_AREA below the top. */
	.section .text.thread_entry, "ax"
	.globl thread_entry
	.hidden thread_entry
	.type thread_entry, @function
thread_entry:
	xorl %ebp, %ebp
	call thread_main
	ud2
	.size thread_entry, . - thread_entry

	.section .note.GNU-stack, "", @progbits
