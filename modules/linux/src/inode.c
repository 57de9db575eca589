/*
 * Inodes and supers: references, attributes, permission. A file system either keeps a file's attributes in
 * the inode alone (then inode_set_attributes is its `set`) or brings them up to date in `refresh`.
 */
#include "vfs.h"
#include "file.h"
#include "pages.h"
#include "syscall.h"
#include "time.h"
#include <base/string.h>
#include <distributed-fs/generations.h>
#include <libanon/heap.h>

static uint64_t next_device = 1;

struct super *super_create(const char *type, const struct super_ops *ops, uint32_t flags,
                           int64_t magic)
{
	struct super *super = heap_zalloc(sizeof(*super));
	if (!super)
		return NULL;
	super->references = 1;
	super->flags = flags;
	super->type = type;
	super->ops = ops;
	super->magic = magic;
	super->next_inode = 1;
	super->device = dev_make(0,
	                         (uint32_t)__atomic_fetch_add(&next_device, 1, __ATOMIC_RELAXED));
	return super;
}

void super_put(struct super *super)
{
	if (__atomic_sub_fetch(&super->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (super->ops->free)
		super->ops->free(super);
	heap_free(super);
}

int64_t super_begin(struct super *super, struct inode *inode, struct super **out_super,
                    struct dentry **out_root)
{
	struct dentry *root = inode ? dentry_create_root(inode) : NULL;
	if (!root) {
		if (super)
			super_put(super);
		return -ENOMEM;
	}
	*out_super = super;
	*out_root = root;
	return 0;
}

void super_discard(struct super *super, struct dentry *root)
{
	if (super->flags & SUPER_RESIDENT)
		dcache_kill_tree(root);
	dentry_put(root);
	super_put(super);
}

void inode_init(struct inode *inode, struct super *super, uint32_t mode,
                const struct inode_ops *ops)
{
	__atomic_fetch_add(&super->references, 1, __ATOMIC_RELAXED);
	inode->references = 1;
	inode->mode = mode;
	inode->links = S_ISDIR(mode) ? 2 : 1;
	inode->super = super;
	inode->ops = ops;
	inode->number = __atomic_fetch_add(&super->next_inode, 1, __ATOMIC_RELAXED);
	inode->atime = inode->mtime = inode->ctime = time_real_ns();
	mutex_init(&inode->lock, S_ISDIR(mode) ? RANK_INODE_DIR : RANK_INODE);
	wait_queue_init(&inode->write_wait);
}

struct inode *inode_create(struct super *super, uint32_t mode, const struct inode_ops *ops)
{
	struct inode *inode = heap_zalloc(sizeof(*inode));
	if (inode)
		inode_init(inode, super, mode, ops);
	return inode;
}

void inode_get(struct inode *inode)
{
	__atomic_fetch_add(&inode->references, 1, __ATOMIC_RELAXED);
}

void inode_put(struct inode *inode)
{
	if (__atomic_sub_fetch(&inode->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	struct super *super = inode->super;
	locks_free(inode);
	if (inode->ops->free)
		inode->ops->free(inode);
	heap_free(inode);
	super_put(super);
}

static bool take_write_token(struct inode *inode)
{
	mutex_lock(&inode->lock);
	bool is_free = !inode->is_write_busy;
	inode->is_write_busy = true;
	mutex_unlock(&inode->lock);
	return is_free;
}

int64_t inode_write_lock(struct task *task, struct inode *inode)
{
	if (take_write_token(inode))
		return 0;
	if (task)
		return wait_event(task, &inode->write_wait, take_write_token(inode), 0);
	while (!take_write_token(
		inode)) /* no call to interrupt (mmap, truncate): the holder is soon done */
		memory_os_pause();
	return 0;
}

void inode_write_unlock(struct inode *inode)
{
	mutex_lock(&inode->lock);
	inode->is_write_busy = false;
	mutex_unlock(&inode->lock);
	wait_wake(&inode->write_wait);
}

void inode_touch(struct inode *inode, uint32_t which)
{
	inode_touch_at(inode, which, time_real_ns());
}

void inode_touch_at(struct inode *inode, uint32_t which, uint64_t now)
{
	mutex_lock(&inode->lock);
	if (which & ATTR_ATIME)
		inode->atime = now;
	else
		inode->ctime = now;
	if (which & ATTR_MTIME)
		inode->mtime = now;
	mutex_unlock(&inode->lock);
}

void inode_set_attributes(struct inode *inode, const struct attributes *a)
{
	mutex_lock(&inode->lock);
	if (a->mask & ATTR_MODE)
		inode->mode = (inode->mode & S_IFMT) | (a->mode & S_IALLUGO);
	if (a->mask & ATTR_UID)
		inode->uid = a->uid;
	if (a->mask & ATTR_GID)
		inode->gid = a->gid;
	if (a->mask & ATTR_ATIME)
		inode->atime = a->atime;
	if (a->mask & ATTR_MTIME)
		inode->mtime = a->mtime;
	inode->ctime = time_real_ns();
	mutex_unlock(&inode->lock);
}

int64_t inode_refresh(struct inode *inode)
{
	return inode->ops->refresh ? inode->ops->refresh(inode) : 0;
}

void attributes_drop_set_ids(struct task *task, const struct inode *inode, struct attributes *a)
{
	uint32_t left = mode_without_set_ids(inode->mode);
	if (!cred_in_group(&task->cred, inode->gid))
		left &= ~S_ISGID;
	if (left == inode->mode || capable(task, CAP_FSETID))
		return;
	a->mask |= ATTR_MODE;
	a->mode = left;
}

uint64_t inode_generation(const struct inode *inode)
{
	const uint64_t *const *where = inode->super->generations;
	const uint64_t *page = where ? __atomic_load_n(where, __ATOMIC_ACQUIRE) : NULL;
	return page ? memory_os_load(page + generation_slot(inode->number)) : 0;
}

static uint32_t granted_bits(struct task *task, struct inode *inode, uint32_t uid, uint32_t gid)
{
	uint32_t mode = inode->mode;
	if (inode->uid == uid)
		return mode >> 6 & 7;
	if (inode->gid == gid || cred_in_group(&task->cred, inode->gid))
		return mode >> 3 & 7;
	return mode & 7;
}

static int64_t check(struct task *task, struct inode *inode, uint32_t mask, uint32_t uid,
                     uint32_t gid)
{
	uint32_t mode = inode->mode;
	mask &= 7;
	if ((granted_bits(task, inode, uid, gid) & mask) == mask)
		return 0;
	if (S_ISDIR(mode)) {
		if (capable(task, CAP_DAC_OVERRIDE))
			return 0;
	} else if (capable(task, CAP_DAC_OVERRIDE) && (!(mask & MAY_EXEC) || mode & 0111)) {
		return 0;
	}
	if (capable(task, CAP_DAC_READ_SEARCH) &&
	    (mask == MAY_READ || (S_ISDIR(mode) && !(mask & MAY_WRITE))))
		return 0;
	return -EACCES;
}

int64_t inode_permission(struct task *task, struct inode *inode, uint32_t mask)
{
	return check(task, inode, mask, task->cred.fsuid, task->cred.fsgid);
}

/* access(2): by the real ids, and root's powers only if the real user is root. */
int64_t inode_permission_real(struct task *task, struct inode *inode, uint32_t mask)
{
	const struct cred *cred = &task->cred;
	if (cred->uid != 0 && cred->uid != cred->fsuid)
		return (granted_bits(task, inode, cred->uid, cred->gid) & mask) == mask ? 0
		                                                                        : -EACCES;
	return check(task, inode, mask, cred->uid, cred->gid);
}

bool inode_is_owner(struct task *task, struct inode *inode)
{
	return inode->uid == task->cred.fsuid || capable(task, CAP_FOWNER);
}
