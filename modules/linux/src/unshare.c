/*
 * unshare: the caller stops sharing what clone let it share. Descriptors and the place in the file tree are copied,
 * mounts too; memory and signal handlers cannot be, so for them it is only said whether anybody has a part in them.
 * Namespaces but that of mounts are the container's: none can be made inside one. ns_own is the same for mounts, for
 * anybody: no program that has more rights than its caller can be fooled by what lies where, since none gets them any more.
 */
#include "file_api.h"
#include "syscall.h"
#include "task_table.h"

#define CLONE_VM 0x100ull
#define CLONE_FS 0x200ull
#define CLONE_FILES 0x400ull
#define CLONE_SIGHAND 0x800ull
#define CLONE_THREAD 0x10000ull
#define CLONE_NEWNS 0x20000ull
#define CLONE_SYSVSEM 0x40000ull /* no semaphores, nothing to share */
#define CLONE_NEW_OTHERS 0x7e000080ull
#define UNSHARE_KNOWN \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWNS | \
	 CLONE_SYSVSEM | CLONE_NEW_OTHERS)

/* Some things make sense only together with others. */
static uint64_t with_implied(uint64_t flags)
{
	if (flags & CLONE_VM)
		flags |= CLONE_SIGHAND;
	if (flags & CLONE_SIGHAND)
		flags |= CLONE_THREAD;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	return flags;
}

static bool has_other_threads(struct task *task)
{
	mutex_lock(&tasks_lock);
	bool is_found = task->process->task_count > 1;

	mutex_unlock(&tasks_lock);
	return is_found;
}

static bool shares_handlers(struct task *task)
{
	return __atomic_load_n(&task->process->sighand->references, __ATOMIC_ACQUIRE) > 1;
}

static bool shares_memory(struct task *task)
{
	bool is_found = false;

	mutex_lock(&tasks_lock);
	for (struct process *p = process_next_locked(0); p; p = process_next_locked(p)) {
		for (struct task *other = p->tasks; other; other = other->next)
			is_found |= other != task && other->mm == task->mm;
	}
	mutex_unlock(&tasks_lock);
	return is_found;
}

static int64_t check(struct task *task, uint64_t flags)
{
	if (flags & ~UNSHARE_KNOWN)
		return -EINVAL;
	if ((flags & CLONE_THREAD) && has_other_threads(task))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && shares_handlers(task))
		return -EINVAL;
	if ((flags & CLONE_VM) && shares_memory(task))
		return -EINVAL;
	if (flags & CLONE_NEW_OTHERS)
		return -EPERM;
	return (flags & CLONE_NEWNS) && !capable(task, CAP_SYS_ADMIN) ? -EPERM : 0;
}

SYSCALL1(unshare, uint64_t, flags)
{
	flags = with_implied(flags);
	int64_t error = check(task, flags);

	/* A copied descriptor table does no harm should the rest fail. */
	if (!error && (flags & CLONE_FILES))
		error = files_unshare(task);
	if (!error && (flags & CLONE_FS))
		error = fs_unshare(task, flags & CLONE_NEWNS ? FS_MOUNTS_COPIED : FS_MOUNTS_SHARED);
	return error;
}

SYSCALL0(ns_own)
{
	int64_t error = fs_unshare(task, FS_MOUNTS_OWN);

	if (error)
		return error;
	mutex_lock(&task->process->lock);
	task->cred.no_new_privileges = true;
	mutex_unlock(&task->process->lock);
	return 0;
}
