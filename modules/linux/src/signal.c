/*
 * Signals: sending and delivery. A sender queues the signal, marks the task (attention) and wakes it; the
 * task itself takes signals in signal_deliver, which entry.c calls before it enters the guest again. All
 * decisions about a signal (ignore, stop, end, handler) are made there, by the task that got it.
 *
 * Stopping and continuing act on the process: SIGCONT continues it when it is sent, a stop signal stops it
 * when it is delivered, SIGKILL ends it when it is sent.
 */
#include "signal.h"
#include <base/string.h>
#include <libanon/enter.h>
#include "exit.h"
#include "hot.h"
#include "rseq.h"
#include "signal_frame.h"
#include "signal_queue.h"
#include "syscall.h"
#include "task_table.h"

#define FATAL_STATUS(signal) (signal)

/* --- who wants it --- */

static bool wants_signal(const struct task *task, int signal)
{
	return !task->is_leaving && !(task->blocked & ~task->waited & signal_bit(signal));
}

static bool is_ignored_locked(const struct process *process, const struct task *task, int signal)
{
	const struct linux_sigaction *action = &process->sighand->actions[signal - 1];
	const struct task *leader = task ? task : process->tasks;

	if (leader && ((leader->blocked | leader->waited) & signal_bit(signal)))
		return false; /* what is blocked stays pending, whatever becomes of it */
	if (action->handler == SIG_IGN)
		return true;
	if (action->handler != SIG_DFL)
		return false;
	enum signal_default by_default = signal_default_of(signal);

	/* Pid 1 gets only what it handles: nothing in the container can end it. */
	return by_default == SIGNAL_IGNORED || by_default == SIGNAL_CONTINUES ||
	       process == init_process;
}

/* The caller neither sleeps nor runs its guest: the mark is enough. */
static void attend(struct task *task)
{
	const struct guest_state *own = guest_state();

	__atomic_store_n(&task->attention, 1, __ATOMIC_SEQ_CST);
	if (!own || task->state != own)
		task_wake(task);
}

static void attend_all_locked(struct process *process)
{
	for (struct task *task = process->tasks; task; task = task->next)
		attend(task);
}

/* Wakes one thread that can take the signal: the leader if it does, else any. */
static void attend_one_locked(struct process *process, int signal)
{
	for (struct task *task = process->tasks; task; task = task->next) {
		if (wants_signal(task, signal)) {
			attend(task);
			return;
		}
	}
}

/* --- sending --- */

/* What happens at once. Returns whether a stopped process goes on. */
static bool act_on_sending_locked(struct process *process, int signal)
{
	if (SIGNALS_STOP & signal_bit(signal)) {
		pending_drop(&process->pending, signal_bit(SIGCONT));
		for (struct task *task = process->tasks; task; task = task->next)
			pending_drop(&task->pending, signal_bit(SIGCONT));
	}
	if (signal != SIGCONT && signal != SIGKILL)
		return false;
	pending_drop(&process->pending, SIGNALS_STOP);
	for (struct task *task = process->tasks; task; task = task->next)
		pending_drop(&task->pending, SIGNALS_STOP);
	bool was_stopped = process->is_stopped;

	process->is_stopped = false;
	process->may_stop = false;
	if (signal == SIGKILL && !process->is_exiting && process != init_process) {
		process->group_exit_status = FATAL_STATUS(SIGKILL);
		process->is_exiting = true;
	}
	if (was_stopped || process->is_exiting)
		attend_all_locked(process);
	if (!was_stopped || signal != SIGCONT)
		return false;
	process->wait_stopped = false;
	process->wait_continued = true;
	return true;
}

static int64_t send(struct process *process, struct task *task, const struct linux_siginfo *info)
{
	int signal = info->si_signo;

	mutex_lock(&process->lock);
	bool is_continued = act_on_sending_locked(process, signal);
	bool is_wanted = !is_ignored_locked(process, task, signal);
	bool is_queued = is_wanted && pending_add(task ? &task->pending : &process->pending, info);

	if (is_queued) {
		if (!task)
			attend_one_locked(process, signal);
		else if (wants_signal(task, signal))
			attend(task);
		wait_wake(&process->signal_wait);
	}
	mutex_unlock(&process->lock);
	if (is_continued)
		process_report(process, CLD_CONTINUED, SIGCONT);
	return is_wanted && !is_queued ? -EAGAIN : 0;
}

int64_t signal_send_task_info(struct task *task, const struct linux_siginfo *info)
{
	return send(task->process, task, info);
}

int64_t signal_send_process_info(struct process *process, const struct linux_siginfo *info)
{
	return send(process, 0, info);
}

COLD void signal_send_task(struct task *task, int signal)
{
	struct linux_siginfo info = {.si_signo = signal, .si_code = SI_KERNEL};

	(void)send(task->process, task, &info);
}

void signal_send_process(struct process *process, int signal)
{
	struct linux_siginfo info = {.si_signo = signal, .si_code = SI_KERNEL};

	(void)send(process, 0, &info);
}

static bool is_in_group(struct process *process, int32_t pgid)
{
	mutex_lock(&tasks_lock);
	bool is_member = process->state == PROCESS_ALIVE && process->pgid == pgid;

	mutex_unlock(&tasks_lock);
	return is_member;
}

int64_t signal_send_group(int32_t pgid, int signal)
{
	int64_t result = -ESRCH;
	int32_t pid = 0;
	struct process *process;

	while ((process = process_next(pid))) {
		pid = process->pid;
		if (is_in_group(process, pgid)) {
			signal_send_process(process, signal);
			result = 0;
		}
		process_put(process);
	}
	return result;
}

void signal_force(struct task *task, const struct linux_siginfo *info)
{
	struct process *process = task->process;
	struct linux_sigaction *action = &process->sighand->actions[info->si_signo - 1];
	sigset_t64 bit = signal_bit(info->si_signo);

	mutex_lock(&process->lock);
	if (action->handler == SIG_IGN || (task->blocked & bit))
		action->handler = SIG_DFL;
	task->blocked &= ~bit;
	pending_add(&task->pending, info);
	task->attention = 1;
	mutex_unlock(&process->lock);
}

/* --- what is pending --- */

static sigset_t64 pending_union(struct task *task)
{
	return __atomic_load_n(&task->pending.set, __ATOMIC_RELAXED) |
	       __atomic_load_n(&task->process->pending.set, __ATOMIC_RELAXED);
}

bool signal_kill_pending(struct task *task)
{
	struct process *process = task->process;
	struct task *exec_task = __atomic_load_n(&process->exec_task, __ATOMIC_RELAXED);

	return __atomic_load_n(&process->is_exiting, __ATOMIC_RELAXED) ||
	       (exec_task && exec_task != task);
}

COLD bool signal_pending(struct task *task)
{
	/* The full fence pairs with the sender's: queue, then look whether the task sleeps. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	bool is_pending = (pending_union(task) & ~(task->blocked & ~task->waited)) != 0 ||
	                  __atomic_load_n(&task->process->is_stopped, __ATOMIC_RELAXED) ||
	                  signal_kill_pending(task);

	/* Its sender may have queued it and not marked us yet: what is cut short now is followed by the handler. */
	if (is_pending)
		task->attention = 1;
	return is_pending;
}

sigset_t64 signal_pending_set(struct task *task)
{
	return pending_union(task);
}

bool signal_take(struct task *task, sigset_t64 set, struct linux_siginfo *out_info)
{
	mutex_lock(&task->process->lock);
	bool is_taken = pending_take(&task->pending, set, out_info) ||
	                pending_take(&task->process->pending, set, out_info);

	mutex_unlock(&task->process->lock);
	return is_taken;
}

bool signal_is_blocked_or_ignored(struct task *task, int signal)
{
	return (task->blocked & signal_bit(signal)) ||
	       task->process->sighand->actions[signal - 1].handler == SIG_IGN;
}

/* --- masks --- */

/* Signals to the process that this task does not take any more go to another thread. */
static void hand_over_locked(struct task *task)
{
	sigset_t64 left = task->process->pending.set;

	for (int signal = 1; left != 0; signal++, left >>= 1) {
		if ((left & 1) && !wants_signal(task, signal))
			attend_one_locked(task->process, signal);
	}
}

void signal_set_blocked(struct task *task, sigset_t64 mask)
{
	mutex_lock(&task->process->lock);
	task->blocked = mask & ~SIGNALS_UNBLOCKABLE;
	hand_over_locked(task);
	mutex_unlock(&task->process->lock);
	if (pending_union(task) & ~task->blocked)
		task->attention = 1;
}

void signal_leave(struct task *task)
{
	mutex_lock(&task->process->lock);
	task->is_leaving = true;
	hand_over_locked(task);
	mutex_unlock(&task->process->lock);
}

void signal_set_temporary_mask(struct task *task, sigset_t64 mask)
{
	task->saved_mask = task->blocked;
	task->has_saved_mask = true;
	signal_set_blocked(task, mask);
	/* Whoever ends the call without a signal must restore it; signal_deliver does so at the latest. */
	task->attention = 1;
}

void signal_restore_mask(struct task *task)
{
	if (!task->has_saved_mask)
		return;
	task->has_saved_mask = false;
	signal_set_blocked(task, task->saved_mask);
}

/* --- delivery --- */

enum step { STEP_NONE, STEP_DIE, STEP_STOPPED, STEP_SIGNAL };

static enum step next_step(struct task *task, struct linux_siginfo *info,
                           struct linux_sigaction *action)
{
	struct process *process = task->process;
	enum step step = STEP_NONE;

	__atomic_store_n(&task->attention, 0, __ATOMIC_SEQ_CST);
	mutex_lock(&process->lock);
	if (process->is_exiting || (process->exec_task && process->exec_task != task)) {
		step = STEP_DIE;
	} else if (process->is_stopped) {
		step = STEP_STOPPED;
	} else if (pending_take(&task->pending, ~task->blocked, info) ||
	           pending_take(&process->pending, ~task->blocked, info)) {
		struct linux_sigaction *current = &process->sighand->actions[info->si_signo - 1];

		*action = *current;
		if ((action->flags & SA_RESETHAND) && action->handler != SIG_IGN)
			current->handler = SIG_DFL;
		if (SIGNALS_STOP & signal_bit(info->si_signo))
			process->may_stop = true;
		step = STEP_SIGNAL;
	}
	mutex_unlock(&process->lock);
	return step;
}

static void sleep_while_stopped(struct task *task)
{
	for (;;) {
		uint32_t sequence = wait_sequence(task);

		if (!__atomic_load_n(&task->process->is_stopped, __ATOMIC_SEQ_CST))
			return;
		if (wait_sleep_killable(task, sequence, 0) != 0)
			return;
	}
}

static void stop_process(struct task *task, int signal)
{
	struct process *process = task->process;

	mutex_lock(&process->lock);
	bool is_news = process->may_stop && !process->is_stopped && !process->is_exiting;

	if (is_news) {
		process->is_stopped = process->wait_stopped = true;
		process->wait_continued = false;
		process->stop_signal = signal;
		attend_all_locked(process);
	}
	mutex_unlock(&process->lock);
	if (is_news)
		process_report(process, CLD_STOPPED, signal);
}

static void act_by_default(struct task *task, int signal)
{
	switch (signal_default_of(signal)) {
	case SIGNAL_IGNORED:
	case SIGNAL_CONTINUES: return;
	case SIGNAL_STOPS:
		if (signal == SIGSTOP || !pgrp_is_orphaned(task->process->pgid))
			stop_process(task, signal);
		return;
	case SIGNAL_TERMINATES:
	case SIGNAL_CORE: exit_group(task, FATAL_STATUS(signal)); return;
	}
}

static bool is_restart_code(int64_t result)
{
	return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

static bool was_interrupted(const struct task *task)
{
	return task->call_number != ~0ull && is_restart_code((int64_t)task->state->regs.rax);
}

/* Back to the SYSCALL instruction. */
static void repeat_call(struct task *task, uint64_t number)
{
	task->state->regs.rax = number;
	task->state->regs.rip -= 2;
	task->call_number = ~0ull;
}

static void settle_call_for_handler(struct task *task, const struct linux_sigaction *action)
{
	if (!was_interrupted(task))
		return;
	int64_t code = -(int64_t)task->state->regs.rax;

	if (code == ERESTARTNOINTR || (code == ERESTARTSYS && (action->flags & SA_RESTART)))
		repeat_call(task, task->call_number);
	else
		task->state->regs.rax = (uint64_t)-EINTR;
	task->call_number = ~0ull;
}

static void settle_call_without_handler(struct task *task)
{
	if (!was_interrupted(task))
		return;
	if ((int64_t)task->state->regs.rax == -ERESTART_RESTARTBLOCK)
		repeat_call(task, 219 /* restart_syscall */);
	else
		repeat_call(task, task->call_number);
}

static void run_handler(struct task *task, const struct linux_siginfo *info,
                        const struct linux_sigaction *action)
{
	sigset_t64 old_mask = task->has_saved_mask ? task->saved_mask : task->blocked;
	sigset_t64 mask = task->blocked | action->mask;

	settle_call_for_handler(task, action);
	task->call_number = ~0ull;
	task->has_saved_mask = false;
	rseq_interrupt(task, info->si_signo);
	if (signal_frame_push(task, info, action, old_mask) != 0) {
		exit_group(task, FATAL_STATUS(SIGSEGV));
		return;
	}
	if (!(action->flags & SA_NODEFER))
		mask |= signal_bit(info->si_signo);
	signal_set_blocked(task, mask);
}

static void act(struct task *task, const struct linux_siginfo *info,
                const struct linux_sigaction *action)
{
	if (action->handler == SIG_IGN)
		return;
	if (action->handler == SIG_DFL)
		act_by_default(task, info->si_signo);
	else
		run_handler(task, info, action);
}

void signal_deliver(struct task *task)
{
	struct linux_siginfo info;
	struct linux_sigaction action;

	while (!task->is_dying) {
		switch (next_step(task, &info, &action)) {
		case STEP_DIE:
			task->exit_status = task->process->group_exit_status;
			task->is_dying = true;
			return;
		case STEP_STOPPED: sleep_while_stopped(task); break;
		case STEP_SIGNAL: act(task, &info, &action); break;
		case STEP_NONE:
			if (!task->has_saved_mask) {
				settle_call_without_handler(task);
				return;
			}
			signal_restore_mask(task);
			break;
		}
	}
}
