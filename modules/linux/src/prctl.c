/*
 * prctl and arch_prctl: the switches of a task that have no call of their own.
 */
#include <base/bits.h>
#include <base/string.h>
#include "guest.h"
#include "syscall.h"

#define PR_SET_PDEATHSIG 1
#define PR_GET_PDEATHSIG 2
#define PR_GET_DUMPABLE 3
#define PR_SET_DUMPABLE 4
#define PR_GET_KEEPCAPS 7
#define PR_SET_KEEPCAPS 8
#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_GET_SECCOMP 21
#define PR_CAPBSET_READ 23
#define PR_CAPBSET_DROP 24
#define PR_GET_SECUREBITS 27
#define PR_SET_SECUREBITS 28
#define PR_SET_TIMERSLACK 29
#define PR_GET_TIMERSLACK 30
#define PR_SET_CHILD_SUBREAPER 36
#define PR_GET_CHILD_SUBREAPER 37
#define PR_SET_NO_NEW_PRIVS 38
#define PR_GET_NO_NEW_PRIVS 39
#define PR_GET_TID_ADDRESS 40
#define PR_CAP_AMBIENT 47
#define TIMER_SLACK_DEFAULT 50000

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

static int64_t set_name(struct task *task, uint64_t u_name)
{
	char name[TASK_NAME_BYTES];
	int64_t len = strncpy_from_guest(task, name, u_name, sizeof(name));

	if (len == -EFAULT)
		return len;
	name[sizeof(name) - 1] = 0;
	task_set_name(task, name);
	return 0;
}

static int64_t set_subreaper(struct task *task, bool is_subreaper)
{
	mutex_lock(&tasks_lock);
	task->process->is_subreaper = is_subreaper;
	mutex_unlock(&tasks_lock);
	return 0;
}

static int64_t drop_bounding(struct task *task, uint64_t capability)
{
	if (capability > CAP_LAST)
		return -EINVAL;
	if (!capable(task, CAP_SETPCAP))
		return -EPERM;
	task->cred.cap_bounding &= ~BIT(capability);
	return 0;
}

static int64_t set_switch(struct task *task, uint64_t value, bool *target)
{
	if (value > 1)
		return -EINVAL;
	mutex_lock(&task->process->lock);
	*target = value;
	mutex_unlock(&task->process->lock);
	return 0;
}

static int64_t prctl_of_credentials(struct task *task, int32_t option, uint64_t value)
{
	struct cred *cred = &task->cred;

	switch (option) {
	case PR_GET_KEEPCAPS: return cred->keep_capabilities;
	case PR_SET_KEEPCAPS: return set_switch(task, value, &cred->keep_capabilities);
	case PR_GET_SECUREBITS: return cred->securebits;
	case PR_SET_SECUREBITS:
		if (!capable(task, CAP_SETPCAP))
			return -EPERM;
		cred->securebits = (uint32_t)value;
		return 0;
	case PR_SET_NO_NEW_PRIVS:
		return value != 1 ? -EINVAL : set_switch(task, 1, &cred->no_new_privileges);
	case PR_GET_NO_NEW_PRIVS: return cred->no_new_privileges;
	case PR_CAPBSET_READ:
		return value > CAP_LAST ? -EINVAL : (int64_t)(cred->cap_bounding >> value & 1);
	case PR_CAPBSET_DROP: return drop_bounding(task, value);
	default: return -EINVAL;
	}
}

SYSCALL5(prctl, int32_t, option, uint64_t, value, uint64_t, third, uint64_t, fourth, uint64_t,
         fifth)
{
	struct process *process = task->process;

	switch (option) {
	case PR_SET_PDEATHSIG:
		if (value > SIGNAL_COUNT)
			return -EINVAL;
		process->parent_death_signal = (int32_t)value;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_guest_u32(task, value, (uint32_t)process->parent_death_signal);
	case PR_GET_DUMPABLE: return process->is_dumpable;
	case PR_SET_DUMPABLE: return set_switch(task, value, &process->is_dumpable);
	case PR_SET_NAME: return set_name(task, value);
	case PR_GET_NAME: return copy_to_guest(task, value, task->name, sizeof(task->name));
	case PR_GET_SECCOMP: return 0;
	case PR_SET_TIMERSLACK:
		task->timer_slack_ns = value ? value : TIMER_SLACK_DEFAULT;
		return 0;
	case PR_GET_TIMERSLACK: return (int64_t)task->timer_slack_ns;
	case PR_SET_CHILD_SUBREAPER: return set_subreaper(task, value != 0);
	case PR_GET_CHILD_SUBREAPER: return put_guest_u32(task, value, process->is_subreaper);
	case PR_GET_TID_ADDRESS: return put_guest_u64(task, value, task->clear_tid);
	default: return prctl_of_credentials(task, option, value);
	}
}

SYSCALL2(arch_prctl, int32_t, option, uint64_t, value)
{
	struct guest_registers *regs = &task->state->regs;

	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (value >= GUEST_END)
			return -EPERM;
		if (option == ARCH_SET_FS)
			regs->fs_base = value;
		else
			regs->gs_base = value;
		return 0;
	case ARCH_GET_FS: return put_guest_u64(task, value, regs->fs_base);
	case ARCH_GET_GS: return put_guest_u64(task, value, regs->gs_base);
	default: return -EINVAL;
	}
}

SYSCALL1(personality, uint64_t, persona)
{
	uint32_t old = task->personality;

	if ((uint32_t)persona != 0xffffffffu)
		task->personality = (uint32_t)persona;
	return old;
}
