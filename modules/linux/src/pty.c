/*
 * Pseudo terminals. The slave is a terminal whose output ring is what the master reads, and whose input
 * is what the master writes. Pairs are kept and used again once both sides are closed.
 *
 *   free -> open (ptmx) -> slaves come and go -> master closed: hung up -> last slave closed: free
 *
 * Locks: [P] pty_lock  [t] tty->lock
 */
#include "pty.h"
#include "guest.h"
#include "signal.h"
#include "syscall.h"
#include "tty.h"
#include <base/bits.h>
#include <base/format.h>
#include <base/parse.h>
#include <libanon/heap.h>

#define CHUNK 2048

struct pty {
	struct tty tty;                /* first: the slave */
	uint32_t index;                /* [I] */
	bool is_master_open;           /* [P] */
	bool is_locked;                /* [P] until unlockpt */
	bool was_slave_open;           /* [P] then "no slave" is a hang-up */
	uint32_t slaves;               /* [P] */
	uint32_t uid, gid;             /* [P] of /dev/pts/N */
	struct wait_queue output_wait; /* master readers: output came, or the last slave closed */
	struct wait_queue room_wait;   /* master writers */
};

static struct mutex pty_lock = MUTEX_RANKED(RANK_TTY);
static struct pty *ptys[PTY_MAX];

static void slave_output(struct tty *tty)
{
	wait_wake(&((struct pty *)tty)->output_wait);
}

static void slave_input_room(struct tty *tty)
{
	wait_wake(&((struct pty *)tty)->room_wait);
}

static void slave_opened(struct tty *tty, int change)
{
	struct pty *pty = (struct pty *)tty;
	mutex_lock(&pty_lock);
	pty->slaves += (uint32_t)change;
	pty->was_slave_open = true;
	mutex_unlock(&pty_lock);
	wait_wake(&pty->output_wait);
}

static const struct tty_driver pty_driver = {
	.output = slave_output,
	.input_room = slave_input_room,
	.opened = slave_opened,
};

bool pty_is_open(uint32_t index)
{
	mutex_lock(&pty_lock);
	bool is_open = index < PTY_MAX && ptys[index] &&
	               (ptys[index]->is_master_open || ptys[index]->slaves);
	mutex_unlock(&pty_lock);
	return is_open;
}

/* A free pair, marked open. */
static struct pty *take_pair(void)
{
	struct pty *found = NULL;
	mutex_lock(&pty_lock);
	for (uint32_t i = 0; i < PTY_MAX && !found; i++) {
		if (!ptys[i])
			ptys[i] = heap_zalloc(sizeof(*ptys[i]));
		if (!ptys[i])
			break;
		if (ptys[i]->is_master_open || ptys[i]->slaves)
			continue;
		found = ptys[i];
		found->index = i;
		found->is_master_open = found->is_locked = true;
		found->was_slave_open = false;
	}
	mutex_unlock(&pty_lock);
	return found;
}

static uint32_t output_pending(struct pty *pty)
{
	mutex_lock(&pty->tty.lock);
	uint32_t pending = n_tty_out_pending(&pty->tty.line);
	mutex_unlock(&pty->tty.lock);
	return pending;
}

static bool is_slave_gone(const struct pty *pty)
{
	return pty->was_slave_open && pty->slaves == 0;
}

static int64_t master_read(struct file *file, struct iter *to, uint64_t *position)
{
	uint8_t chunk[CHUNK];
	struct pty *pty = file->private;
	(void)position;
	if (to->left == 0)
		return 0;
	for (;;) {
		size_t got = tty_drain(&pty->tty, chunk, MIN(to->left, sizeof(chunk)));
		if (got > 0) {
			size_t moved = iter_put(to, chunk, got);
			return moved > 0 ? (int64_t)moved : -EFAULT;
		}
		if (is_slave_gone(pty))
			return -EIO;
		if (file_is_nonblocking(file) || !to->task)
			return -EAGAIN;
		int64_t result = wait_event(to->task, &pty->output_wait,
		                            output_pending(pty) > 0 || is_slave_gone(pty), 0);
		if (result != 0)
			return result;
	}
}

static bool is_hungry(struct pty *pty)
{
	mutex_lock(&pty->tty.lock);
	bool result = pty->tty.line.is_hungry;
	mutex_unlock(&pty->tty.lock);
	return result;
}

static int64_t master_write(struct file *file, struct iter *from, uint64_t *position)
{
	uint8_t chunk[CHUNK];
	struct pty *pty = file->private;
	size_t done = 0;
	(void)position;
	while (from->left > 0) {
		size_t got = iter_get(from, chunk, MIN(from->left, sizeof(chunk))), sent = 0;
		if (got == 0)
			return done > 0 ? (int64_t)done : -EFAULT;
		while (sent < got) {
			size_t taken = tty_receive(&pty->tty, chunk + sent, got - sent);
			sent += taken;
			done += taken;
			if (sent == got)
				break;
			int64_t result = -EAGAIN;
			if (!file_is_nonblocking(file) && from->task)
				result = wait_event(from->task, &pty->room_wait, !is_hungry(pty),
				                    0);
			if (result != 0)
				return done > 0 ? (int64_t)done : result;
		}
	}
	return (int64_t)done;
}

static uint32_t master_poll(struct file *file, struct poll_table *table)
{
	struct pty *pty = file->private;
	uint32_t mask = 0;
	poll_add(table, &pty->output_wait, 0);
	poll_add(table, &pty->room_wait, 0);
	if (output_pending(pty) > 0)
		mask |= POLLIN | POLLRDNORM;
	if (!is_hungry(pty))
		mask |= POLLOUT | POLLWRNORM;
	if (is_slave_gone(pty))
		mask |= POLLHUP;
	return mask;
}

/* TIOCGPTPEER: a descriptor of the slave without its name. */
static int64_t open_peer(struct task *task, struct pty *pty, uint32_t flags)
{
	char name[24];
	struct file *file;
	format_string(name, sizeof(name), "/dev/pts/%u", pty->index);
	struct path path;
	int64_t result = path_lookup(task, AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (result != 0)
		return result;
	result = file_open_path(task, &path, flags, &file);
	path_put(&path);
	return result == 0 ? files_add_new(task, file, flags & O_CLOEXEC) : result;
}

static int64_t master_ioctl(struct task *task, struct file *file, uint32_t command,
                            uint64_t argument)
{
	struct pty *pty = file->private;
	uint32_t value;
	switch (command) {
	case TIOCGPTN: return put_guest_u32(task, argument, pty->index);
	case TIOCGPTLCK: return put_guest_u32(task, argument, pty->is_locked);
	case TIOCSPTLCK:
		if (get_guest_u32(task, argument, &value) != 0)
			return -EFAULT;
		pty->is_locked = value != 0;
		return 0;
	case TIOCGPTPEER: return open_peer(task, pty, (uint32_t)argument);
	case FIONREAD: return put_guest_u32(task, argument, output_pending(pty));
	case TIOCGPGRP: return put_guest_u32(task, argument, (uint32_t)pty->tty.group);
	case TIOCGSID:
		return pty->tty.session ? put_guest_u32(task, argument, (uint32_t)pty->tty.session)
		                        : -ENOTTY;
	default: return tty_ioctl_common(task, &pty->tty, command, argument);
	}
}

static void master_release(struct file *file)
{
	struct pty *pty = file->private;
	mutex_lock(&pty_lock);
	pty->is_locked = true; /* no slave comes any more */
	mutex_unlock(&pty_lock);
	tty_hangup(&pty->tty);
	mutex_lock(&pty_lock);
	pty->is_master_open = false;
	mutex_unlock(&pty_lock);
}

static const struct file_ops master_ops = {
	.name = "ptmx",
	.flags = FILE_STREAM,
	.read = master_read,
	.write = master_write,
	.poll = master_poll,
	.ioctl = master_ioctl,
	.release = master_release,
};

int64_t pty_open_master(struct task *task, struct file *file)
{
	struct pty *pty = take_pair();
	if (!pty)
		return -ENOSPC;
	tty_init(&pty->tty, &pty_driver, dev_make(PTY_SLAVE_MAJOR, pty->index));
	pty->tty.size = (struct linux_winsize){0};
	wait_queue_init(&pty->output_wait);
	wait_queue_init(&pty->room_wait);
	pty->uid = task->cred.fsuid;
	pty->gid = 5; /* "tty", as devpts is usually mounted */
	file->ops = &master_ops;
	file->private = pty;
	return 0;
}

int64_t pty_open_slave(struct task *task, struct file *file, uint32_t index)
{
	mutex_lock(&pty_lock);
	struct pty *pty = index < PTY_MAX ? ptys[index] : NULL;
	bool is_open = pty && pty->is_master_open && !pty->is_locked;
	if (is_open)
		pty->slaves++; /* nobody takes the pair while it is being opened */
	mutex_unlock(&pty_lock);
	if (!is_open)
		return -EIO;
	int64_t result = tty_open(task, &pty->tty, file);
	mutex_lock(&pty_lock);
	pty->slaves--;
	mutex_unlock(&pty_lock);
	return result;
}

/* --- devpts --- */

static int64_t devpts_set(struct inode *inode, const struct attributes *attributes)
{
	struct pty *pty = ptys[dev_minor(inode->rdev)];
	inode_set_attributes(inode, attributes);
	if (S_ISCHR(inode->mode)) {
		pty->uid = inode->uid;
		pty->gid = inode->gid;
	}
	return 0;
}

static const struct inode_ops devpts_node_ops = {.set = devpts_set};

static int64_t devpts_lookup(struct task *task, struct dentry *dir, const char *name,
                             struct inode **out)
{
	uint64_t index;
	bool is_master = name[0] == 'p' && name[1] == 't' && name[2] == 'm' && name[3] == 'x' &&
	                 !name[4];
	(void)task;
	if (!is_master && (!parse_u64(name, &index) || !pty_is_open((uint32_t)MIN(index, 65535ul))))
		return -ENOENT;
	struct inode *inode = inode_create(dir->inode->super, S_IFCHR | (is_master ? 0666 : 0620),
	                                   &devpts_node_ops);
	if (!inode)
		return -ENOMEM;
	inode->rdev = is_master ? dev_make(5, 2) : dev_make(PTY_SLAVE_MAJOR, (uint32_t)index);
	inode->number = is_master ? 2 : index + 3;
	if (!is_master) {
		inode->uid = ptys[index]->uid;
		inode->gid = ptys[index]->gid;
	}
	*out = inode;
	return 0;
}

static int64_t devpts_readdir(struct file *file, struct dentry *dir, uint64_t cursor,
                              struct dir_sink *sink)
{
	char name[16];
	(void)file, (void)dir;
	for (; cursor < PTY_MAX; cursor++) {
		if (!pty_is_open((uint32_t)cursor))
			continue;
		format_string(name, sizeof(name), "%u", (uint32_t)cursor);
		if (!sink->emit(sink, name, cursor + 3, DT_CHR, cursor + 1))
			return 0;
	}
	if (cursor == PTY_MAX)
		(void)sink->emit(sink, "ptmx", 2, DT_CHR, cursor + 1);
	return 0;
}

static const struct inode_ops devpts_dir_ops = {.lookup = devpts_lookup, .set = devpts_set};
static const struct file_ops devpts_dir_file_ops = {.name = "devpts", .readdir = devpts_readdir};
static const struct super_ops devpts_super_ops;

int64_t devpts_create(struct super **out_super, struct dentry **out_root)
{
	struct super *super = super_create("devpts", &devpts_super_ops, 0, DEVPTS_SUPER_MAGIC);
	struct inode *inode = super ? inode_create(super, S_IFDIR | 0755, &devpts_dir_ops) : NULL;
	if (inode)
		inode->file_ops = &devpts_dir_file_ops;
	return super_begin(super, inode, out_super, out_root);
}
