/*
 * Events of objects as descriptors: obj_watch (<linux/object_calls.h>). A thread of the monitor waits for the news of
 * one watch and counts them; readers sleep on the count, as with an eventfd. When the object's server dies its
 * subscriptions die with it: who must not miss that watches the directory as well.
 */
#include "file.h"
#include "guest.h"
#include "obj_call.h"
#include "object_access.h"
#include "syscall.h"
#include <base/bits.h>
#include <libanon/heap.h>
#include <libanon/thread.h>
#include <libanon/time.h>
#include <linux/object_calls.h>

#define EVENT_NAME_BYTES 64
#define NEWS_CAME BIT(0)
#define NEWS_STOP BIT(8) /* services also signal the bits next to theirs */
#define DEADLINE_PASSED 1

struct obj_watch {
	handle_t news;
	uint64_t count;      /* [a] since the last read */
	uint32_t references; /* [a] the file and the thread */
	struct wait_queue wait;
};

static void watch_put(struct obj_watch *watch)
{
	if (__atomic_sub_fetch(&watch->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (!handle_is_none(watch->news)) {
		(void)sys_handle_revoke(watch->news);
		(void)sys_handle_close(watch->news);
	}
	heap_free(watch);
}

static void count_news(void *argument)
{
	struct obj_watch *watch = argument;
	uint64_t bits = 0;
	while (event_await(watch->news, NEWS_CAME | NEWS_STOP, 0, &bits) == OK &&
	       !(bits & NEWS_STOP)) {
		__atomic_add_fetch(&watch->count, 1, __ATOMIC_RELEASE);
		wait_wake(&watch->wait);
	}
	watch_put(watch);
}

static bool take_count(struct obj_watch *watch, uint64_t *out)
{
	*out = __atomic_exchange_n(&watch->count, 0, __ATOMIC_ACQUIRE);
	return *out > 0;
}

static int64_t watch_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct obj_watch *watch = file->private;
	uint64_t count;
	(void)position;
	if (to->left < sizeof(count))
		return -EINVAL;
	if (!take_count(watch, &count)) {
		if (file_is_nonblocking(file) || !to->task)
			return -EAGAIN;
		int64_t result = wait_event(to->task, &watch->wait, take_count(watch, &count), 0);
		if (result != 0)
			return result;
	}
	return iter_put(to, &count, sizeof(count)) == sizeof(count) ? (int64_t)sizeof(count)
	                                                            : -EFAULT;
}

static uint32_t watch_poll(struct file *file, struct poll_table *table)
{
	struct obj_watch *watch = file->private;
	poll_add(table, &watch->wait, 0);
	return __atomic_load_n(&watch->count, __ATOMIC_ACQUIRE) > 0 ? POLLIN | POLLRDNORM : 0;
}

/* The subscriptions end at once, not when the thread has come to its end. */
static void watch_release(struct file *file)
{
	struct obj_watch *watch = file->private;
	(void)sys_handle_revoke(watch->news);
	(void)sys_event_signal(watch->news, NEWS_STOP);
	watch_put(watch);
}

static const struct file_ops watch_ops = {
	.name = "obj_watch",
	.flags = FILE_STREAM,
	.read = watch_read,
	.poll = watch_poll,
	.release = watch_release,
};

/* Who is asked for news often signals once at once: no event was that. */
static void forget_news(struct obj_watch *watch)
{
	uint64_t bits;
	(void)sys_event_wait(watch->news, NEWS_CAME, DEADLINE_PASSED, &bits);
}

/* Every object that the path names and that has such an event is asked. */
static int64_t subscribe(const struct object_place *place, const char *event, handle_t news)
{
	struct obj_walk walk;
	handle_t object;
	bool is_asked = false;
	status_t refusal = E_NOENT;
	obj_walk_begin(&walk, place->root, place->path);
	status_t status = obj_walk_next(&walk, &object);
	if (status != OK)
		refusal = status;
	for (; status == OK; status = obj_walk_next(&walk, &object)) {
		status_t answer = event ? object_subscribe(object, event, news, NEWS_CAME)
		                        : object_watch(object, news, NEWS_CAME);
		(void)sys_handle_close(object);
		is_asked |= answer == OK;
		if (answer != OK)
			refusal = answer;
	}
	obj_walk_end(&walk);
	return is_asked ? 0 : errno_from_status(refusal);
}

static struct obj_watch *watch_create(void)
{
	struct obj_watch *watch = heap_zalloc(sizeof(*watch));
	if (!watch)
		return NULL;
	watch->references = 1;
	wait_queue_init(&watch->wait);
	if (sys_event_create(&watch->news) == OK)
		return watch;
	watch_put(watch);
	return NULL;
}

/* The file takes over the caller's reference, also when there is none. */
static int64_t watch_open(struct obj_watch *watch, uint32_t flags, struct file **out)
{
	struct thread_options options = {.name = "watch"};
	watch->references++;
	int64_t result = errno_from_status(thread_spawn(count_news, watch, &options, NULL));
	if (result != 0) {
		watch->references--;
		watch_put(watch);
		return result;
	}
	result = file_create_anonymous("anon_inode:[obj_watch]", 0600,
	                               O_RDONLY | (flags & O_NONBLOCK), &watch_ops, watch, out);
	if (result == 0)
		return 0;
	(void)sys_event_signal(watch->news, NEWS_STOP);
	watch_put(watch);
	return result;
}

SYSCALL3(obj_watch, uint64_t, u_path, uint64_t, u_event, uint32_t, flags)
{
	struct object_place place;
	char event[EVENT_NAME_BYTES];
	struct file *file;
	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	int64_t result = object_place_get(task, u_path, &place);
	if (result == 0 && u_event)
		result = MIN(strncpy_from_guest(task, event, u_event, sizeof(event)), 0l);
	if (result != 0)
		return result;
	struct obj_watch *watch = watch_create();
	if (!watch)
		return -ENOMEM;
	result = errno_from_status(object_access_read(task, place.path));
	if (result == 0)
		result = subscribe(&place, u_event ? event : NULL, watch->news);
	if (result != 0) {
		watch_put(watch);
		return result;
	}
	forget_news(watch);
	result = watch_open(watch, flags, &file);
	return result == 0 ? files_add_new(task, file, flags & O_CLOEXEC) : result;
}
