/*
 * Scheduling calls. The kernel schedules all guest threads of a container alike; what programs set here
 * (niceness, policy) is remembered and told back, and has no effect yet, which docs/modules/linux.md says.
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/syscall.h>
#include "cpu.h"
#include "guest.h"
#include "syscall.h"
#include "task_table.h"

#define PRIO_PROCESS 0
#define PRIO_PGRP 1
#define PRIO_USER 2
#define NICE_MIN (-20)
#define NICE_MAX 19
#define SCHED_OTHER 0
#define SCHED_FIFO 1
#define SCHED_RR 2
#define SCHED_BATCH 3
#define SCHED_IDLE 5
#define SCHED_RESET_ON_FORK 0x40000000
#define SLICE_NS 4000000

SYSCALL0(sched_yield)
{
	sys_thread_yield();
	return 0;
}

/* --- CPUs --- */

/* Pid 1 may be a process without threads. */
static int64_t check_tid(int32_t tid)
{
	struct task *target = tid == 0 ? 0 : task_find(tid);

	if (target)
		task_put(target);
	return tid == 0 || tid == 1 || target ? 0 : -ESRCH;
}

SYSCALL3(getcpu, uint64_t, u_cpu, uint64_t, u_node, uint64_t, u_cache)
{
	if (u_cpu && put_guest_u32(task, u_cpu, cpu_number()) != 0)
		return -EFAULT;
	return u_node ? put_guest_u32(task, u_node, 0) : 0;
}

/* --- niceness --- */

static bool is_chosen_locked(struct task *task, struct process *process, int32_t which,
                             uint32_t who)
{
	if (process->state != PROCESS_ALIVE)
		return false;
	switch (which) {
	case PRIO_PROCESS:
		return (uint32_t)process->pid == (who ? who : (uint32_t)task->process->pid);
	case PRIO_PGRP:
		return (uint32_t)process->pgid == (who ? who : (uint32_t)task->process->pgid);
	default: return process->tasks && process->tasks->cred.uid == (who ? who : task->cred.uid);
	}
}

SYSCALL2(getpriority, int32_t, which, uint32_t, who)
{
	int64_t best = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	mutex_lock(&tasks_lock);
	for (struct process *p = process_next_locked(0); p; p = process_next_locked(p)) {
		if (is_chosen_locked(task, p, which, who))
			best = MAX(best, (int64_t)(20 - p->nice));
	}
	mutex_unlock(&tasks_lock);
	return best;
}

static int64_t set_nice(struct task *task, struct process *process, int32_t nice)
{
	if (process->tasks && !may_schedule(task, process->tasks))
		return -EPERM;
	if (nice < process->nice && !capable(task, CAP_SYS_NICE))
		return -EACCES;
	process->nice = nice;
	return 0;
}

SYSCALL3(setpriority, int32_t, which, uint32_t, who, int32_t, nice)
{
	int64_t result = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	nice = MAX(MIN(nice, NICE_MAX), NICE_MIN);
	mutex_lock(&tasks_lock);
	for (struct process *p = process_next_locked(0); p; p = process_next_locked(p)) {
		if (!is_chosen_locked(task, p, which, who))
			continue;
		int64_t one = set_nice(task, p, nice);

		if (one != 0 || result == -ESRCH)
			result = one;
	}
	mutex_unlock(&tasks_lock);
	return result;
}

/* --- policies --- */

static bool is_policy(int32_t policy)
{
	policy &= ~SCHED_RESET_ON_FORK;
	return policy == SCHED_OTHER || policy == SCHED_FIFO || policy == SCHED_RR ||
	       policy == SCHED_BATCH || policy == SCHED_IDLE;
}

SYSCALL1(sched_getscheduler, int32_t, tid)
{
	return tid < 0 ? -EINVAL : check_tid(tid) != 0 ? -ESRCH : SCHED_OTHER;
}

SYSCALL2(sched_getparam, int32_t, tid, uint64_t, u_param)
{
	if (tid < 0 || u_param == 0)
		return -EINVAL;
	return check_tid(tid) != 0 ? -ESRCH : put_guest_u32(task, u_param, 0);
}

/* Real-time policies would need a share of the machine that the container does not have. */
SYSCALL3(sched_setscheduler, int32_t, tid, int32_t, policy, uint64_t, u_param)
{
	uint32_t priority;

	if (tid < 0 || !is_policy(policy))
		return -EINVAL;
	if (get_guest_u32(task, u_param, &priority) != 0)
		return -EFAULT;
	if (check_tid(tid) != 0)
		return -ESRCH;
	policy &= ~SCHED_RESET_ON_FORK;
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return priority < 1 || priority > 99 ? -EINVAL : -EPERM;
	return priority == 0 ? 0 : -EINVAL;
}

SYSCALL2(sched_setparam, int32_t, tid, uint64_t, u_param)
{
	uint32_t priority;

	if (get_guest_u32(task, u_param, &priority) != 0)
		return -EFAULT;
	return check_tid(tid) != 0 ? -ESRCH : priority == 0 ? 0 : -EINVAL;
}

SYSCALL1(sched_get_priority_max, int32_t, policy)
{
	if (!is_policy(policy))
		return -EINVAL;
	return policy == SCHED_FIFO || policy == SCHED_RR ? 99 : 0;
}

SYSCALL1(sched_get_priority_min, int32_t, policy)
{
	if (!is_policy(policy))
		return -EINVAL;
	return policy == SCHED_FIFO || policy == SCHED_RR ? 1 : 0;
}

SYSCALL2(sched_rr_get_interval, int32_t, tid, uint64_t, u_interval)
{
	struct linux_timespec slice = {0, SLICE_NS};

	if (check_tid(tid) != 0)
		return -ESRCH;
	return copy_to_guest(task, u_interval, &slice, sizeof(slice));
}

struct linux_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};
#define SCHED_ATTR_BYTES_FIRST 48

SYSCALL4(sched_getattr, int32_t, tid, uint64_t, u_attr, uint32_t, bytes, uint32_t, flags)
{
	struct linux_sched_attr attr;

	if (flags != 0 || tid < 0 || bytes < SCHED_ATTR_BYTES_FIRST || bytes > PAGE_SIZE)
		return -EINVAL;
	if (check_tid(tid) != 0)
		return -ESRCH;
	memset(&attr, 0, sizeof(attr));
	attr.size = MIN(bytes, (uint32_t)sizeof(attr));
	attr.nice = task->process->nice;
	return copy_to_guest(task, u_attr, &attr, attr.size);
}

/* --- I/O priority: as above, remembered by nobody --- */

SYSCALL2(ioprio_get, int32_t, which, int32_t, who)
{
	return which < 1 || which > 3 ? -EINVAL : 0;
}
