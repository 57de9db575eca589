/*
 * A thread's registers: how it starts, how the CPU goes from one to the next, how results and restarts of
 * system calls are written, and how a monitor is let go on after a fault on guest memory.
 */
#include <microkernel/errors.h>
#include "cpu.h"
#include "thread.h"
#include "arch/x86_64/bases.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/switch.h"
#include "arch/x86_64/syscall_regs.h"
#include "arch/x86_64/speculation.h"
#include "arch/x86_64/tlb.h"

#define SYSCALL_BYTES 2 /* the instruction's length */

static bool is_in_window(uint64_t address)
{
	return address >= NATIVE_BASE && address < NATIVE_END;
}

/* An entry outside the native window becomes 0, which faults at once. */
void arch_thread_init(struct thread *thread, uint64_t entry, uint64_t stack, uint64_t argument)
{
	thread->arch.regs = (struct guest_registers){
		.rip = is_in_window(entry) ? entry : 0,
		.rsp = stack,
		.rdi = argument,
		.rflags = RFLAGS_PLAIN,
	};
	thread->arch.mode = MODE_NATIVE;
	thread->arch.needs_iret = true;
	thread->arch.kicked = 0;
	thread->arch.fs_base = thread->arch.gs_base = 0;
}

void arch_thread_destroy(struct thread *thread)
{
	fpu_thread_destroy(thread);
}

/* An idle CPU keeps nothing that another one may need or free. */
void arch_thread_switch(struct thread *from, struct thread *to)
{
	if (from)
		bases_save(from);
	fpu_thread_switch(from, to);
	if (to) {
		bases_load(to);
		speculation_switch(to);
		if (!from)
			tlb_leave_idle();
		this_cpu()->loaded_native = to->arch.native_pt;
	} else if (cpu_count > 1) {
		tlb_enter_idle();
	}
}

RARELY_CALLED void arch_fpu_switch(struct thread *from, struct thread *to)
{
	fpu_thread_switch(from, to);
}

RARELY_CALLED void arch_thread_switch_plain(struct thread *from, struct thread *to)
{
	arch_thread_switch(from, to);
}

void arch_syscall_restart(struct thread *thread)
{
	thread->arch.regs.rip -= SYSCALL_BYTES;
}

void arch_set_result(struct thread *thread, status_t status, uint64_t value)
{
	syscall_regs_set_result(thread, status, value);
}

bool arch_monitor_fixup(struct thread *thread)
{
	struct guest_state *state = thread->arch.state;
	uint64_t fixup;

	if (!state || thread->arch.mode != MODE_NATIVE)
		return false;
	fixup = __atomic_load_n(&state->fixup, __ATOMIC_RELAXED);
	if (!is_in_window(fixup))
		return false;
	state->fixup = 0;
	thread->arch.regs.rip = fixup;
	thread->arch.regs.rax = 1;
	thread->arch.needs_iret = true;
	return true;
}
