/*
 * Numbers that assembly and C share: the kernel's address space, stacks, selectors, and the offsets of
 * structure members that entry.S uses (offsets.c checks them).
 */
#pragma once

/* Where these are linked; kaslr.c moves them. image_base and DIRECT_BASE (inline.h) are where they are. */
#define KERNEL_LINK_BASE 0xffffffff80000000 /* the image, at its physical address + this */
#define DIRECT_LINK_BASE 0xffff880000000000 /* all RAM */
#define DIRECT_LINK_SLOT 272                /* top-level entry of DIRECT_LINK_BASE */
#define DIRECT_BYTES_MAX (64ul << 30)
#define FIXED_BASE 0xffffffffc0000000 /* device registers, mapped one by one */
#define WINDOW_SLOT 256               /* first top-level entry of native programs */
#define WINDOW_SLOTS 4
#define KERNEL_SLOT 260 /* the kernel's own: equal in every root */

#define BOOT_PVH 0
#define BOOT_MULTIBOOT2 0x36d76289

#define KERNEL_STACK_BYTES 16384
#define TRAP_STACK_BYTES 8192 /* each CPU has one for NMI, machine check and double fault */

/* SYSCALL takes CS and SS from consecutive selectors, SYSRET likewise with SS before CS. */
#define SEL_KERNEL_CODE 0x08
#define SEL_KERNEL_DATA 0x10
#define SEL_USER_DATA 0x1b
#define SEL_USER_CODE 0x23
#define SEL_TSS 0x28

/* struct guest_registers */
#define REG_RAX 0
#define REG_RBX 8
#define REG_RCX 16
#define REG_RDX 24
#define REG_RSI 32
#define REG_RDI 40
#define REG_RBP 48
#define REG_RSP 56
#define REG_R8 64
#define REG_R9 72
#define REG_R10 80
#define REG_R11 88
#define REG_R12 96
#define REG_R13 104
#define REG_R14 112
#define REG_R15 120
#define REG_RIP 128
#define REG_RFLAGS 136
#define REG_FS_BASE 144
#define REG_GS_BASE 152

/* struct guest_state */
#define STATE_TRAP 160

/* struct thread, whose first member is struct thread_arch */
#define THREAD_GUEST 160
#define THREAD_MODE 320
#define THREAD_KICKED 324
#define THREAD_STATE 328
#define THREAD_NATIVE_ROOT 336
#define THREAD_GUEST_ROOT 344
#define THREAD_NEEDS_IRET 352
#define THREAD_WORD_CALL 356
#define THREAD_ENTERS 360

/* struct cpu */
#define CPU_CURRENT 8
#define CPU_KERNEL_STACK 16
#define CPU_SCRATCH 24
#define CPU_SCRATCH1 32
#define CPU_LOADED_ROOT 40
#define CPU_PENDING 60
#define CPU_KERNEL_MODE 64
#define CPU_ROOT_WRITES 72

#define KERNEL_MODE_OUT 0 /* enum kernel_mode */
#define KERNEL_MODE_EXCLUSIVE 3

/* RFLAGS */
#define RFLAGS_ALWAYS 0x2
#define RFLAGS_IF 0x200
#define RFLAGS_TF 0x100
#define RFLAGS_PLAIN (RFLAGS_IF | RFLAGS_ALWAYS)
#define RFLAGS_USER 0x240dd5 /* what user mode may choose: CF PF AF ZF SF TF DF OF AC ID */

#define KASLR_IMAGE_SLIDE 0 /* struct kaslr */
#define KASLR_DIRECT_SLIDE 8
#define KASLR_CANARY 16

#define VECTOR_TIMER 0xe0
#define VECTOR_ATTEND 0xe1 /* from another CPU: enter the kernel */
#define VECTOR_POLL 0xe2   /* from another CPU: answer a request */
#define VECTOR_PIC 0xe8    /* to 0xf7: where stray interrupts of the old controllers arrive */
#define VECTOR_ERROR 0xfe
#define VECTOR_SPURIOUS 0xff
#define VECTOR_FIRST_SOURCE 0x20

#define TRAP_FRAME_BYTES 176 /* struct trap_frame */
