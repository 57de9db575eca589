/*
 * The end of tasks and processes. exit_group marks and wakes; every thread notices in signal_deliver and
 * leaves its loop; exit_task takes it apart. The last thread makes the process a zombie, hands its children
 * to the nearest subreaper or pid 1 and tells the parent. wait4.c buries it.
 */
#include "exit.h"
#include <base/bits.h>
#include <libanon/syscall.h>
#include "container.h"
#include "exec.h"
#include "file_api.h"
#include "fork.h"
#include "futex.h"
#include "mm.h"
#include "signal_queue.h"
#include "stop.h"
#include "syscall.h"
#include "task_table.h"
#include "timers.h"
#include "wait4.h"

struct process *init_process;

SYSCALL1(exit, int32_t, code)
{
	task->exit_status = (code & 0xff) << 8;
	task->is_dying = true;
	return 0;
}

SYSCALL1(exit_group, int32_t, code)
{
	exit_group(task, (code & 0xff) << 8);
	return 0;
}

void exit_group(struct task *task, int32_t status)
{
	struct process *process = task->process;

	mutex_lock(&process->lock);
	if (!process->is_exiting) {
		process->is_exiting = true;
		process->is_stopped = false;
		process->group_exit_status = status;
		for (struct task *other = process->tasks; other; other = other->next) {
			if (other == task)
				continue;
			__atomic_store_n(&other->attention, 1, __ATOMIC_SEQ_CST);
			task_wake(other);
		}
	}
	task->exit_status = process->group_exit_status;
	mutex_unlock(&process->lock);
	task->is_dying = true;
}

/* --- telling the parent --- */

static void fill_child_info(struct linux_siginfo *info, struct process *process, int32_t code,
                            int32_t status)
{
	struct task *leader = process->tasks;

	*info = (struct linux_siginfo){
		.si_signo = SIGCHLD,
		.si_code = code,
		.child = {.pid = process->pid,
	                  .uid = leader ? leader->cred.uid : 0,
	                  .status = status},
	};
}

static bool parent_wants(struct process *parent, uint64_t flag)
{
	mutex_lock(&parent->lock);
	struct linux_sigaction *action = &parent->sighand->actions[SIGCHLD - 1];
	bool is_wanted = !(action->flags & flag) &&
	                 !(flag == SA_NOCLDWAIT && action->handler == SIG_IGN);

	mutex_unlock(&parent->lock);
	return is_wanted;
}

static struct process *parent_get(struct process *process)
{
	mutex_lock(&tasks_lock);
	struct process *parent = process->parent;

	if (parent)
		process_get(parent);
	mutex_unlock(&tasks_lock);
	return parent;
}

void process_report(struct process *process, int32_t code, int32_t signal)
{
	struct linux_siginfo info;

	struct process *parent = parent_get(process);

	if (!parent)
		return;
	if (parent_wants(parent, SA_NOCLDSTOP)) {
		fill_child_info(&info, process, code, signal);
		(void)signal_send_process_info(parent, &info);
	}
	wait_wake(&parent->child_wait);
	process_put(parent);
}

/* A zombie that its parent has to learn of. */
struct report {
	struct process *parent; /* a reference, or null */
	struct task *leader;    /* buried: nobody will wait for it; or null */
};

static void signal_parent(struct process *process, struct process *parent)
{
	int32_t status = process->exit_status;
	struct linux_siginfo info;

	fill_child_info(&info, process, status & 0x7f ? CLD_KILLED : CLD_EXITED,
	                status & 0x7f ? status & 0x7f : status >> 8);
	info.si_signo = process->exit_signal;
	(void)signal_send_process_info(parent, &info);
}

/* The signal is sent before anybody can wait for the process; other signals than SIGCHLD may need the lock themselves. */
static struct report begin_report_locked(struct process *process)
{
	struct report report = {.parent = process->parent};

	if (!report.parent) {
		report.leader = wait_bury_locked(process);
		return report;
	}
	process_get(report.parent);
	if (process->exit_signal != SIGCHLD)
		return report;
	/* Without a program of its own, pid 1 buries whoever comes to it. */
	bool keeps_zombies = report.parent->tasks && parent_wants(report.parent, SA_NOCLDWAIT);

	signal_parent(process, report.parent);
	if (!keeps_zombies)
		report.leader = wait_bury_locked(process);
	return report;
}

/* Without the lock. */
static void end_report(struct process *process, const struct report *report)
{
	if (!report->parent && process->job)
		job_ended(process->job, process->exit_status);
	if (report->parent && process->exit_signal != 0 && process->exit_signal != SIGCHLD)
		signal_parent(process, report->parent);
	wait_buried(process, report->leader);
	if (!report->parent)
		return;
	wait_wake(&report->parent->child_wait);
	process_put(report->parent);
}

/* --- orphans --- */

static struct process *new_parent_locked(struct process *process)
{
	for (struct process *up = process->parent; up; up = up->parent) {
		if (up->is_subreaper && up->state == PROCESS_ALIVE)
			return up;
	}
	return init_process == process ? 0 : init_process;
}

/* Hands the children over; returns a zombie among them whose new parent must be told, with a reference, or null. */
static struct process *give_up_child_locked(struct process *process)
{
	struct process *child = process->children;

	if (!child)
		return 0;
	process->children = child->sibling;
	child->parent = new_parent_locked(process);
	child->exit_signal = SIGCHLD;
	child->sibling = 0;
	if (child->parent) {
		child->sibling = child->parent->children;
		child->parent->children = child;
	}
	process_get(child);
	return child;
}

static void hand_over_children(struct process *process)
{
	for (;;) {
		mutex_lock(&tasks_lock);
		struct process *child = give_up_child_locked(process);
		bool is_zombie = child && child->state == PROCESS_ZOMBIE;
		int32_t death_signal = child ? child->parent_death_signal : 0;
		struct report report = {0};

		if (is_zombie)
			report = begin_report_locked(child);
		mutex_unlock(&tasks_lock);
		if (!child)
			return;
		if (death_signal != 0)
			signal_send_process(child, death_signal);
		if (is_zombie)
			end_report(child, &report);
		process_put(child);
	}
}

/* --- taking a task apart --- */

static void give_up_memory(struct task *task)
{
	struct process *process = task->process;

	futex_exit(task);
	fork_vfork_done(task);
	mutex_lock(&process->lock);
	struct mm *mm = task->mm;
	struct files *files = task->files;
	struct fs *fs = task->fs;

	task->mm = 0;
	task->files = 0;
	task->fs = 0;
	mutex_unlock(&process->lock);
	sys_space_bind(HANDLE_NONE);
	if (files)
		files_put(files);
	if (fs)
		fs_put(fs);
	if (mm)
		mm_put(mm);
}

/* The leader's number and name stay with the zombie, so it stays in the tables until it is buried. */
static bool unlink_task(struct task *task)
{
	struct process *process = task->process;
	struct thread_info info;

	if (sys_thread_info(task->thread, &info) != OK)
		info.cpu_ns = 0;
	mutex_lock(&tasks_lock);
	task->cpu_ns = info.cpu_ns;
	task->is_exited = true;
	task->thread = HANDLE_NONE; /* nobody may kick whoever gets the number next */
	process->live_count--;
	bool is_last = process->live_count == 0;

	if (task->tid != process->pid) {
		process->times.user_ns += info.cpu_ns;
		task_unlink_locked(task);
	}
	mutex_unlock(&tasks_lock);
	return is_last;
}

static void end_process(struct task *task)
{
	struct process *process = task->process;
	int32_t status = task->exit_status;

	mutex_lock(&process->lock);
	if (process->is_exiting)
		status = process->group_exit_status;
	process->is_exiting = true;
	mutex_unlock(&process->lock);
	if (process == init_process)
		stop_with_init(status);
	timers_exit(process);
	if (process_sid(process) == process->pid)
		tty_session_exit(task);
	hand_over_children(process);
	mutex_lock(&tasks_lock);
	process->exit_status = status;
	process->state = PROCESS_ZOMBIE;
	struct report report = begin_report_locked(process);

	mutex_unlock(&tasks_lock);
	pgrp_report_orphans(process);
	end_report(process, &report);
}

void exit_task(struct task *task)
{
	struct process *process = task->process;
	bool is_other_thread = task->tid != process->pid;

	signal_leave(task);
	give_up_memory(task);
	process_get(process);
	bool is_last = unlink_task(task);

	if (is_last)
		end_process(task);
	else
		exec_thread_gone(process);
	if (is_other_thread)
		task_put(task); /* the tables' reference; the leader's goes when it is buried */
	process_put(process);
	task_put(task); /* the thread's own */
}
