/*
 * Job control: which session a terminal controls, which of its groups is in the foreground, and what happens
 * to a background process that reads, writes or changes settings.
 */
#include "guest.h"
#include "signal.h"
#include "syscall.h"
#include "tty.h"

void tty_send_signals(uint32_t signals, int32_t group)
{
	for (int signal = 1; group > 0 && signals; signal++) {
		if (signals & 1u << signal)
			(void)signal_send_group(group, signal);
		signals &= ~(1u << signal);
	}
}

int64_t tty_check_background(struct task *task, struct tty *tty, int signal)
{
	int32_t group = task->process->pgid;
	mutex_lock(&tty->lock);
	int32_t foreground = tty->group;
	mutex_unlock(&tty->lock);
	if (task_tty(task) != tty || foreground == 0 || foreground == group)
		return 0;
	if (signal_is_blocked_or_ignored(task, signal))
		return signal == SIGTTIN ? -EIO : 0;
	if (pgrp_is_orphaned(group))
		return -EIO;
	(void)signal_send_group(group, signal);
	return -ERESTARTSYS;
}

static bool is_session_leader(struct process *process)
{
	return process_sid(process) == process->pid;
}

/* Makes tty the caller's controlling terminal. */
static void take(struct task *task, struct tty *tty)
{
	mutex_lock(&tty->lock);
	tty->session = task->process->pid;
	tty->group = task->process->pgid;
	mutex_unlock(&tty->lock);
	session_set_tty(task->process, tty);
}

void tty_take_control(struct task *task, struct tty *tty)
{
	if (is_session_leader(task->process) && !task_tty(task) && tty->session == 0)
		take(task, tty);
}

void tty_disassociate(struct tty *tty)
{
	mutex_lock(&tty->lock);
	int32_t session = tty->session;
	tty->session = 0;
	tty->group = 0;
	mutex_unlock(&tty->lock);
	struct process *leader = session > 0 ? process_find(session) : NULL;
	if (!leader)
		return;
	if (session_tty(leader) == tty)
		session_set_tty(leader, NULL);
	process_put(leader);
}

void tty_session_exit(struct task *task)
{
	struct tty *tty = session_tty(task->process);
	if (!tty)
		return;
	mutex_lock(&tty->lock);
	int32_t group = tty->group;
	bool is_ours = tty->session == task->process->pid;
	mutex_unlock(&tty->lock);
	if (!is_ours)
		return;
	if (group > 0) {
		(void)signal_send_group(group, SIGHUP);
		(void)signal_send_group(group, SIGCONT);
	}
	session_set_tty(task->process, NULL);
	mutex_lock(&tty->lock);
	tty->session = 0;
	tty->group = 0;
	mutex_unlock(&tty->lock);
}

static int64_t set_controlling(struct task *task, struct tty *tty, bool is_forced)
{
	struct tty *old = task_tty(task);
	if (is_session_leader(task->process) && old == tty && tty->session == task->process->pid)
		return 0;
	if (!is_session_leader(task->process) || old)
		return -EPERM;
	if (tty->session != 0) {
		if (!is_forced || !capable(task, CAP_SYS_ADMIN))
			return -EPERM;
		tty_disassociate(tty);
	}
	take(task, tty);
	return 0;
}

static int64_t give_up(struct task *task, struct tty *tty)
{
	if (task_tty(task) != tty)
		return -ENOTTY;
	if (is_session_leader(task->process))
		tty_session_exit(task);
	return 0; /* the terminal belongs to the session here: one member alone cannot leave it */
}

/* As on Linux, the number of a process will do. */
static bool group_exists(int32_t group)
{
	bool is_found = false;
	struct process *process;
	for (int32_t pid = 0; !is_found && (process = process_next(pid)); process_put(process)) {
		pid = process->pid;
		is_found = process->pgid == group || pid == group;
	}
	return is_found;
}

static int64_t set_group(struct task *task, struct tty *tty, uint64_t u_group)
{
	uint32_t group;
	int32_t session = process_sid(task->process);
	if (task_tty(task) != tty || tty->session != session)
		return -ENOTTY;
	int64_t result = tty_check_background(task, tty, SIGTTOU);
	if (result == 0)
		result = get_guest_u32(task, u_group, &group);
	if (result != 0)
		return result;
	if ((int32_t)group < 0)
		return -EINVAL;
	if (!pgrp_in_session((int32_t)group, session))
		return group_exists((int32_t)group) ? -EPERM : -ESRCH;
	mutex_lock(&tty->lock);
	tty->group = (int32_t)group;
	mutex_unlock(&tty->lock);
	return 0;
}

int64_t tty_job_ioctl(struct task *task, struct tty *tty, uint32_t command, uint64_t argument)
{
	switch (command) {
	case TIOCSCTTY: return set_controlling(task, tty, argument == 1);
	case TIOCNOTTY: return give_up(task, tty);
	case TIOCSPGRP: return set_group(task, tty, argument);
	case TIOCGPGRP:
		if (task_tty(task) != tty)
			return -ENOTTY;
		return put_guest_u32(task, argument, (uint32_t)tty->group);
	case TIOCGSID:
		if (task_tty(task) != tty || tty->session == 0)
			return -ENOTTY;
		return put_guest_u32(task, argument, (uint32_t)tty->session);
	default: return -ENOTTY;
	}
}
