/*
 * Character devices by number, and /dev: null, zero, full, random, urandom, tty, console, ptmx, the slaves
 * of ptys; kmsg is in kmsg.c.
 */
#include "device.h"
#include "console.h"
#include "pty.h"
#include "random_bytes.h"
#include "syscall.h"
#include "tmpfs.h"
#include "tty.h"
#include <base/bits.h>

#define ZERO_PART ((size_t)64 << 10) /* between two of them a signal ends the read */

static int64_t null_read(struct file *file, struct iter *to, uint64_t *position)
{
	(void)file, (void)to, (void)position;
	return 0;
}

static int64_t null_write(struct file *file, struct iter *from, uint64_t *position)
{
	(void)file, (void)position;
	return (int64_t)from->left;
}

static int64_t zero_read(struct file *file, struct iter *to, uint64_t *position)
{
	size_t done = 0, part, moved;
	(void)file, (void)position;
	do {
		part = MIN(to->left, ZERO_PART);
		moved = iter_put_zeroes(to, part);
		done += moved;
	} while (moved == part && to->left > 0 && !(to->task && signal_pending(to->task)));
	return done > 0 || part == 0 ? (int64_t)done : -EFAULT;
}

static int64_t full_write(struct file *file, struct iter *from, uint64_t *position)
{
	(void)file, (void)position;
	return from->left ? -ENOSPC : 0;
}

static int64_t random_read(struct file *file, struct iter *to, uint64_t *position)
{
	uint8_t chunk[256];
	int64_t done = 0;
	(void)file, (void)position;
	while (to->left > 0) {
		size_t part = MIN(to->left, sizeof(chunk));
		random_bytes(chunk, part);
		size_t moved = iter_put(to, chunk, part);
		done += (int64_t)moved;
		if (moved < part)
			return done > 0 ? done : -EFAULT;
		if (to->task && signal_pending(to->task))
			break;
	}
	return done;
}

static int64_t device_seek(struct file *file, int64_t offset, int whence)
{
	(void)offset, (void)whence;
	file->position = 0;
	return 0;
}

static const struct file_ops null_ops = {
	.name = "null",
	.read = null_read,
	.write = null_write,
	.seek = device_seek,
};
static const struct file_ops zero_ops = {
	.name = "zero",
	.flags = FILE_AS_ZERO,
	.read = zero_read,
	.write = null_write,
	.seek = device_seek,
};
static const struct file_ops full_ops = {
	.name = "full",
	.read = zero_read,
	.write = full_write,
	.seek = device_seek,
};
static const struct file_ops random_ops = {
	.name = "random",
	.read = random_read,
	.write = null_write,
	.seek = device_seek,
};

static int64_t open_own_tty(struct task *task, struct file *file)
{
	struct tty *tty = task ? task_tty(task) : NULL;
	if (!tty)
		return -ENXIO;
	return tty_open(task, tty, file);
}

static int64_t open_memory_device(struct file *file, uint32_t minor)
{
	switch (minor) {
	case 3: file->ops = &null_ops; break;
	case 5: file->ops = &zero_ops; break;
	case 7: file->ops = &full_ops; break;
	case 8:
	case 9: file->ops = &random_ops; break;
	case 11: file->ops = &kmsg_ops; break;
	default: return -ENXIO;
	}
	return 0;
}

int64_t device_open(struct task *task, struct file *file)
{
	uint64_t rdev = file->inode->rdev;
	uint32_t minor = dev_minor(rdev);
	if (file->path.mount && file->path.mount->flags & MS_NODEV)
		return -EACCES;
	if (!S_ISCHR(file->inode->mode))
		return -ENXIO;
	switch (dev_major(rdev)) {
	case 1: return open_memory_device(file, minor);
	case 5:
		if (minor == 0)
			return open_own_tty(task, file);
		if (minor == 1)
			return console_open_file(task, file);
		return minor == 2 ? pty_open_master(task, file) : -ENXIO;
	case PTY_SLAVE_MAJOR: return pty_open_slave(task, file, minor);
	default: return -ENXIO;
	}
}

struct device_name {
	const char *name;
	uint32_t mode;
	uint32_t major, minor;
	const char *target;
};

static const struct device_name device_names[] = {
	{"null", S_IFCHR | 0666, 1, 3, NULL},
	{"zero", S_IFCHR | 0666, 1, 5, NULL},
	{"full", S_IFCHR | 0666, 1, 7, NULL},
	{"random", S_IFCHR | 0666, 1, 8, NULL},
	{"urandom", S_IFCHR | 0666, 1, 9, NULL},
	{"kmsg", S_IFCHR | 0200, 1, 11, NULL},
	{"tty", S_IFCHR | 0666, 5, 0, NULL},
	{"console", S_IFCHR | 0620, 5, 1, NULL},
	{"ptmx", S_IFCHR | 0666, 5, 2, NULL},
	{"pts", S_IFDIR | 0755, 0, 0, NULL},
	{"shm", S_IFDIR | 01777, 0, 0, NULL},
	{"fd", S_IFLNK | 0777, 0, 0, "/proc/self/fd"},
	{"stdin", S_IFLNK | 0777, 0, 0, "/proc/self/fd/0"},
	{"stdout", S_IFLNK | 0777, 0, 0, "/proc/self/fd/1"},
	{"stderr", S_IFLNK | 0777, 0, 0, "/proc/self/fd/2"},
};

int64_t devfs_create(struct super **out_super, struct dentry **out_root)
{
	int64_t result = tmpfs_create("devtmpfs", TMPFS_MAGIC, 0755, out_super, out_root);
	if (result != 0)
		return result;
	for (unsigned i = 0; result == 0 && i < ARRAY_SIZE(device_names); i++) {
		const struct device_name *d = &device_names[i];
		result = tmpfs_make(*out_root, d->name, d->mode, dev_make(d->major, d->minor),
		                    d->target, NULL);
	}
	if (result != 0)
		super_discard(*out_super, *out_root);
	return result;
}
