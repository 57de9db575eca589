/*
 * Limits and usage: getrlimit, setrlimit, prlimit64, getrusage.
 */
#include <base/string.h>
#include "guest.h"
#include "mm.h"
#include "rusage.h"
#include "syscall.h"

#define RUSAGE_SELF 0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_BOTH (-2)
#define RUSAGE_THREAD 1
#define PAGE_KIB 4

struct linux_rusage {
	struct linux_timeval user, system;
	int64_t max_rss, shared, data, stack, minor_faults, major_faults, swaps, in_blocks,
		out_blocks;
	int64_t messages_sent, messages_received, signals, voluntary_switches, involuntary_switches;
};

int64_t rusage_put(struct task *task, uint64_t u_rusage, const struct process_times *times)
{
	struct linux_rusage usage;

	memset(&usage, 0, sizeof(usage));
	usage.user = time_to_timeval(times->user_ns);
	usage.system = time_to_timeval(times->system_ns);
	usage.max_rss = (int64_t)times->max_rss_pages * PAGE_KIB;
	return copy_to_guest(task, u_rusage, &usage, sizeof(usage));
}

SYSCALL2(getrusage, int32_t, who, uint64_t, u_rusage)
{
	struct process_times times;
	struct mm_usage usage;

	switch (who) {
	case RUSAGE_SELF: times = process_cpu_times(task->process); break;
	case RUSAGE_THREAD:
		times = (struct process_times){0};
		times.user_ns = process_cpu_times(task->process).user_ns;
		break;
	case RUSAGE_CHILDREN: times = task->process->child_times; break;
	default: return -EINVAL;
	}
	if (who != RUSAGE_CHILDREN) {
		mm_usage(task->mm, &usage);
		times.max_rss_pages = usage.resident_pages;
	}
	return rusage_put(task, u_rusage, &times);
}

/* --- limits --- */

static int64_t check_new_limit(struct task *task, const struct rlimit *old,
                               const struct rlimit *fresh)
{
	if (fresh->current > fresh->maximum)
		return -EINVAL;
	if (fresh->maximum > old->maximum && !capable(task, CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

/* Either of fresh and old may be null. */
static int64_t change_limit(struct task *task, struct process *target, uint32_t which,
                            const struct rlimit *fresh, struct rlimit *old)
{
	int64_t result = 0;

	if (which >= RLIMIT_COUNT)
		return -EINVAL;
	mutex_lock(&target->lock);
	if (old)
		*old = target->limits[which];
	if (fresh)
		result = check_new_limit(task, &target->limits[which], fresh);
	if (fresh && result == 0)
		target->limits[which] = *fresh;
	mutex_unlock(&target->lock);
	return result;
}

SYSCALL2(getrlimit, uint32_t, which, uint64_t, u_limit)
{
	struct rlimit limit;
	int64_t result = change_limit(task, task->process, which, 0, &limit);

	return result != 0 ? result : copy_to_guest(task, u_limit, &limit, sizeof(limit));
}

SYSCALL2(setrlimit, uint32_t, which, uint64_t, u_limit)
{
	struct rlimit limit;

	if (copy_from_guest(task, &limit, u_limit, sizeof(limit)) != 0)
		return -EFAULT;
	return change_limit(task, task->process, which, &limit, 0);
}

static int64_t may_limit(struct task *task, struct process *target)
{
	struct task *leader = process_task_next(target, 0);

	if (!leader)
		return -ESRCH;
	struct cred cred = task_cred(leader);

	task_put(leader);
	bool is_own = cred_is_wholly(&cred, task->cred.uid, task->cred.gid);

	return is_own || capable(task, CAP_SYS_RESOURCE) ? 0 : -EPERM;
}

SYSCALL4(prlimit64, int32_t, pid, uint32_t, which, uint64_t, u_new, uint64_t, u_old)
{
	struct rlimit fresh, old;

	if (u_new && copy_from_guest(task, &fresh, u_new, sizeof(fresh)) != 0)
		return -EFAULT;
	struct process *target = process_find(pid ? pid : task->process->pid);
	int64_t result = 0;

	if (!target)
		return -ESRCH;
	if (target != task->process)
		result = may_limit(task, target);
	if (result == 0)
		result = change_limit(task, target, which, u_new ? &fresh : 0, &old);
	process_put(target);
	if (result == 0 && u_old)
		result = copy_to_guest(task, u_old, &old, sizeof(old));
	return result;
}
