/*
 * Registers between the CPU and a struct guest_registers, for the two entry files.
 */
#pragma once
#include "arch/x86_64/layout.h"

.macro save_all base
	movq %rbx, REG_RBX(\base)
	movq %rdx, REG_RDX(\base)
	movq %rsi, REG_RSI(\base)
	movq %rbp, REG_RBP(\base)
	movq %r8, REG_R8(\base)
	movq %r9, REG_R9(\base)
	movq %r10, REG_R10(\base)
	movq %r12, REG_R12(\base)
	movq %r13, REG_R13(\base)
	movq %r14, REG_R14(\base)
	movq %r15, REG_R15(\base)
.endm

/* All but rcx, r11, rsp and the base itself. */
.macro load_all base
	movq REG_RBX(\base), %rbx
	movq REG_RDX(\base), %rdx
	movq REG_RSI(\base), %rsi
	movq REG_RBP(\base), %rbp
	movq REG_R8(\base), %r8
	movq REG_R9(\base), %r9
	movq REG_R10(\base), %r10
	movq REG_R12(\base), %r12
	movq REG_R13(\base), %r13
	movq REG_R14(\base), %r14
	movq REG_R15(\base), %r15
.endm

.macro load_root root
	cmpq %gs:CPU_LOADED_ROOT, \root
	je 9f
	movq \root, %gs:CPU_LOADED_ROOT
	movq \root, %cr3
	incq %gs:CPU_ROOT_WRITES
9:
.endm
