/*
 * eventfd: a 64-bit counter as a file.
 */
#include "file.h"
#include "syscall.h"
#include <libanon/heap.h>

#define EFD_SEMAPHORE 1u
#define COUNT_MAX (~0ull - 1)

struct eventfd {
	struct mutex lock; /* RANK_PIPE */
	uint64_t count;
	bool is_semaphore;
	struct wait_queue wait;
};

static bool try_read(struct eventfd *e, uint64_t *out)
{
	mutex_lock(&e->lock);
	bool has = e->count > 0;
	*out = e->is_semaphore ? 1 : e->count;
	if (has)
		e->count -= *out;
	mutex_unlock(&e->lock);
	return has;
}

static bool try_write(struct eventfd *e, uint64_t value)
{
	mutex_lock(&e->lock);
	bool has_room = COUNT_MAX - e->count >= value;
	if (has_room)
		e->count += value;
	mutex_unlock(&e->lock);
	return has_room;
}

static int64_t eventfd_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct eventfd *e = file->private;
	uint64_t value;
	(void)position;
	if (to->left < sizeof(value))
		return -EINVAL;
	if (!try_read(e, &value)) {
		if (file_is_nonblocking(file) || !to->task)
			return -EAGAIN;
		int64_t result = wait_event(to->task, &e->wait, try_read(e, &value), 0);
		if (result != 0)
			return result;
	}
	wait_wake_events(&e->wait, POLLOUT);
	return iter_put(to, &value, sizeof(value)) == sizeof(value) ? (int64_t)sizeof(value)
	                                                            : -EFAULT;
}

static int64_t eventfd_write(struct file *file, struct iter *from, uint64_t *position)
{
	struct eventfd *e = file->private;
	uint64_t value;
	(void)position;
	if (from->left < sizeof(value))
		return -EINVAL;
	if (iter_get(from, &value, sizeof(value)) < sizeof(value))
		return -EFAULT;
	if (value == ~0ull)
		return -EINVAL;
	if (!try_write(e, value)) {
		if (file_is_nonblocking(file) || !from->task)
			return -EAGAIN;
		int64_t result = wait_event(from->task, &e->wait, try_write(e, value), 0);
		if (result != 0)
			return result;
	}
	wait_wake_events(&e->wait, POLLIN);
	return sizeof(value);
}

static uint32_t eventfd_poll(struct file *file, struct poll_table *table)
{
	struct eventfd *e = file->private;
	poll_add(table, &e->wait, 0);
	mutex_lock(&e->lock);
	uint32_t mask = (e->count > 0 ? POLLIN : 0) | (e->count < COUNT_MAX ? POLLOUT : 0);
	mutex_unlock(&e->lock);
	return mask;
}

static void eventfd_release(struct file *file)
{
	heap_free(file->private);
}

static const struct file_ops eventfd_ops = {
	.name = "eventfd",
	.flags = FILE_STREAM,
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
};

static int64_t make_eventfd(struct task *task, uint32_t count, uint32_t flags)
{
	struct file *file;
	if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	struct eventfd *e = heap_zalloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	mutex_init(&e->lock, RANK_PIPE);
	wait_queue_init(&e->wait);
	e->count = count;
	e->is_semaphore = flags & EFD_SEMAPHORE;
	int64_t result = file_create_anonymous("anon_inode:[eventfd]", 0600,
	                                       O_RDWR | (flags & O_NONBLOCK), &eventfd_ops, e,
	                                       &file);
	if (result != 0) {
		heap_free(e);
		return result;
	}
	return files_add_new(task, file, flags & O_CLOEXEC);
}

SYSCALL1(eventfd, uint32_t, count)
{
	return make_eventfd(task, count, 0);
}

SYSCALL2(eventfd2, uint32_t, count, uint32_t, flags)
{
	return make_eventfd(task, count, flags);
}
