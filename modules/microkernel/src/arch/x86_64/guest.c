/*
 * Guests: from the monitor's state page into the CPU and back. These are the general ways; entry.S has short
 * cuts for system calls of guests and for the enter that follows one.
 */
#include <microkernel/errors.h>
#include "cpu.h"
#include "thread.h"
#include "arch/x86_64/bases.h"
#include "arch/x86_64/tlb.h"

static bool is_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/* One read of each word: the page can change under our feet. */
static void read_once(struct guest_registers *to, const struct guest_registers *from)
{
	const volatile uint64_t *source = (const volatile uint64_t *)from;
	uint64_t *target = (uint64_t *)to;

	for (unsigned i = 0; i < sizeof(*to) / sizeof(*target); i++)
		target[i] = source[i];
}

status_t arch_guest_load(struct thread *thread)
{
	struct thread_arch *arch = &thread->arch;
	struct guest_registers *guest = &arch->guest;

	if (!arch->state || !arch->space_pt || !arch->fpu)
		return E_INVAL;
	read_once(guest, &arch->state->regs);
	if (guest->rip >= GUEST_END || !is_canonical(guest->fs_base) ||
	    !is_canonical(guest->gs_base))
		return E_INVAL;
	guest->rflags = (guest->rflags & RFLAGS_USER) | RFLAGS_PLAIN;
	bases_set(thread, (struct segment_bases){guest->fs_base, guest->gs_base});
	arch->mode = MODE_GUEST;
	arch->enters++;
	tlb_load_mode(thread);
	return OK;
}

void arch_guest_trap(struct thread *thread, uint32_t trap, uint32_t detail, uint32_t error,
                     uint32_t cause, uint64_t address)
{
	struct guest_state *state = thread->arch.state;
	struct segment_bases bases = bases_get(thread);

	state->regs = thread->arch.guest;
	state->regs.fs_base = bases.fs;
	state->regs.gs_base = bases.gs;
	state->trap = trap;
	state->detail = detail;
	state->error = error;
	state->cause = cause;
	state->address = address;
	thread->arch.mode = MODE_NATIVE;
	thread->arch.needs_iret = false;
	thread->arch.regs.rflags = RFLAGS_PLAIN;
	arch_set_result(thread, OK, 0);
	tlb_load_mode(thread);
}
