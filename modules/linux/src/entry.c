/*
 * The main loop of a monitor thread: enter the guest; see why it came back; call what handles that; deliver
 * signals; enter again. It only dispatches.
 */
#include "entry.h"
#include <base/string.h>
#include <libanon/enter.h>
#include <libanon/log.h>
#include "exit.h"
#include "fault.h"
#include "rseq.h"
#include "syscall.h"

static bool is_restart_code(uint64_t result)
{
	return result >= (uint64_t)-ERESTART_RESTARTBLOCK && result <= (uint64_t)-ERESTARTSYS;
}

static void handle_trap(struct task *task)
{
	switch (task->state->trap) {
	case TRAP_SYSCALL: syscall_dispatch(task); break;
	case TRAP_FAULT: fault_memory(task); break;
	case TRAP_EXCEPTION: fault_exception(task); break;
	case TRAP_KICK:
	case TRAP_PREEMPTED: rseq_interrupt(task, 0); break;
	default: log_error("unknown trap %u", task->state->trap); break;
	}
}

void entry_loop(struct task *task)
{
	rseq_begin(task);
	while (!task->is_dying) {
		if (__atomic_load_n(&task->attention, __ATOMIC_ACQUIRE)) {
			signal_deliver(task);
			continue;
		}
		status_t status = enter();

		if (status != OK) {
			/* The space is gone or the registers were refused: this guest cannot go on. */
			log_error("%s[%d]: enter: %s", task->name, task->tid, status_name(status));
			exit_group(task, SIGKILL);
			break;
		}
		task->call_number = ~0ull;
		handle_trap(task);
		if (is_restart_code(task->state->regs.rax) && task->call_number != ~0ull)
			signal_deliver(task);
	}
}
