/*
 * Sending signals to others: kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, and who may.
 */
#include "guest.h"
#include "reboot.h"
#include "syscall.h"
#include "task_table.h"

static bool may_signal(struct task *task, struct process *target, int32_t signal)
{
	mutex_lock(&target->lock);
	struct task *leader = target->tasks;
	bool is_own = leader &&
	              (task->cred.euid == leader->cred.suid ||
	               task->cred.euid == leader->cred.uid || task->cred.uid == leader->cred.suid ||
	               task->cred.uid == leader->cred.uid);

	mutex_unlock(&target->lock);
	if (is_own || capable(task, CAP_KILL) || (!leader && target->pid != 1))
		return true;
	return signal == SIGCONT && process_sid(target) == process_sid(task->process);
}

static struct linux_siginfo info_of_sender(struct task *task, int32_t signal, int32_t code)
{
	return (struct linux_siginfo){
		.si_signo = signal,
		.si_code = code,
		.user = {.pid = task->process->pid, .uid = task->cred.uid},
	};
}

static int64_t signal_one(struct task *task, struct process *target,
                          const struct linux_siginfo *info)
{
	if (!may_signal(task, target, info->si_signo))
		return -EPERM;
	int64_t result = info->si_signo != 0 ? signal_send_process_info(target, info) : 0;

	if (target->pid == 1 && !target->tasks)
		reboot_by_signal(task, info->si_signo);
	return result;
}

static bool is_meant(struct task *task, struct process *target, int32_t pid)
{
	bool is_match;

	mutex_lock(&tasks_lock);
	if (pid == -1)
		is_match = target->pid > 1 && target != task->process;
	else
		is_match = target->pgid == (pid == 0 ? task->process->pgid : -pid);
	mutex_unlock(&tasks_lock);
	return is_match;
}

/* A group (0, -pgid) or everyone (-1): succeeds when it reached one. */
static int64_t signal_many(struct task *task, int32_t pid, const struct linux_siginfo *info)
{
	int64_t result = -ESRCH;
	int32_t last = 0;
	struct process *target;

	while ((target = process_next(last))) {
		last = target->pid;
		if (is_meant(task, target, pid)) {
			int64_t one = signal_one(task, target, info);

			if (result != 0)
				result = one;
		}
		process_put(target);
	}
	return result;
}

SYSCALL2(kill, int32_t, pid, int32_t, signal)
{
	struct linux_siginfo info = info_of_sender(task, signal, SI_USER);

	if (signal < 0 || signal > SIGNAL_COUNT)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid <= 0)
		return signal_many(task, pid, &info);
	struct process *target = process_find(pid);

	if (!target)
		return -ESRCH;
	int64_t result = signal_one(task, target, &info);

	process_put(target);
	return result;
}

/* tgid 0: any. */
static int64_t signal_thread(struct task *task, int32_t tgid, int32_t tid,
                             const struct linux_siginfo *info)
{
	if (tid <= 0 || tgid < 0 || info->si_signo < 0 || info->si_signo > SIGNAL_COUNT)
		return -EINVAL;
	struct task *target = task_find(tid);
	int64_t result = 0;

	if (!target)
		return -ESRCH;
	if (tgid != 0 && target->process->pid != tgid)
		result = -ESRCH;
	else if (!may_signal(task, target->process, info->si_signo))
		result = -EPERM;
	else if (info->si_signo != 0)
		result = signal_send_task_info(target, info);
	task_put(target);
	return result;
}

SYSCALL2(tkill, int32_t, tid, int32_t, signal)
{
	struct linux_siginfo info = info_of_sender(task, signal, SI_TKILL);

	return signal_thread(task, 0, tid, &info);
}

SYSCALL3(tgkill, int32_t, tgid, int32_t, tid, int32_t, signal)
{
	struct linux_siginfo info = info_of_sender(task, signal, SI_TKILL);

	if (tgid <= 0)
		return -EINVAL;
	return signal_thread(task, tgid, tid, &info);
}

/* Only the kernel may pretend to be the kernel or kill(). */
static int64_t info_from_guest(struct task *task, int32_t pid, int32_t signal, uint64_t u_info,
                               struct linux_siginfo *out_info)
{
	if (copy_from_guest(task, out_info, u_info, sizeof(*out_info)) != 0)
		return -EFAULT;
	out_info->si_signo = signal;
	if ((out_info->si_code >= 0 || out_info->si_code == SI_TKILL) && pid != task->process->pid)
		return -EPERM;
	return 0;
}

SYSCALL3(rt_sigqueueinfo, int32_t, pid, int32_t, signal, uint64_t, u_info)
{
	struct linux_siginfo info;
	int64_t result = info_from_guest(task, pid, signal, u_info, &info);

	if (result != 0)
		return result;
	if (signal < 0 || signal > SIGNAL_COUNT)
		return -EINVAL;
	struct process *target = process_find(pid);

	if (!target)
		return -ESRCH;
	result = signal_one(task, target, &info);
	process_put(target);
	return result;
}

SYSCALL4(rt_tgsigqueueinfo, int32_t, tgid, int32_t, tid, int32_t, signal, uint64_t, u_info)
{
	struct linux_siginfo info;
	int64_t result = info_from_guest(task, tgid, signal, u_info, &info);

	return result != 0 ? result : signal_thread(task, tgid, tid, &info);
}
