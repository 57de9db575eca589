/*
 * Process groups and sessions: setpgid, setsid and the questions about them, and what terminals need to
 * know for job control.
 */
#include <libanon/heap.h>
#include "syscall.h"
#include "task_table.h"
#include "wait4.h"

/* --- sessions --- */

struct session *session_create(int32_t sid)
{
	struct session *session = heap_zalloc(sizeof(*session));

	if (!session)
		return 0;
	session->sid = sid;
	session->references = 1;
	return session;
}

void session_put_locked(struct session *session)
{
	if (--session->references == 0)
		heap_free(session);
}

static bool group_exists_locked(int32_t pgid, const struct session *session)
{
	for (struct process *p = process_next_locked(0); p; p = process_next_locked(p)) {
		if (p->pgid == pgid && (!session || p->session == session))
			return true;
	}
	return false;
}

bool pgrp_in_session(int32_t pgid, int32_t sid)
{
	bool is_found = false;

	mutex_lock(&tasks_lock);
	for (struct process *p = process_next_locked(0); p && !is_found; p = process_next_locked(p))
		is_found = p->pgid == pgid && p->session->sid == sid;
	mutex_unlock(&tasks_lock);
	return is_found;
}

/* --- orphaned groups: no member has a parent in the same session and another group --- */

static bool is_orphaned_locked(int32_t pgid)
{
	for (struct process *p = process_next_locked(0); p; p = process_next_locked(p)) {
		if (p->pgid != pgid || p->state != PROCESS_ALIVE || !p->parent)
			continue;
		if (p->parent->pgid != pgid && p->parent->session == p->session)
			return false;
	}
	return true;
}

static bool has_stopped_member_locked(int32_t pgid)
{
	for (struct process *p = process_next_locked(0); p; p = process_next_locked(p)) {
		if (p->pgid == pgid && __atomic_load_n(&p->is_stopped, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

bool pgrp_is_orphaned(int32_t pgid)
{
	mutex_lock(&tasks_lock);
	bool is_orphaned = is_orphaned_locked(pgid);

	mutex_unlock(&tasks_lock);
	return is_orphaned;
}

void pgrp_report_orphans(struct process *process)
{
	int32_t pgid = process->pgid;

	mutex_lock(&tasks_lock);
	bool must_report = is_orphaned_locked(pgid) && has_stopped_member_locked(pgid);

	mutex_unlock(&tasks_lock);
	if (!must_report)
		return;
	signal_send_group(pgid, SIGHUP);
	signal_send_group(pgid, SIGCONT);
}

/* --- calls --- */

static struct process *find_target_locked(struct task *task, int32_t pid)
{
	struct process *process;

	if (pid == 0)
		return task->process;
	for (process = process_next_locked(0); process && process->pid != pid;)
		process = process_next_locked(process);
	return process;
}

static int64_t set_group_locked(struct task *task, int32_t pid, int32_t pgid)
{
	struct process *target = find_target_locked(task, pid);

	if (!target || (target != task->process && target->parent != task->process))
		return -ESRCH;
	if (target->session != task->process->session)
		return -EPERM;
	if (target != task->process && target->did_exec)
		return -EACCES;
	if (target->session->sid == target->pid)
		return -EPERM;
	if (pgid == 0)
		pgid = target->pid;
	if (pgid != target->pid && !group_exists_locked(pgid, target->session))
		return -EPERM;
	target->pgid = pgid;
	return 0;
}

SYSCALL2(setpgid, int32_t, pid, int32_t, pgid)
{
	if (pid < 0 || pgid < 0)
		return -EINVAL;
	mutex_lock(&tasks_lock);
	int64_t result = set_group_locked(task, pid, pgid);

	mutex_unlock(&tasks_lock);
	return result;
}

SYSCALL1(getpgid, int32_t, pid)
{
	mutex_lock(&tasks_lock);
	struct process *target = find_target_locked(task, pid);
	int64_t result = target ? target->pgid : -ESRCH;

	mutex_unlock(&tasks_lock);
	return result;
}

SYSCALL0(getpgrp)
{
	return __atomic_load_n(&task->process->pgid, __ATOMIC_RELAXED);
}

SYSCALL1(getsid, int32_t, pid)
{
	mutex_lock(&tasks_lock);
	struct process *target = find_target_locked(task, pid);
	int64_t result = target ? target->session->sid : -ESRCH;

	mutex_unlock(&tasks_lock);
	return result;
}

SYSCALL0(setsid)
{
	struct process *process = task->process;
	struct session *session = session_create(process->pid);
	int64_t result = session ? process->pid : -ENOMEM;

	mutex_lock(&tasks_lock);
	if (session && group_exists_locked(process->pid, 0))
		result = -EPERM;
	if (result > 0) {
		session_put_locked(process->session);
		process->session = session;
		process->pgid = process->pid;
		session = 0;
	}
	mutex_unlock(&tasks_lock);
	heap_free(session);
	return result;
}
