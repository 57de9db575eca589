/*
 * Advisory locks: flock (owned by the open file description), record locks (owned by the table of
 * descriptors, as on Linux, so threads share them) and open-file-description record locks. They hang on
 * the inode, in this container only; one lock guards them all and one queue has all who wait.
 */
#include "locks.h"
#include "guest.h"
#include "syscall.h"
#include <base/bits.h>
#include <libanon/heap.h>

#define LOCKS_PER_FILE 4096
#define TO_THE_END INT64_MAX

struct file_lock {
	struct file_lock *next;
	const void *owner; /* struct file or struct files */
	bool is_flock;
	bool is_write;
	int64_t start, end; /* inclusive */
	int32_t pid;        /* -1 for open-file-description locks */
};

static struct mutex locks_lock = MUTEX_RANKED(RANK_PIPE);
static struct wait_queue locks_wait;
static struct once locks_once = ONCE_INIT;

static void locks_start(void)
{
	wait_queue_init(&locks_wait);
}

static bool overlaps(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static struct file_lock *conflict_locked(struct inode *inode, const struct file_lock *wanted)
{
	for (struct file_lock *l = inode->locks; l; l = l->next) {
		if (l->is_flock == wanted->is_flock && l->owner != wanted->owner &&
		    (l->is_write || wanted->is_write) && overlaps(l, wanted))
			return l;
	}
	return NULL;
}

/* Cuts the range out of the owner's locks; *spare is used when one is split in two. */
static void cut_locked(struct inode *inode, const struct file_lock *range, struct file_lock **spare)
{
	struct file_lock **at = &inode->locks, *l;
	while ((l = *at)) {
		if (l->is_flock != range->is_flock || l->owner != range->owner ||
		    !overlaps(l, range)) {
			at = &l->next;
		} else if (l->start < range->start && l->end > range->end) {
			struct file_lock *rest = *spare;
			*spare = NULL;
			*rest = *l;
			rest->start = range->end + 1;
			l->end = range->start - 1;
			l->next = rest;
			at = &rest->next;
		} else if (l->start < range->start) {
			l->end = range->start - 1;
			at = &l->next;
		} else if (l->end > range->end) {
			l->start = range->end + 1;
			at = &l->next;
		} else {
			*at = l->next;
			heap_free(l);
		}
	}
}

static bool is_too_many_locked(struct inode *inode)
{
	unsigned count = 0;
	for (struct file_lock *l = inode->locks; l; l = l->next)
		count++;
	return count >= LOCKS_PER_FILE;
}

/* Takes the lock when nothing conflicts; fresh is two spare structures. False: somebody else holds it. */
static bool try_set(struct inode *inode, const struct file_lock *wanted, bool is_unlock,
                    struct file_lock *fresh[2], int64_t *result)
{
	mutex_lock(&locks_lock);
	bool is_free = is_unlock || !conflict_locked(inode, wanted);
	if (is_free && !is_unlock && is_too_many_locked(inode)) {
		*result = -ENOLCK;
	} else if (is_free) {
		cut_locked(inode, wanted, &fresh[0]);
		if (!is_unlock) {
			*fresh[1] = *wanted;
			fresh[1]->next = inode->locks;
			inode->locks = fresh[1];
			fresh[1] = NULL;
		}
	}
	mutex_unlock(&locks_lock);
	return is_free;
}

static int64_t set_lock(struct task *task, struct inode *inode, const struct file_lock *wanted,
                        bool is_unlock, bool may_wait)
{
	struct file_lock *fresh[2] = {heap_alloc(sizeof(**fresh)), heap_alloc(sizeof(**fresh))};
	int64_t result = fresh[0] && fresh[1] ? 0 : -ENOLCK;
	once_run(&locks_once, locks_start);
	if (result == 0 && !try_set(inode, wanted, is_unlock, fresh, &result)) {
		int64_t waited = may_wait ? wait_event(task, &locks_wait,
		                                       try_set(inode, wanted, is_unlock, fresh,
		                                               &result),
		                                       0)
		                          : -EAGAIN;
		if (waited != 0)
			result = waited;
	}
	heap_free(fresh[0]);
	heap_free(fresh[1]);
	if (result == 0)
		wait_wake(&locks_wait); /* something may have been given up or weakened */
	return result;
}

/* --- release --- */

static void release_owner(struct inode *inode, const void *owner)
{
	bool is_any = false;
	once_run(&locks_once, locks_start);
	mutex_lock(&locks_lock);
	struct file_lock **at = &inode->locks, *l;
	while ((l = *at)) {
		if (l->owner != owner) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		heap_free(l);
		is_any = true;
	}
	mutex_unlock(&locks_lock);
	if (is_any)
		wait_wake(&locks_wait);
}

void locks_release_file(struct file *file)
{
	if (file->inode->locks)
		release_owner(file->inode, file);
}

void locks_release_process(struct files *files, struct inode *inode)
{
	release_owner(inode, files);
}

void locks_free(struct inode *inode)
{
	while (inode->locks) {
		struct file_lock *next = inode->locks->next;
		heap_free(inode->locks);
		inode->locks = next;
	}
}

/* --- calls --- */

SYSCALL2(flock, int32_t, fd, uint32_t, operation)
{
	uint32_t kind = operation & ~(uint32_t)LOCK_NB;
	if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN)
		return -EINVAL;
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	struct file_lock wanted = {.owner = file,
	                           .is_flock = true,
	                           .is_write = kind == LOCK_EX,
	                           .end = TO_THE_END,
	                           .pid = task->process->pid};
	int64_t result = file->flags & O_PATH ? -EBADF
	                                      : set_lock(task, file->inode, &wanted,
	                                                 kind == LOCK_UN, !(operation & LOCK_NB));
	file_put(file);
	return result;
}

static int64_t base_of(struct file *file, int whence)
{
	if (whence == SEEK_CUR)
		return (int64_t)file->position;
	if (whence == SEEK_END)
		return (int64_t)file->inode->size;
	return 0;
}

/* The absolute range of a struct flock. */
static int64_t range_of(struct file *file, const struct linux_flock *from, struct file_lock *to)
{
	int64_t start, end = TO_THE_END;
	if (from->whence < SEEK_SET || from->whence > SEEK_END)
		return -EINVAL;
	if (__builtin_add_overflow(base_of(file, from->whence), from->start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	if (from->len > 0 && __builtin_add_overflow(start, from->len - 1, &end))
		return -EOVERFLOW;
	if (from->len < 0) {
		end = start - 1;
		start += from->len;
	}
	to->start = start;
	to->end = end;
	return start < 0 ? -EINVAL : 0;
}

static int64_t get_lock(struct task *task, struct file *file, struct linux_flock *flock,
                        const struct file_lock *wanted, uint64_t u_flock)
{
	mutex_lock(&locks_lock);
	const struct file_lock *other = conflict_locked(file->inode, wanted);
	flock->type = F_UNLCK;
	if (other) {
		flock->type = other->is_write ? F_WRLCK : F_RDLCK;
		flock->whence = SEEK_SET;
		flock->start = other->start;
		flock->len = other->end == TO_THE_END ? 0 : other->end - other->start + 1;
		flock->pid = other->pid;
	}
	mutex_unlock(&locks_lock);
	return copy_to_guest(task, u_flock, flock, sizeof(*flock));
}

int64_t locks_fcntl(struct task *task, struct file *file, uint32_t command, uint64_t u_flock)
{
	struct linux_flock flock;
	bool is_ofd = command >= F_OFD_GETLK;
	int64_t result = copy_from_guest(task, &flock, u_flock, sizeof(flock));
	if (result != 0)
		return result;
	if (flock.type != F_RDLCK && flock.type != F_WRLCK && flock.type != F_UNLCK)
		return -EINVAL;
	if (is_ofd && flock.pid != 0)
		return -EINVAL;
	struct file_lock wanted = {.owner = is_ofd ? (const void *)file : task->files,
	                           .is_write = flock.type == F_WRLCK,
	                           .pid = is_ofd ? -1 : task->process->pid};
	result = range_of(file, &flock, &wanted);
	if (result != 0)
		return result;
	if (command == F_GETLK || command == F_OFD_GETLK)
		return flock.type == F_UNLCK ? -EINVAL
		                             : get_lock(task, file, &flock, &wanted, u_flock);
	if (flock.type == F_RDLCK && !file_is_readable(file))
		return -EBADF;
	if (flock.type == F_WRLCK && !file_is_writable(file))
		return -EBADF;
	return set_lock(task, file->inode, &wanted, flock.type == F_UNLCK,
	                command == F_SETLKW || command == F_OFD_SETLKW);
}
