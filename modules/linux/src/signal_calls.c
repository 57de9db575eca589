/*
 * The calls by which a task sets up and awaits its own signals: rt_sigaction, rt_sigprocmask,
 * rt_sigpending, rt_sigsuspend, rt_sigtimedwait, rt_sigreturn, sigaltstack, pause.
 */
#include <base/bits.h>
#include "guest.h"
#include "signal_frame.h"
#include "signal_queue.h"
#include "syscall.h"

#define SIGSET_BYTES 8
#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2
#define MINIMUM_SIGNAL_STACK 2048

static bool is_signal(int32_t signal)
{
	return signal >= 1 && signal <= SIGNAL_COUNT;
}

/* A signal that is now ignored is no longer pending. */
static void drop_if_ignored_locked(struct process *process, int32_t signal)
{
	uint64_t handler = process->sighand->actions[signal - 1].handler;
	enum signal_default by_default = signal_default_of(signal);

	if (handler != SIG_IGN && !(handler == SIG_DFL && (by_default == SIGNAL_IGNORED ||
	                                                   by_default == SIGNAL_CONTINUES)))
		return;
	pending_drop(&process->pending, signal_bit(signal));
	for (struct task *task = process->tasks; task; task = task->next)
		pending_drop(&task->pending, signal_bit(signal));
}

SYSCALL4(rt_sigaction, int32_t, signal, uint64_t, u_new, uint64_t, u_old, uint64_t, set_bytes)
{
	struct process *process = task->process;
	struct linux_sigaction new_action, old_action;

	if (set_bytes != SIGSET_BYTES || !is_signal(signal))
		return -EINVAL;
	if (u_new && copy_from_guest(task, &new_action, u_new, sizeof(new_action)) != 0)
		return -EFAULT;
	if (u_new && (SIGNALS_UNBLOCKABLE & signal_bit(signal)))
		return -EINVAL;
	mutex_lock(&process->lock);
	old_action = process->sighand->actions[signal - 1];
	if (u_new) {
		new_action.mask &= ~SIGNALS_UNBLOCKABLE;
		process->sighand->actions[signal - 1] = new_action;
		drop_if_ignored_locked(process, signal);
	}
	mutex_unlock(&process->lock);
	return u_old ? copy_to_guest(task, u_old, &old_action, sizeof(old_action)) : 0;
}

SYSCALL4(rt_sigprocmask, int32_t, how, uint64_t, u_set, uint64_t, u_old, uint64_t, set_bytes)
{
	sigset_t64 old_mask = task->blocked;
	sigset_t64 set;

	if (set_bytes != SIGSET_BYTES)
		return -EINVAL;
	if (u_set) {
		if (get_guest_u64(task, u_set, &set) != 0)
			return -EFAULT;
		if (how == SIG_BLOCK)
			set |= old_mask;
		else if (how == SIG_UNBLOCK)
			set = old_mask & ~set;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		signal_set_blocked(task, set);
	}
	return u_old ? put_guest_u64(task, u_old, old_mask) : 0;
}

SYSCALL2(rt_sigpending, uint64_t, u_set, uint64_t, set_bytes)
{
	if (set_bytes > SIGSET_BYTES)
		return -EINVAL;
	sigset_t64 set = signal_pending_set(task) & task->blocked;

	return copy_to_guest(task, u_set, &set, set_bytes);
}

static int64_t sleep_until_signal(struct task *task)
{
	int64_t result;

	do {
		uint32_t sequence = wait_sequence(task);

		result = wait_sleep(task, sequence, 0);
	} while (result == 0);
	return -ERESTARTNOHAND;
}

SYSCALL2(rt_sigsuspend, uint64_t, u_set, uint64_t, set_bytes)
{
	sigset_t64 set;

	if (set_bytes != SIGSET_BYTES)
		return -EINVAL;
	if (get_guest_u64(task, u_set, &set) != 0)
		return -EFAULT;
	signal_set_temporary_mask(task, set);
	return sleep_until_signal(task);
}

SYSCALL0(pause)
{
	return sleep_until_signal(task);
}

static void set_waited(struct task *task, sigset_t64 set)
{
	mutex_lock(&task->process->lock);
	task->waited = set;
	mutex_unlock(&task->process->lock);
}

/* Returns the signal's number or a negated errno. */
static int64_t wait_for_signal(struct task *task, sigset_t64 set, uint64_t deadline,
                               struct linux_siginfo *out_info)
{
	for (;;) {
		uint32_t sequence = wait_sequence(task);

		if (signal_take(task, set, out_info))
			return out_info->si_signo;
		int64_t result = wait_sleep(task, sequence, deadline);

		if (result != 0 && signal_take(task, set, out_info))
			return out_info->si_signo;
		if (result != 0)
			return result == -ETIMEDOUT ? -EAGAIN : -EINTR;
	}
}

SYSCALL4(rt_sigtimedwait, uint64_t, u_set, uint64_t, u_info, uint64_t, u_timeout, uint64_t,
         set_bytes)
{
	struct linux_siginfo info;
	sigset_t64 set;
	uint64_t deadline;

	if (set_bytes != SIGSET_BYTES)
		return -EINVAL;
	if (get_guest_u64(task, u_set, &set) != 0)
		return -EFAULT;
	int64_t result = time_deadline_from_guest(task, u_timeout, &deadline);

	if (result != 0)
		return result;
	set &= ~SIGNALS_UNBLOCKABLE;
	set_waited(task, set);
	result = wait_for_signal(task, set, deadline, &info);
	set_waited(task, 0);
	if (result > 0 && u_info && copy_to_guest(task, u_info, &info, sizeof(info)) != 0)
		return -EFAULT;
	return result;
}

SYSCALL0(rt_sigreturn)
{
	struct linux_siginfo info = {.si_signo = SIGSEGV, .si_code = SI_KERNEL};

	/* Whatever was interrupted, the frame says how it goes on. */
	task->call_number = ~0ull;
	if (signal_frame_pop(task) != 0)
		signal_force(task, &info);
	return (int64_t)task->state->regs.rax;
}

static int64_t set_alternate_stack(struct task *task, const struct linux_stack *stack)
{
	int32_t mode = stack->flags & ~SS_AUTODISARM;

	if (signal_stack_holds(&task->alternate_stack, task->state->regs.rsp))
		return -EPERM;
	if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		task->alternate_stack = (struct linux_stack){.flags = SS_DISABLE};
		return 0;
	}
	if (stack->size < MINIMUM_SIGNAL_STACK)
		return -ENOMEM;
	task->alternate_stack = (struct linux_stack){.sp = stack->sp, .size = stack->size};
	return 0;
}

SYSCALL2(sigaltstack, uint64_t, u_new, uint64_t, u_old)
{
	struct linux_stack old_stack = task->alternate_stack;
	struct linux_stack new_stack;
	int64_t error = 0;

	if (old_stack.size == 0)
		old_stack.flags = SS_DISABLE;
	else if (signal_stack_holds(&old_stack, task->state->regs.rsp))
		old_stack.flags = SS_ONSTACK;
	if (u_new && copy_from_guest(task, &new_stack, u_new, sizeof(new_stack)) != 0)
		return -EFAULT;
	if (u_new)
		error = set_alternate_stack(task, &new_stack);
	if (!error && u_old)
		error = copy_to_guest(task, u_old, &old_stack, sizeof(old_stack));
	return error;
}

SYSCALL0(restart_syscall)
{
	if (!task->restart.again)
		return -EINTR;
	return task->restart.again(task, &task->restart);
}
