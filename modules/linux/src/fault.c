/*
 * What a guest did that the CPU or the kernel refused, as the signal Linux would send: the mapping from
 * exception vectors and fault causes to signal numbers and codes.
 */
#include "fault.h"
#include <libanon/log.h>
#include "exit.h"
#include "fpu.h"
#include "signal_queue.h"
#include "syscall.h"

#define VECTOR_DIVIDE 0
#define VECTOR_DEBUG 1
#define VECTOR_BREAKPOINT 3
#define VECTOR_OVERFLOW 4
#define VECTOR_BOUND 5
#define VECTOR_OPCODE 6
#define VECTOR_STACK 12
#define VECTOR_PAGE_FAULT 14
#define VECTOR_X87 16
#define VECTOR_ALIGNMENT 17
#define VECTOR_SIMD 19
#define ERROR_PRESENT 1u
#define ERROR_WRITE 2u
#define ERROR_USER 4u
#define ERROR_FETCH 16u
#define FPE_FLTINV 7
#define FPE_FLTOVF 4
#define FPE_FLTUND 5
#define FPE_FLTRES 6

static void force(struct task *task, int signal, int code, uint64_t address)
{
	struct linux_siginfo info = {
		.si_signo = signal, .si_code = code, .fault = {.address = address}};

	signal_force(task, &info);
}

static uint64_t page_fault_error(const struct guest_state *state)
{
	uint64_t error = ERROR_USER;

	if (state->cause == FAULT_PROTECTED)
		error |= ERROR_PRESENT;
	if (state->detail & MAP_WRITE)
		error |= ERROR_WRITE;
	if (state->detail & MAP_EXECUTE)
		error |= ERROR_FETCH;
	return error;
}

void fault_memory(struct task *task)
{
	const struct guest_state *state = task->state;

	task->trap_number = VECTOR_PAGE_FAULT;
	task->trap_error = page_fault_error(state);
	task->fault_address = state->address;
	switch (state->cause) {
	case FAULT_PROTECTED: force(task, SIGSEGV, SEGV_ACCERR, state->address); break;
	case FAULT_BEYOND: force(task, SIGBUS, BUS_ADRERR, state->address); break;
	case FAULT_NOMEM:
		log_warn("%s[%d]: out of memory", task->name, task->tid);
		exit_group(task, SIGKILL);
		break;
	default: force(task, SIGSEGV, SEGV_MAPERR, state->address); break;
	}
}

/* Which floating-point exception is flagged and not masked. */
static int float_code(uint32_t vector)
{
	uint32_t flags, masked;
	struct fpu_legacy state;

	fpu_save_legacy(&state);
	if (vector == VECTOR_SIMD) {
		flags = state.mxcsr & 0x3f;
		masked = state.mxcsr >> 7 & 0x3f;
	} else {
		flags = state.status & 0x3f;
		masked = state.control & 0x3f;
	}
	flags &= ~masked;
	return flags & 1    ? FPE_FLTINV
	       : flags & 4  ? FPE_FLTDIV
	       : flags & 8  ? FPE_FLTOVF
	       : flags & 18 ? FPE_FLTUND
	       : flags & 32 ? FPE_FLTRES
	                    : FPE_FLTINV;
}

void fault_exception(struct task *task)
{
	uint32_t vector = task->state->detail;
	uint64_t rip = task->state->regs.rip;

	task->trap_number = vector;
	task->trap_error = task->state->error;
	task->fault_address = 0;
	switch (vector) {
	case VECTOR_DIVIDE: force(task, SIGFPE, FPE_INTDIV, rip); break;
	case VECTOR_DEBUG: force(task, SIGTRAP, TRAP_TRACE, rip); break;
	case VECTOR_BREAKPOINT: force(task, SIGTRAP, SI_KERNEL, 0); break;
	case VECTOR_OPCODE: force(task, SIGILL, ILL_ILLOPN, rip); break;
	case VECTOR_STACK: force(task, SIGBUS, SI_KERNEL, 0); break;
	case VECTOR_X87:
	case VECTOR_SIMD: force(task, SIGFPE, float_code(vector), rip); break;
	case VECTOR_ALIGNMENT: force(task, SIGBUS, BUS_ADRALN, 0); break;
	default:
		force(task, SIGSEGV, SI_KERNEL, 0);
		break; /* general protection, overflow, bound */
	}
}
