/*
 * First instructions. Two ways in, both in 32-bit protected mode without paging, at physical addresses:
 * the PVH entry (QEMU -kernel; ebx = start info) and multiboot2 (GRUB; eax = magic, ebx = information).
 * Checks that the CPU can do what the kernel needs, maps the first 4 GiB at 0, at the direct map and
 * (the first GiB) at the kernel's own address, as linked. There kaslr_choose says where both go; the image is mapped
 * and relocated accordingly, and arch_start called on the boot CPU's kernel stack.
 * boot_start..boot_end is given back as RAM, so nothing here may be used later.
 */
#include "arch/x86_64/layout.h"

#define MULTIBOOT2_MAGIC 0xe85250d6
#define CR0_PE_MP_ET_NE_WP_AM_PG 0x80050033
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define PTE_TABLE 0x3
#define PTE_LARGE 0x83

	.section .multiboot, "a"
	.balign 8
multiboot_header:
	.long MULTIBOOT2_MAGIC
	.long 0
	.long multiboot_header_end - multiboot_header
	.long -(MULTIBOOT2_MAGIC + (multiboot_header_end - multiboot_header))
	.balign 8
	.short 1, 0		/* information request: without it the loader may refuse to boot */
	.long 20
	.long 1, 6, 8		/* command line, memory map, framebuffer */
	.balign 8
	.short 3, 0		/* entry address */
	.long 12
	.long boot_multiboot2
	.balign 8
	.short 5, 1		/* framebuffer, optional; the loader comes as near as it can */
	.long 20
	.long 1024, 768, 32
	.balign 8
	.short 6, 0		/* modules on page boundaries */
	.long 8
	.balign 8
	.short 0, 0
	.long 8
multiboot_header_end:

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 8, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad boot_pvh

/* Adds the register to every word of a list that link_kernel.sh has made: addresses, then 0. */
.macro relocate list, width, register
	movl $\list, %esi
8:	movl (%rsi), %edi
	testl %edi, %edi
	jz 9f
	add\width \register, (%rdi)
	addq $4, %rsi
	jmp 8b
9:
.endm

	.section .boot.text, "ax"
	.code32
	.globl boot_pvh, boot_multiboot2
boot_pvh:
	movl $BOOT_PVH, %esi
	jmp boot_common
boot_multiboot2:
	movl %eax, %esi		/* BOOT_MULTIBOOT2 when the loader keeps to the protocol */
boot_common:
	cli
	cld
	movl $boot_stack_top, %esp
	rdtsc
	movl %eax, boot_ticks
	movl %edx, boot_ticks + 4
	movl %ebx, boot_info

	pushfl			/* CPUID is there when bit 21 of EFLAGS can be changed */
	popl %eax
	movl %eax, %ecx
	xorl $0x200000, %eax
	pushl %eax
	popfl
	pushfl
	popl %eax
	cmpl %eax, %ecx
	je no_long_mode
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb no_long_mode
	movl $0x80000001, %eax
	cpuid
	btl $29, %edx
	jnc no_long_mode
	btl $20, %edx
	jnc no_nx

	/* Tables lie in .boot.bss, which the loader cleared. */
	movl $boot_pd, %edi
	movl $PTE_LARGE, %eax
	xorl %edx, %edx
1:	movl %eax, (%edi,%edx,8)
	addl $0x200000, %eax
	incl %edx
	cmpl $4 * 512, %edx
	jb 1b
	movl $boot_pd + PTE_TABLE, %eax
	movl %eax, boot_pdpt
	movl %eax, boot_pdpt_top + 510 * 8
	addl $0x1000, %eax
	movl %eax, boot_pdpt + 8
	addl $0x1000, %eax
	movl %eax, boot_pdpt + 16
	addl $0x1000, %eax
	movl %eax, boot_pdpt + 24
	movl $boot_pdpt + PTE_TABLE, boot_pml4
	movl $boot_pdpt + PTE_TABLE, boot_pml4 + DIRECT_LINK_SLOT * 8
	movl $boot_pdpt_top + PTE_TABLE, boot_pml4 + 511 * 8

	movl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $boot_pml4, %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $EFER_LME_NXE, %eax
	wrmsr
	movl $CR0_PE_MP_ET_NE_WP_AM_PG, %eax
	movl %eax, %cr0
	lgdt boot_gdt_pointer
	ljmp $8, $boot_long

	.code64
boot_long:
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl %eax, %fs
	movl %eax, %gs
	movq $kernel_stack_top, %rsp
	movl %esi, %ebx			/* the protocol */
	movl %esi, %edi
	movl boot_info, %esi
	movl $boot_kaslr, %edx
	xorl %ebp, %ebp
	movq $kaslr_choose, %rax
	call *%rax

	/* The image: the large pages that it fills, elsewhere in its GiB. */
	movq boot_kaslr + KASLR_IMAGE_SLIDE, %rdi
	shrq $21, %rdi
	leaq boot_pd_moved(,%rdi,8), %rdi
	movl $boot_pd, %esi
	movl $image_large_pages, %ecx
	rep movsq
	movl $boot_pd_moved + PTE_TABLE, boot_pdpt_top + 510 * 8

	/* The direct map: the same 4 GiB in another slot. */
	movq $0, boot_pml4 + DIRECT_LINK_SLOT * 8
	movabsq $DIRECT_LINK_BASE, %rax
	addq boot_kaslr + KASLR_DIRECT_SLIDE, %rax
	movq %rax, %rdi
	shrq $30, %rdi
	andl $511, %edi
	leaq boot_pdpt_moved(,%rdi,8), %rdi
	movl $boot_pdpt, %esi
	movl $4, %ecx
	rep movsq
	shrq $39, %rax
	andl $511, %eax
	movq $boot_pdpt_moved + PTE_TABLE, boot_pml4(,%rax,8)
	movq %cr3, %rax
	movq %rax, %cr3

	/* From here on symbols of the image mean where it is now. */
	movq boot_kaslr + KASLR_IMAGE_SLIDE, %rax
	relocate boot_image_words, q, %rax
	relocate boot_image_halves, l, %eax
	movq boot_kaslr + KASLR_DIRECT_SLIDE, %rax
	relocate boot_direct_words, q, %rax
	movq $kernel_stack_top, %rsp
	xorl %eax, %eax			/* the numbers stay secret when this memory is given back */
	movq boot_kaslr + KASLR_CANARY, %rcx
	movq %rcx, __stack_chk_guard
	movq %rax, boot_kaslr + KASLR_CANARY
	movl %ebx, %edi
	movl boot_info, %esi
	movq boot_ticks, %rdx
	xorl %ebp, %ebp
	movq $arch_start, %rax
	call *%rax
	ud2

	.code32
no_long_mode:
	movl $message_long_mode, %esi
	jmp refuse
no_nx:
	movl $message_nx, %esi

/* Writes the string at esi to COM1 and to the top line of the VGA text screen, then stops. */
refuse:
	movl $0xb8000, %edi
1:	lodsb
	testb %al, %al
	jz 3f
	movb $0x4f, %ah
	movw %ax, (%edi)
	addl $2, %edi
	movb %al, %bl
	movw $0x3fd, %dx
	movl $100000, %ecx
2:	inb %dx, %al
	testb $0x20, %al
	loopz 2b
	movb %bl, %al
	movw $0x3f8, %dx
	outb %al, %dx
	jmp 1b
3:	cli
	hlt
	jmp 3b

	.section .boot.data, "aw"
message_long_mode:
	.asciz "anonymOS needs a 64-bit x86 processor (long mode).\r\n"
message_nx:
	.asciz "anonymOS needs a processor with NX (no-execute); enable it in the firmware set-up.\r\n"
	.balign 8
boot_ticks:
	.quad 0
boot_info:
	.quad 0
boot_kaslr:
	.skip 24
boot_gdt:
	.quad 0
	.quad 0x00af9a000000ffff
boot_gdt_pointer:
	.short 15
	.long boot_gdt

	.section .boot.bss, "aw", @nobits
	.balign 4096
boot_pml4:
	.skip 4096
boot_pdpt:
	.skip 4096
boot_pdpt_top:
	.skip 4096
boot_pd:
	.skip 4 * 4096
boot_pd_moved:
	.skip 4096
boot_pdpt_moved:
	.skip 4096
	.skip 256
boot_stack_top:

/* The boot CPU's stacks, each with an unmapped page below. */
.macro stack name, bytes
	.globl \name\()_guard, \name\()_top
\name\()_guard:
	.skip 4096
	.skip \bytes
\name\()_top:
.endm
	.section .stacks, "aw", @nobits
	.balign 4096
	stack kernel_stack, KERNEL_STACK_BYTES
	stack nmi_stack, TRAP_STACK_BYTES
	stack machine_check_stack, TRAP_STACK_BYTES
	stack double_fault_stack, TRAP_STACK_BYTES

	.section .note.GNU-stack, "", @progbits
