/*
 * Where another CPU begins: in real mode, at the start of a page below 1 MiB to which this is copied. It climbs to
 * long mode on a root that shows this page at its own address beside the kernel, and jumps to the kernel's C.
 * start_cpus.c fills the parameters.
 */
#include "arch/x86_64/layout.h"

#define CR0_PE 0x1
#define CR0_PE_MP_ET_NE_WP_AM_PG 0x80050033
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define AT(label) (label - start_cpu_code)

	.section .rodata
	.globl start_cpu_code, start_cpu_parameters, start_cpu_end
	.balign 16
	.code16
start_cpu_code:
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	movzwl %ax, %ebx
	shll $4, %ebx			/* ebx = this page's address */
	addl %ebx, AT(gdt_base)
	addl %ebx, AT(far_protected)
	addl %ebx, AT(far_long)
	lgdtl AT(gdt_limit)
	movl $CR0_PE, %eax
	movl %eax, %cr0
	ljmpl *AT(far_protected)

	.code32
protected:
	movl $0x10, %eax
	movl %eax, %ds
	movl %eax, %ss
	movl $CR4_PAE, %eax
	movl %eax, %cr4
	movl AT(parameter_root)(%ebx), %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $EFER_LME_NXE, %eax
	wrmsr
	movl $CR0_PE_MP_ET_NE_WP_AM_PG, %eax
	movl %eax, %cr0
	ljmpl *AT(far_long)(%ebx)

	.code64
long:
	movl %ebx, %ebx			/* upper halves are undefined after the change of mode */
	movq AT(parameter_stack)(%rbx), %rsp
	movq AT(parameter_cpu)(%rbx), %rdi
	movq AT(parameter_entry)(%rbx), %rax
	xorl %ebp, %ebp
	call *%rax
	ud2

	.balign 8
gdt:
	.quad 0
	.quad 0x00cf9a000000ffff	/* 32-bit code */
	.quad 0x00cf92000000ffff	/* data */
	.quad 0x00af9a000000ffff	/* 64-bit code */
gdt_limit:
	.short 31
gdt_base:
	.long AT(gdt)
far_protected:
	.long AT(protected)
	.short 0x08
far_long:
	.long AT(long)
	.short 0x18

	.balign 8
start_cpu_parameters:			/* struct start_parameters */
parameter_root:
	.quad 0
parameter_stack:
	.quad 0
parameter_cpu:
	.quad 0
parameter_entry:
	.quad 0
start_cpu_end:

	.section .note.GNU-stack, "", @progbits
