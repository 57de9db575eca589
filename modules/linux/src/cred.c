/*
 * Credentials: user and group numbers, supplementary groups, capabilities. They decide only within the
 * container; what the container itself may do is its monitor's handles. Each thread has its own, as on
 * Linux: libraries keep the threads of a process in step.
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include "guest.h"
#include "syscall.h"

#define UNCHANGED 0xffffffffu
#define NO_SETUID_FIXUP 4u
/* What the file system's user has of root's, as in capabilities(7), "Effect of user ID changes". */
#define CAPABILITIES_OF_FILES \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | \
	 BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE))
#define CAPABILITY_VERSION_1 0x19980330u
#define CAPABILITY_VERSION_2 0x20071026u
#define CAPABILITY_VERSION_3 0x20080522u

bool capable(struct task *task, int capability)
{
	return task->cred.cap_effective & BIT(capability);
}

bool cred_in_group(const struct cred *cred, uint32_t gid)
{
	if (cred->fsgid == gid)
		return true;
	for (uint32_t i = 0; i < cred->group_count; i++) {
		if (cred->groups[i] == gid)
			return true;
	}
	return false;
}

bool cred_is_wholly(const struct cred *cred, uint32_t uid, uint32_t gid)
{
	return cred->uid == uid && cred->euid == uid && cred->suid == uid && cred->gid == gid &&
	       cred->egid == gid && cred->sgid == gid;
}

bool may_schedule(struct task *task, struct task *target)
{
	struct cred cred = task_cred(target);

	return task->cred.euid == cred.uid || task->cred.euid == cred.euid ||
	       capable(task, CAP_SYS_NICE);
}

/* What changes of user numbers do to capabilities. */
static void adjust_capabilities(struct cred *fresh, const struct cred *old)
{
	bool had_root = old->uid == 0 || old->euid == 0 || old->suid == 0;
	bool has_root = fresh->uid == 0 || fresh->euid == 0 || fresh->suid == 0;

	if (fresh->securebits & NO_SETUID_FIXUP)
		return;
	if (had_root && !has_root) {
		fresh->cap_ambient = 0;
		if (!fresh->keep_capabilities)
			fresh->cap_permitted = 0;
	}
	if (old->euid == 0 && fresh->euid != 0)
		fresh->cap_effective = 0;
	else if (old->euid != 0 && fresh->euid == 0)
		fresh->cap_effective = fresh->cap_permitted;
	else if (old->fsuid == 0 && fresh->fsuid != 0)
		fresh->cap_effective &= ~CAPABILITIES_OF_FILES;
	else if (old->fsuid != 0 && fresh->fsuid == 0)
		fresh->cap_effective |= CAPABILITIES_OF_FILES;
	fresh->cap_effective &= fresh->cap_permitted;
}

static int64_t commit(struct task *task, struct cred *fresh)
{
	const struct cred *old = &task->cred;

	adjust_capabilities(fresh, old);
	mutex_lock(&task->process->lock);
	/* It may remember what the new user is not to know. */
	if (fresh->euid != old->euid || fresh->egid != old->egid || fresh->fsuid != old->fsuid ||
	    fresh->fsgid != old->fsgid)
		task->process->is_dumpable = false;
	task->cred = *fresh;
	mutex_unlock(&task->process->lock);
	return 0;
}

/* --- who --- */

SYSCALL0(getuid)
{
	return task->cred.uid;
}

SYSCALL0(geteuid)
{
	return task->cred.euid;
}

SYSCALL0(getgid)
{
	return task->cred.gid;
}

SYSCALL0(getegid)
{
	return task->cred.egid;
}

static int64_t put_three(struct task *task, uint64_t u_first, uint32_t first, uint64_t u_second,
                         uint32_t second, uint64_t u_third, uint32_t third)
{
	if (put_guest_u32(task, u_first, first) != 0 ||
	    put_guest_u32(task, u_second, second) != 0 || put_guest_u32(task, u_third, third) != 0)
		return -EFAULT;
	return 0;
}

SYSCALL3(getresuid, uint64_t, u_real, uint64_t, u_effective, uint64_t, u_saved)
{
	return put_three(task, u_real, task->cred.uid, u_effective, task->cred.euid, u_saved,
	                 task->cred.suid);
}

SYSCALL3(getresgid, uint64_t, u_real, uint64_t, u_effective, uint64_t, u_saved)
{
	return put_three(task, u_real, task->cred.gid, u_effective, task->cred.egid, u_saved,
	                 task->cred.sgid);
}

/* --- change of user --- */

static bool may_be_user(struct task *task, uint32_t uid)
{
	const struct cred *cred = &task->cred;

	return uid == UNCHANGED || uid == cred->uid || uid == cred->euid || uid == cred->suid ||
	       capable(task, CAP_SETUID);
}

static bool may_be_group(struct task *task, uint32_t gid)
{
	const struct cred *cred = &task->cred;

	return gid == UNCHANGED || gid == cred->gid || gid == cred->egid || gid == cred->sgid ||
	       capable(task, CAP_SETGID);
}

SYSCALL1(setuid, uint32_t, uid)
{
	struct cred fresh = task->cred;

	if (uid == UNCHANGED)
		return -EINVAL;
	if (capable(task, CAP_SETUID))
		fresh.uid = fresh.suid = uid;
	else if (uid != fresh.uid && uid != fresh.suid)
		return -EPERM;
	fresh.euid = fresh.fsuid = uid;
	return commit(task, &fresh);
}

SYSCALL1(setgid, uint32_t, gid)
{
	struct cred fresh = task->cred;

	if (gid == UNCHANGED)
		return -EINVAL;
	if (capable(task, CAP_SETGID))
		fresh.gid = fresh.sgid = gid;
	else if (gid != fresh.gid && gid != fresh.sgid)
		return -EPERM;
	fresh.egid = fresh.fsgid = gid;
	return commit(task, &fresh);
}

SYSCALL2(setreuid, uint32_t, real, uint32_t, effective)
{
	struct cred fresh = task->cred;

	if (!may_be_user(task, real) || !may_be_user(task, effective) ||
	    (real != UNCHANGED && real == fresh.suid && real != fresh.uid && real != fresh.euid &&
	     !capable(task, CAP_SETUID)))
		return -EPERM;
	if (real != UNCHANGED)
		fresh.uid = real;
	if (effective != UNCHANGED)
		fresh.euid = effective;
	if (real != UNCHANGED || (effective != UNCHANGED && effective != task->cred.uid))
		fresh.suid = fresh.euid;
	fresh.fsuid = fresh.euid;
	return commit(task, &fresh);
}

SYSCALL2(setregid, uint32_t, real, uint32_t, effective)
{
	struct cred fresh = task->cred;

	if (!may_be_group(task, real) || !may_be_group(task, effective))
		return -EPERM;
	if (real != UNCHANGED)
		fresh.gid = real;
	if (effective != UNCHANGED)
		fresh.egid = effective;
	if (real != UNCHANGED || (effective != UNCHANGED && effective != task->cred.gid))
		fresh.sgid = fresh.egid;
	fresh.fsgid = fresh.egid;
	return commit(task, &fresh);
}

SYSCALL3(setresuid, uint32_t, real, uint32_t, effective, uint32_t, saved)
{
	struct cred fresh = task->cred;

	if (!may_be_user(task, real) || !may_be_user(task, effective) || !may_be_user(task, saved))
		return -EPERM;
	if (real != UNCHANGED)
		fresh.uid = real;
	if (effective != UNCHANGED)
		fresh.euid = effective;
	if (saved != UNCHANGED)
		fresh.suid = saved;
	fresh.fsuid = fresh.euid;
	return commit(task, &fresh);
}

SYSCALL3(setresgid, uint32_t, real, uint32_t, effective, uint32_t, saved)
{
	struct cred fresh = task->cred;

	if (!may_be_group(task, real) || !may_be_group(task, effective) ||
	    !may_be_group(task, saved))
		return -EPERM;
	if (real != UNCHANGED)
		fresh.gid = real;
	if (effective != UNCHANGED)
		fresh.egid = effective;
	if (saved != UNCHANGED)
		fresh.sgid = saved;
	fresh.fsgid = fresh.egid;
	return commit(task, &fresh);
}

SYSCALL1(setfsuid, uint32_t, uid)
{
	struct cred fresh = task->cred;
	uint32_t old = fresh.fsuid;

	if (uid != UNCHANGED && (may_be_user(task, uid) || uid == old)) {
		fresh.fsuid = uid;
		commit(task, &fresh);
	}
	return old;
}

SYSCALL1(setfsgid, uint32_t, gid)
{
	struct cred fresh = task->cred;
	uint32_t old = fresh.fsgid;

	if (gid != UNCHANGED && (may_be_group(task, gid) || gid == old)) {
		fresh.fsgid = gid;
		commit(task, &fresh);
	}
	return old;
}

/* --- supplementary groups --- */

SYSCALL2(getgroups, int32_t, count, uint64_t, u_groups)
{
	const struct cred *cred = &task->cred;

	if (count < 0)
		return -EINVAL;
	if (count == 0)
		return cred->group_count;
	if ((uint32_t)count < cred->group_count)
		return -EINVAL;
	if (copy_to_guest(task, u_groups, cred->groups, cred->group_count * sizeof(uint32_t)) != 0)
		return -EFAULT;
	return cred->group_count;
}

SYSCALL2(setgroups, uint32_t, count, uint64_t, u_groups)
{
	struct cred fresh = task->cred;

	if (!capable(task, CAP_SETGID))
		return -EPERM;
	if (count > GROUPS_MAX)
		return -EINVAL;
	if (copy_from_guest(task, fresh.groups, u_groups, count * sizeof(uint32_t)) != 0)
		return -EFAULT;
	fresh.group_count = count;
	return commit(task, &fresh);
}

/* --- capabilities --- */

struct capability_header {
	uint32_t version;
	int32_t pid;
};
struct capability_words {
	uint32_t effective, permitted, inheritable;
};

/* Words a version has; 0 when it is none, and the guest is told the newest. */
static int64_t read_header(struct task *task, uint64_t u_header, struct capability_header *header)
{
	if (copy_from_guest(task, header, u_header, sizeof(*header)) != 0)
		return -EFAULT;
	if (header->version == CAPABILITY_VERSION_1)
		return 1;
	if (header->version == CAPABILITY_VERSION_2 || header->version == CAPABILITY_VERSION_3)
		return 2;
	return put_guest_u32(task, u_header, CAPABILITY_VERSION_3) == 0 ? 0 : -EFAULT;
}

SYSCALL2(capget, uint64_t, u_header, uint64_t, u_data)
{
	struct capability_header header;
	int64_t words = read_header(task, u_header, &header);

	if (words <= 0)
		return words < 0 ? words : u_data ? -EINVAL : 0;
	if (header.pid < 0)
		return -EINVAL;
	struct task *target = task_find(header.pid ? header.pid : task->tid);

	if (!target)
		return -ESRCH;
	struct cred cred = task_cred(target);

	task_put(target);
	struct capability_words data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(cred.cap_effective >> 32 * i);
		data[i].permitted = (uint32_t)(cred.cap_permitted >> 32 * i);
		data[i].inheritable = (uint32_t)(cred.cap_inheritable >> 32 * i);
	}
	return u_data ? copy_to_guest(task, u_data, data, (size_t)words * sizeof(data[0])) : 0;
}

SYSCALL2(capset, uint64_t, u_header, uint64_t, u_data)
{
	struct capability_header header;
	struct capability_words data[2];
	struct cred fresh = task->cred;
	int64_t words = read_header(task, u_header, &header);

	if (words <= 0)
		return words < 0 ? words : -EINVAL;
	if (header.pid != 0 && header.pid != task->tid)
		return -EPERM;
	memset(data, 0, sizeof(data));
	if (copy_from_guest(task, data, u_data, (size_t)words * sizeof(data[0])) != 0)
		return -EFAULT;
	uint64_t effective = data[0].effective | (uint64_t)data[1].effective << 32;
	uint64_t permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	uint64_t inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;

	if ((permitted & ~fresh.cap_permitted) || (effective & ~permitted) ||
	    (inheritable & ~(fresh.cap_inheritable | fresh.cap_permitted) &&
	     !capable(task, CAP_SETPCAP)))
		return -EPERM;
	fresh.cap_effective = effective;
	fresh.cap_permitted = permitted;
	fresh.cap_inheritable = inheritable;
	fresh.cap_ambient &= permitted & inheritable;
	mutex_lock(&task->process->lock);
	task->cred = fresh;
	mutex_unlock(&task->process->lock);
	return 0;
}
