/*
 * What the generic kernel asks of an architecture, and what an architecture asks of it.
 * Generic code includes this header and nothing else below arch/. One kernel stack per CPU: a handler
 * runs to its end and returns, then the entry code leaves the kernel into cpu_current().
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <microkernel/abi.h>
#include "arch/x86_64/types.h" /* paddr_t, struct thread_arch, struct pagetable, irq_flags_t */

struct cpu;
struct domain;
struct process;
struct space;
struct thread;

/* --- boot: the architecture calls kernel_main once, on the boot CPU's kernel stack, interrupts off,
 * with all RAM in the direct map and console output working. --- */
#define BOOT_RANGES_MAX 64
struct boot_range {
	paddr_t start; /* page aligned, usable RAM not occupied by kernel image, archive or firmware */
	uint64_t bytes;
};
struct boot_source {
	const char *cmdline; /* copied; never null */
	paddr_t archive;
	uint64_t archive_bytes; /* 0: none */
	paddr_t rsdp;           /* 0: unknown */
	paddr_t low_page;       /* of RAM that a CPU can start from in real mode; 0: none */
	struct boot_framebuffer framebuffer;
	uint64_t entry_ticks;
	unsigned range_count;
	struct boot_range ranges[BOOT_RANGES_MAX];
	uint64_t kernel_bytes; /* image including bss */
};
void kernel_main(const struct boot_source *source) __attribute__((noreturn));

/* After the page allocator works: interrupt controllers, clock, timer, FPU, system-call entry. */
void arch_init(const struct boot_source *source);
/* The end of boot: what is RO_AFTER_INIT, the tables of the CPUs among it, cannot be written to any more. */
void arch_seal(void);
/* Leaves the kernel for cpu_current(); when that is null, halts with interrupts on until one comes. Never returns.
 * Interrupts arrive in kernel mode only there. */
void arch_return_to_user(void) __attribute__((noreturn));

/* --- console and panic --- */
void arch_console_write(const char *text, uint64_t len); /* COM1 when there; usable at any time */
void arch_console_claim(
	bool claimed);       /* true: a driver owns the port; only panics write from then on */
void arch_stop_others(void); /* all CPUs but this one, for good */
void arch_halt_forever(unsigned code)
	__attribute__((noreturn)); /* debug-exit with code, else hlt */
void arch_dump_registers(void);    /* of the last kernel entry or fault, for a panic */
uint64_t arch_image_slide(void);   /* how far the image is from where it is linked */
unsigned arch_backtrace(uint64_t *out, unsigned max); /* return addresses, innermost first */

/* --- memory --- */
static inline void *direct(
	paddr_t p); /* the direct map: all RAM, kernel read-write, never executable */
static inline paddr_t direct_paddr(const void *p);
void arch_zero_page(void *page); /* 8-byte rep stos or better; no FPU */
void arch_copy_page(void *to, const void *from);

/* Page tables (pagetable.c). A table tree is charged to pt->domain through page_alloc/page_free. For a
 * confined space with two roots, lower-half top-level entries are mirrored into monitor_root with NX set. */
/* Values: those of the hardware's bits, where it has them. */
#define PT_READ \
	1u /* without it (PROT_NONE) the hardware entry is not present but keeps page and flags,
                         * marked by a software bit: pt_lookup, pt_next, pt_unmap still return it as present */
#define PT_WRITE 2u
#define PT_UNCACHED 0x10u
#define PT_ACCESSED 0x20u /* out only */
#define PT_DIRTY 0x40u    /* out only */
#define PT_WRITECOMBINE 0x80u
#define PT_PRIVATE \
	0x200u /* a software bit kept for generic code: the page belongs to this tree alone */
#define PT_EXECUTE 0x400u
/* Leaves outside the kernel half are always user-accessible when PT_READ is given. */
struct pt_entry {
	paddr_t page;
	unsigned flags;
	bool present;
};
status_t pt_create_native(struct pagetable *pt,
                          struct domain *domain); /* window slots' tables preallocated */
/* Lower half empty. has_one_root: the monitor's root is the guest's, window and rights of the guest's pages included. */
status_t pt_create_space(struct pagetable *pt, struct domain *domain, bool has_one_root);
void pt_attach_monitor(struct pagetable *space_pt,
                       struct pagetable *native_pt); /* window into monitor_root */
void pt_destroy(
	struct pagetable
		*pt); /* frees roots and remaining tables, never leaf pages; must not be loaded */
status_t pt_map(struct pagetable *pt, uint64_t va, paddr_t page,
                unsigned flags); /* E_NOMEM; replaces */
/* Leaves for count pages from va on, where absent; the table is there, the tree's own, and the same for all. */
void pt_fill(struct pagetable *pt, uint64_t va, const struct pt_entry *entries, unsigned count);
struct pt_entry pt_lookup(const struct pagetable *pt, uint64_t va);
/* Entry that was there; no flush. Like pt_protect, not for tables that are shared. */
struct pt_entry pt_unmap(struct pagetable *pt, uint64_t va);
void pt_protect(struct pagetable *pt, uint64_t va,
                unsigned flags); /* keeps dirty; no-op when absent */
bool pt_next(const struct pagetable *pt, uint64_t *va, uint64_t end,
             struct pt_entry *out); /* next present leaf in [*va, end) */
/*
 * Ranges. They go on from *at, which is a page, and say there how far they came; false: the budget did not do.
 * The TLB is flushed.
 *
 * pt_drop takes out all leaves, gives up what the private ones hold, and frees tables that are empty then; a
 * shared table of which it finds a leaf goes as a whole. pt_restrict sets the flags of leaves, which stay
 * writable only where they are and flags has PT_WRITE. pt_count adds up leaves.
 */
bool pt_next_table(const struct pagetable *pt, uint64_t *at, uint64_t end,
                   unsigned *budget); /* the next table of leaves; false at the end, too */
bool pt_drop(struct pagetable *pt, uint64_t *at, uint64_t end, unsigned *budget);
bool pt_restrict(struct pagetable *pt, uint64_t *at, uint64_t end, unsigned flags,
                 unsigned *budget);
/* Leaves go elsewhere, by so many bytes, where none are; tables that are empty then go. With tables prepared for them
 * that lacks no memory, unless others have changed those. STATUS_MORE: the budget did not do. */
status_t pt_prepare_move(struct pagetable *pt, uint64_t *at, uint64_t end, uint64_t by,
                         unsigned *budget);
status_t pt_move(struct pagetable *pt, uint64_t *at, uint64_t end, uint64_t by, unsigned *budget);
bool pt_count(const struct pagetable *pt, uint64_t *at, uint64_t end, uint64_t *count,
              unsigned *budget);
/*
 * Clones. A table of private leaves, none of which may be written through it, can be part of several trees
 * (pt_share). Such a table is only looked at: whoever wants to change a leaf needs a table of its own first
 * (pt_own, which pt_map implies), with one more reference for every page.
 */
#define PT_TABLE_SPAN (2ul << 20) /* what a table of leaves spans */
bool pt_is_sharable(const struct pagetable *from, const struct pagetable *to,
                    uint64_t va);                                             /* and worth it */
status_t pt_share(struct pagetable *from, struct pagetable *to, uint64_t va); /* E_NOMEM */
bool pt_is_shared(const struct pagetable *pt, uint64_t va);
status_t pt_own(struct pagetable *pt, uint64_t va); /* E_NOMEM */
/* Leaves of [*at, end), which lies below one table, from one tree to another: private ones with a reference,
 * writable in neither from then on; the others, when with_objects, as they are. E_NOMEM, or STATUS_MORE. */
status_t pt_copy(struct pagetable *from, struct pagetable *to, uint64_t *at, uint64_t end,
                 bool with_objects, unsigned *budget);
void pt_check(const struct pagetable *pt); /* debug kernels: panics when an invariant is broken */
#define PT_ALL_PAGES UINT64_MAX
void pt_flush(const struct pagetable *pt, uint64_t va,
              uint64_t pages); /* TLB, all CPUs that may hold it */
/* Derives the roots of both modes from native_pt, space_pt, state and fpu: call it after a change of any of them.
 * Loads the one for the present mode when the thread is current; no CR3 write when unchanged. */
void pt_activate_thread(struct thread *thread);
/* thread->cpu has changed; before the thread runs there. May be called with the kernel lock shared. */
void pt_thread_moved(const struct thread *thread);
/* No thread runs on it, for good or for the time being: CPUs need not remember it. */
void pt_unused(struct pagetable *pt);

/*
 * For an index that user mode chose, before it is used: true when it is below count. Otherwise it becomes 0, and that by
 * data flow, so that a CPU which guesses the branch wrong reads entry 0 and nothing beyond the table (Spectre, variant 1).
 */
static inline bool index_within(uint64_t *index, uint64_t count);

/* --- user memory: native window only; interrupts stay off. A fault that the kernel can settle is settled;
 * otherwise E_FAULT, or E_AGAIN when a pager has to be asked first (the caller restarts the system call
 * after thread_block_on_fault). Never touches memory outside [NATIVE_BASE, NATIVE_END). --- */
status_t copy_from_user(void *to, uint64_t u_from, uint64_t len);
status_t copy_to_user(uint64_t u_to, const void *from, uint64_t len);
/* A 32-bit word of the current thread's guest, whose call this is; E_FAULT also when only a fault would bring its page. */
int64_t guest_load_u32(uint64_t u_from);

/* --- threads --- */
void arch_thread_init(struct thread *thread, uint64_t entry, uint64_t stack, uint64_t argument);
status_t arch_thread_fpu_create(struct thread *thread); /* allocates the FPU area (once); E_NOMEM */
void arch_thread_destroy(struct thread *thread);        /* frees it, forgets CPU ownership */
void arch_thread_switch(struct thread *from,
                        struct thread *to); /* FS/GS base, FPU, root; null: nobody, the CPU idles */
void arch_syscall_restart(struct thread *thread); /* the current system call will be made again */
void arch_set_result(struct thread *thread, status_t status, uint64_t value); /* rax, rdx */

/* Guests. arch_guest_load is the decode half of enter: reads regs from the thread's state page once, sanitises
 * them into the thread's private guest registers, E_INVAL when impossible. After it the thread's mode is guest.
 * arch_guest_trap ends guest mode: stores guest registers and the trap into the state page, enter returns OK. */
status_t arch_guest_load(struct thread *thread);
void arch_guest_trap(struct thread *thread, uint32_t trap, uint32_t detail, uint32_t error,
                     uint32_t cause, uint64_t address);
bool arch_monitor_fixup(
	struct thread *
		thread); /* fault in the monitor at a guest address: true when continued at fixup */

/* --- what the architecture calls (generic code implements) --- */
void syscall_dispatch(struct thread *thread); /* arguments in thread->arch.regs */
void trap_fault(struct thread *thread, uint64_t address, unsigned access, bool is_guest,
                bool is_present); /* MAP_* access; user-mode or user copy */
status_t trap_fault_kernel(
	uint64_t address,
	unsigned access); /* user copy touched address: OK retry, else its result */
void trap_exception(struct thread *thread, unsigned vector, uint32_t error, bool is_guest);
void interrupt_handle(
	unsigned source); /* a device source fired (already masked or edge); EOI done by arch */
void timer_handle(void);  /* the programmed deadline passed */
void schedule_if_needed(void); /* called last before leaving the kernel */

/* --- time --- */
uint64_t clock_now_ns(void); /* monotonic since boot */
uint64_t clock_ticks(void);  /* the counter below it, the same on all CPUs; cheaper */
uint64_t clock_ticks_to_ns(uint64_t ticks);      /* a duration */
uint64_t clock_ticks_to_time_ns(uint64_t ticks); /* a reading, to what clock_now_ns said then */
uint64_t clock_tick_hz(void);
bool clock_is_stable(void); /* TSCs measured synchronised (one CPU: invariant over calibration) */
void clock_describe(
	struct system_info *info); /* the tsc fields and flags: how user mode may tell the time */
void timer_program_ns(uint64_t deadline); /* one shot, absolute; UINT64_MAX: off */

/* --- interrupts: a source is a small number the arch hands out, below IRQ_SOURCES --- */
#define IRQ_SOURCES 192
status_t arch_irq_bind_gsi(
	unsigned gsi, unsigned flags,
	unsigned *out_source); /* flags INTERRUPT_*; E_INVAL, E_BUSY; masked at first */
status_t arch_irq_bind_msi(struct msi_target *out_target, unsigned *out_source);
void arch_irq_unbind(unsigned source);
void arch_irq_mask(unsigned source);
void arch_irq_unmask(unsigned source);

/* --- I/O ports --- */
uint32_t arch_port_in(uint16_t port, unsigned width);
void arch_port_out(uint16_t port, unsigned width, uint32_t value);
void arch_port_out_bytes(uint16_t port, const uint8_t *bytes, unsigned count);

/* --- CPUs: the boot CPU starts the others, which idle until there is something for them. --- */
void arch_start_cpus(const struct boot_source *source);
void arch_cpu_attend(const struct cpu *cpu); /* makes it enter the kernel, unless it is there */
void arch_cpu_poll(void); /* answers what other CPUs ask for; in every loop that waits for one */
static inline struct cpu *this_cpu(void);
static inline irq_flags_t arch_irq_save(void);
static inline void arch_irq_restore(irq_flags_t flags);
static inline void arch_relax(void); /* in spin loops */

#include "arch/x86_64/inline.h"
