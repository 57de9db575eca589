/*
 * x86_64's share of the generic structures: physical addresses, page-table roots, a thread's registers.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <microkernel/abi.h>

/* A physical address; a struct so that it is never mixed up with a virtual one. */
typedef struct {
	uint64_t value;
} paddr_t;
typedef uint64_t irq_flags_t;

/* For variables that nobody changes once the machine runs. */
#define RO_AFTER_INIT __attribute__((section(".ro_after_init")))

#define PADDR(v) ((paddr_t){(v)})

/* A tree of page tables. root is what confined code (or a native process) runs on. */
struct pagetable {
	paddr_t root;
	paddr_t monitor_root; /* confined spaces: the same lower half, NX, with the monitor's window, or root
	                       * itself, which has the window then; else 0 */
	struct domain *domain;
	uint64_t resident; /* leaves, those of shared tables as well */
};

enum thread_mode { MODE_NATIVE, MODE_GUEST };

#define LATCHED_KICK 1u /* thread_kick: TRAP_KICK, and interruptible waits end */
#define LATCHED_MOVE 2u /* to another CPU: TRAP_PREEMPTED */

/* Members up to enters have fixed offsets (layout.h). */
struct thread_arch {
	struct guest_registers regs; /* native registers, saved on every entry from native mode */
	struct guest_registers
		guest; /* guest registers while preempted in guest mode; never seen by the monitor */
	uint32_t mode;   /* enum thread_mode */
	uint32_t kicked; /* LATCHED_*: enter returns at once; generic code sets and clears them */
	struct guest_state *state; /* direct-map address of the pinned state page, or null */
	uint64_t native_root;      /* CR3 in native mode; both are derived by pt_activate_thread */
	uint64_t guest_root;       /* CR3 in guest mode; 0 when the thread cannot enter */
	bool needs_iret; /* native registers were saved by an interrupt: sysret would lose rcx, r11 */
	uint32_t
		word_call; /* the guest's system call that trap_guest_syscall looks at; WORD_CALL_NONE */
	uint64_t enters;             /* how often it entered its guest */
	uint64_t fs_base, gs_base;   /* user mode's, while another thread's are in the CPU */
	void *fpu;                   /* XSAVE area, 64-byte aligned, or null */
	uint8_t fpu_cpu;             /* whose registers its state was last loaded into */
	struct pagetable *native_pt; /* the process's */
	struct pagetable
		*space_pt; /* the bound space's, or null; after a change call pt_activate_thread */
};
