/*
 * Exceptions and interrupts, behind entry.S. What user mode raised goes to generic code, which settles it,
 * tells the monitor or ends the process. In kernel mode only two things are no bug: an interrupt in the idle
 * loop, and a page fault in usercopy.S.
 */
#include "arch/x86_64/trap.h"
#include <stddef.h>
#include <base/assert.h>
#include <microkernel/errors.h>
#include "kernel_lock.h"
#include "panic.h"
#include "printk.h"
#include "symbols.h"
#include "thread.h"
#include "word.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/instructions.h"

#define FAULT_ERROR_PRESENT 1u
#define FAULT_ERROR_WRITE 2u
#define FAULT_ERROR_RESERVED 8u
#define FAULT_ERROR_FETCH 16u

struct fixup {
	uint64_t instruction;
	uint64_t continuation;
};
extern const struct fixup fixups_start[], fixups_end[];

STATIC_ASSERT(sizeof(struct trap_frame) == TRAP_FRAME_BYTES);

static const struct trap_frame *last_frame; /* of the fault that led to a panic */

static unsigned access_of(uint32_t error)
{
	if (error & FAULT_ERROR_FETCH)
		return MAP_EXECUTE;
	return error & FAULT_ERROR_WRITE ? MAP_WRITE : MAP_READ;
}

static void page_fault(struct thread *thread, uint32_t error, bool is_guest)
{
	uint64_t address = cr2_read();

	if (error & FAULT_ERROR_RESERVED)
		panic("reserved bit set in a page table, at %lx", address);
	trap_fault(thread, address, access_of(error), is_guest, error & FAULT_ERROR_PRESENT);
}

/* Needs no lock, and must not wait for the one that the asking CPU has. */
static bool answer_request(unsigned vector)
{
	if (vector != VECTOR_POLL)
		return false;
	arch_cpu_poll();
	apic_eoi();
	return true;
}

void trap_from_user(unsigned vector, uint32_t error)
{
	struct thread *thread = cpu_current();
	bool is_guest = thread->arch.mode == MODE_GUEST;

	if (answer_request(vector))
		return;
	kernel_lock_exclusive();
	if (vector >= EXCEPTIONS)
		irq_dispatch(vector);
	else if (thread != cpu_current())
		return; /* it was ended while we waited */
	else if (vector == VECTOR_PAGE_FAULT)
		page_fault(thread, error, is_guest);
	else
		trap_exception(thread, vector, error, is_guest);
}

void trap_bad_rip(void)
{
	struct thread *thread = cpu_current();

	kernel_lock_exclusive();
	if (thread == cpu_current())
		trap_exception(thread, VECTOR_PROTECTION, 0, thread->arch.mode == MODE_GUEST);
}

void trap_guest_syscall(struct thread *thread)
{
	bool is_settled = false;

	if ((uint32_t)thread->arch.guest.rax == thread->arch.word_call) {
		kernel_lock_exclusive();
		if (thread != cpu_current())
			return; /* it was ended while we waited */
		is_settled = word_settle(thread);
	}
	if (!is_settled)
		arch_guest_trap(thread, TRAP_SYSCALL, 0, 0, 0, 0);
}

static const struct fixup *find_fixup(uint64_t rip)
{
	for (const struct fixup *f = fixups_start; f < fixups_end; f++)
		if (f->instruction == rip)
			return f;
	return NULL;
}

static void fail(const struct trap_frame *frame) __attribute__((noreturn));
static void fail(const struct trap_frame *frame)
{
	last_frame = frame;
	if (frame->vector == VECTOR_PAGE_FAULT)
		panic("page fault in the kernel at %lx, error %lx", cr2_read(), frame->error);
	panic("exception %lu in the kernel, error %lx", frame->vector, frame->error);
}

static void kernel_page_fault(struct trap_frame *frame)
{
	const struct fixup *fixup = find_fixup(frame->rip);
	uint64_t address = cr2_read();
	status_t status;

	if (!fixup || (address >= GUEST_END && address < NATIVE_BASE) || address >= NATIVE_END ||
	    frame->error & FAULT_ERROR_RESERVED)
		fail(frame);
	status = address < GUEST_END
	                 ? E_FAULT /* guest_load_u32's */
	                 : trap_fault_kernel(address, access_of((uint32_t)frame->error));
	if (status == OK)
		return;
	frame->rax = (uint64_t)(int64_t)status;
	frame->rip = fixup->continuation;
}

bool trap_from_kernel(struct trap_frame *frame)
{
	if (frame->vector == VECTOR_PAGE_FAULT) {
		kernel_page_fault(frame);
		return false;
	}
	if (frame->vector < EXCEPTIONS || cpu_current())
		fail(frame);
	if (answer_request((unsigned)frame->vector))
		return true;
	kernel_lock_exclusive();
	irq_dispatch((unsigned)frame->vector);
	return true;
}

static void halt_here(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void trap_fatal_stop(struct trap_frame *frame)
{
	static const char *const names[] = {
		[VECTOR_NMI] = "non-maskable interrupt",
		[VECTOR_DOUBLE_FAULT] = "double fault (kernel stack overrun?)",
		[VECTOR_MACHINE_CHECK] = "machine check",
	};

	if (is_panicking)
		halt_here(); /* another CPU does, and told this one to stop */
	last_frame = frame;
	panic("%s", names[frame->vector]);
}

static void dump_user_registers(const struct guest_registers *r, const char *title)
{
	printk("%s rip %016lx rsp %016lx rflags %lx\n", title, r->rip, r->rsp, r->rflags);
	printk("  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	printk("  rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	printk("  r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	printk("  r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
}

static void dump_frame(const struct trap_frame *f)
{
	const struct guest_registers r = {
		.rax = f->rax,
		.rbx = f->rbx,
		.rcx = f->rcx,
		.rdx = f->rdx,
		.rsi = f->rsi,
		.rdi = f->rdi,
		.rbp = f->rbp,
		.rsp = f->rsp,
		.r8 = f->r8,
		.r9 = f->r9,
		.r10 = f->r10,
		.r11 = f->r11,
		.r12 = f->r12,
		.r13 = f->r13,
		.r14 = f->r14,
		.r15 = f->r15,
		.rip = f->rip,
		.rflags = f->rflags,
	};

	dump_user_registers(&r, f->cs & 3 ? "user" : "kernel");
}

void arch_dump_registers(void)
{
	struct thread *thread = cpu_current();

	printk("cr0 %lx cr2 %lx cr3 %lx cr4 %lx\n", cr0_read(), cr2_read(), cr3_read(), cr4_read());
	if (last_frame)
		dump_frame(last_frame);
	if (!thread)
		return;
	dump_user_registers(&thread->arch.regs, "native");
	if (thread->arch.mode == MODE_GUEST)
		dump_user_registers(&thread->arch.guest, "guest");
}

/* Frames lie on this CPU's stacks and only ever upwards. */
static bool is_stack_frame(uint64_t rbp, uint64_t above)
{
	return rbp % 8 == 0 && rbp > above && is_on_kernel_stack(rbp) &&
	       is_on_kernel_stack(rbp + 16);
}

unsigned arch_backtrace(uint64_t *out, unsigned max)
{
	uint64_t rbp = (uint64_t)__builtin_frame_address(0);
	uint64_t above = 0;
	unsigned count = 0;

	if (last_frame && max > 0) {
		out[count++] = last_frame->rip;
		rbp = last_frame->rbp;
	}
	while (count < max && is_stack_frame(rbp, above)) {
		const uint64_t *frame = (const uint64_t *)rbp;

		if (!frame[1])
			break;
		out[count++] = frame[1];
		above = rbp;
		rbp = frame[0];
	}
	return count;
}
