/*
 * What entry.S and the C side of exceptions share.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Pushed on the kernel stack by a trap from kernel mode. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

#define VECTOR_DEBUG 1
#define VECTOR_NMI 2
#define VECTOR_BREAKPOINT 3
#define VECTOR_OVERFLOW 4
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE_FAULT 14
#define VECTOR_MACHINE_CHECK 18
#define EXCEPTIONS 32

/* entry.S */
extern const char trap_stubs[];
void trap_fatal_nmi(void);
void trap_fatal_double(void);
void trap_fatal_machine(void);
void syscall_entry(void);
void syscall_entry_plain(void);

/* trap.c, called by entry.S */
void trap_from_user(unsigned vector, uint32_t error);
bool trap_from_kernel(struct trap_frame *frame); /* true: it was the idle loop, which starts anew */
void trap_fatal_stop(struct trap_frame *frame) __attribute__((noreturn));
void trap_bad_rip(void);
void trap_guest_syscall(struct thread *thread);

/* irq.c */
void irq_dispatch(unsigned vector);
