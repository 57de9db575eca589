/*
 * What arch/x86_64/entry.S does around the IPC calls, in C and in the same order: first the fast path under the shared
 * lock; when that changed nothing, the general one under the exclusive lock.
 */
#include "explore/entry.h"
#include "arch/x86_64/ipc_regs.h"
#include "ipc.h"
#include "kernel_lock.h"

static void leave(void)
{
	schedule_if_needed();
	kernel_mode_set(this_cpu(), KERNEL_OUT);
	__atomic_store_n(&kernel_lock_taken, 0, __ATOMIC_RELEASE);
}

/* The words were in registers all the time; they are those of whoever runs. */
static void leave_with_message(const struct guest_registers *words, struct ipc_switch to)
{
	ipc_regs_copy(words, to.to, words->rsi, to.badge);
	kernel_mode_set(this_cpu(), KERNEL_OUT);
}

static struct ipc_switch fast_path(struct thread *thread, enum ipc_call call,
                                   const struct guest_registers *words)
{
	if (words->rbx)
		return (struct ipc_switch){0};
	if (call == IPC_CALL)
		return ipc_call_fast(thread, words->rsi, words->rdi);
	if (call == IPC_REPLY_RECEIVE)
		return ipc_reply_receive_fast(thread, words->rsi, words->rdi);
	return (struct ipc_switch){0};
}

static void general_path(struct thread *thread, enum ipc_call call)
{
	switch (call) {
	case IPC_CALL: ipc_call(thread); break;
	case IPC_RECEIVE: ipc_receive(thread); break;
	case IPC_REPLY: ipc_reply(thread); break;
	case IPC_REPLY_RECEIVE: ipc_reply_receive(thread); break;
	}
}

void entry_ipc(struct thread *thread, enum ipc_call call)
{
	const struct guest_registers words = thread->arch.regs;
	struct ipc_switch to = fast_path(thread, call, &words);

	if (to.to) {
		leave_with_message(&words, to);
		return;
	}
	kernel_lock_exclusive();
	if (thread == cpu_current()) /* else it was ended while we waited */
		general_path(thread, call);
	leave();
}

void entry_interrupt(void (*work)(void))
{
	kernel_lock_exclusive();
	if (work)
		work();
	leave();
}
