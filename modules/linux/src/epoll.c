/*
 * epoll. A watch hangs on three things: its epoll, the file it watches (without a reference: the file's last
 * put forgets its watches), and the file's wait queues. News put the watch on the epoll's ready list and wake
 * who sleeps; epoll_wait asks each ready file what is true now.
 *
 * Locks: [E] epoll_lock: which watches there are; never held while a file is asked
 *        [r] epoll->ready_lock, RANK_LEAF: taken inside of a wait queue's lock. The epoll's own wait queue
 *        has that rank too, since it is woken from there; so an epoll cannot be watched by an epoll.
 */
#include "files.h"
#include "guest.h"
#include "syscall.h"
#include "time.h"
#include <base/bits.h>
#include <base/list.h>
#include <libanon/heap.h>

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)
#define EPOLL_FLAGS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
#define QUEUES_MAX 4
#define EVENTS_MAX 1024
#define EVENTS_FAST 32

struct epoll_event {
	uint32_t events;
	uint64_t data;
} __attribute__((packed));

struct epoll {
	struct list watches; /* [E] */
	struct mutex ready_lock;
	struct list ready;    /* [r] */
	uint32_t ready_count; /* [r] */
	struct wait_queue wait;
};

struct epoll_watch {
	uint32_t references;           /* [a] being linked is one */
	struct epoll *epoll;           /* [I] */
	struct file *file;             /* [E] null once forgotten */
	int32_t fd;                    /* [I] */
	uint32_t events;               /* [r] wanted, with EPOLLET and EPOLLONESHOT */
	uint64_t data;                 /* [r] */
	bool is_off;                   /* [r] not linked yet, reported once, or removed */
	struct list node;              /* [E] in epoll->watches */
	struct epoll_watch *file_next; /* [E] in file->watches */
	struct list ready_node;        /* [r] */
	unsigned queue_count;
	struct epoll_link {
		struct wait_entry entry; /* first */
		struct epoll_watch *watch;
	} links[QUEUES_MAX];
};

struct epoll_table {
	struct poll_table table; /* first */
	struct epoll_watch *watch;
	struct task *task;
};

static struct mutex epoll_lock = MUTEX_RANKED(RANK_INODE);

static void watch_put(struct epoll_watch *watch)
{
	if (__atomic_sub_fetch(&watch->references, 1, __ATOMIC_ACQ_REL) == 0)
		heap_free(watch);
}

/* True when it was not ready before. */
static bool make_ready_locked(struct epoll *epoll, struct epoll_watch *watch)
{
	if (watch->is_off || list_is_linked(&watch->ready_node))
		return false;
	list_push_back(&epoll->ready, &watch->ready_node);
	epoll->ready_count++;
	return true;
}

static void make_unready_locked(struct epoll *epoll, struct epoll_watch *watch)
{
	if (!list_is_linked(&watch->ready_node))
		return;
	list_remove(&watch->ready_node);
	epoll->ready_count--;
}

static void make_ready(struct epoll_watch *watch)
{
	struct epoll *epoll = watch->epoll;
	mutex_lock(&epoll->ready_lock);
	bool is_new = make_ready_locked(epoll, watch);
	mutex_unlock(&epoll->ready_lock);
	if (is_new)
		wait_wake(&epoll->wait);
}

static void on_news(struct wait_entry *entry, uint32_t events)
{
	(void)events;
	make_ready(((struct epoll_link *)entry)->watch);
}

static void add_entry(struct poll_table *table, struct wait_queue *queue, uint32_t events)
{
	struct epoll_table *t = (struct epoll_table *)table;
	struct epoll_watch *watch = t->watch;
	(void)events;
	if (watch->queue_count == QUEUES_MAX)
		return;
	struct epoll_link *link = &watch->links[watch->queue_count++];
	link->watch = watch;
	wait_add(queue, &link->entry, t->task);
	/* News between these lines wake the caller, who asks the file afterwards anyway. */
	__atomic_store_n(&link->entry.notify, on_news, __ATOMIC_RELEASE);
}

/* --- adding, changing, removing --- */

/* Out of both lists; the caller finishes with watch_drop. */
static void unlink_locked(struct epoll_watch *watch)
{
	struct epoll_watch **at = &watch->file->watches;
	while (*at != watch)
		at = &(*at)->file_next;
	*at = watch->file_next;
	watch->file = NULL;
	list_remove(&watch->node);
}

static void watch_drop(struct epoll_watch *watch)
{
	for (unsigned i = 0; i < watch->queue_count; i++)
		wait_remove(&watch->links[i].entry);
	mutex_lock(&watch->epoll->ready_lock);
	watch->is_off = true;
	make_unready_locked(watch->epoll, watch);
	mutex_unlock(&watch->epoll->ready_lock);
	watch_put(watch);
}

static struct epoll_watch *find_locked(struct epoll *epoll, const struct file *file, int32_t fd)
{
	struct list *at;
	list_for_each (at, &epoll->watches) {
		struct epoll_watch *watch = list_entry(at, struct epoll_watch, node);
		if (watch->file == file && watch->fd == fd)
			return watch;
	}
	return NULL;
}

/* Asks the file whether there is news already. Without effect when the watch was removed meanwhile. */
static void start_watch(struct epoll_watch *watch, struct file *file, uint32_t events)
{
	if (file_poll(file, NULL) & (events | POLLERR | POLLHUP))
		make_ready(watch);
}

static void want_locked(struct epoll_watch *watch, const struct epoll_event *event)
{
	mutex_lock(&watch->epoll->ready_lock);
	watch->events = event->events;
	watch->data = event->data;
	watch->is_off = false;
	mutex_unlock(&watch->epoll->ready_lock);
}

static bool link_watch(struct epoll_watch *watch, const struct epoll_event *event)
{
	mutex_lock(&epoll_lock);
	bool is_new = !find_locked(watch->epoll, watch->file, watch->fd);
	if (is_new) {
		list_push_back(&watch->epoll->watches, &watch->node);
		watch->file_next = watch->file->watches;
		watch->file->watches = watch;
		want_locked(watch, event);
	}
	mutex_unlock(&epoll_lock);
	return is_new;
}

/* It is off, but on the file's queues, before others can find and remove it. */
static int64_t add_watch(struct task *task, struct epoll *epoll, struct file *file, int32_t fd,
                         const struct epoll_event *event)
{
	struct epoll_watch *watch = heap_zalloc(sizeof(*watch));
	struct epoll_table table = {.table.add = add_entry, .watch = watch, .task = task};
	if (!watch)
		return -ENOMEM;
	watch->references = 2;
	watch->epoll = epoll;
	watch->file = file;
	watch->fd = fd;
	watch->is_off = true;
	list_init(&watch->ready_node);
	list_init(&watch->node);
	(void)file_poll(file, &table.table);
	bool is_new = link_watch(watch, event);
	if (is_new)
		start_watch(watch, file, event->events);
	else
		watch_drop(watch);
	watch_put(watch);
	return is_new ? 0 : -EEXIST;
}

static int64_t change_watch(struct epoll *epoll, struct file *file, int32_t fd,
                            const struct epoll_event *event)
{
	mutex_lock(&epoll_lock);
	struct epoll_watch *watch = find_locked(epoll, file, fd);
	if (watch) {
		__atomic_add_fetch(&watch->references, 1, __ATOMIC_RELAXED);
		want_locked(watch, event);
	}
	mutex_unlock(&epoll_lock);
	if (!watch)
		return -ENOENT;
	start_watch(watch, file, event->events);
	watch_put(watch);
	return 0;
}

static int64_t remove_watch(struct epoll *epoll, struct file *file, int32_t fd)
{
	mutex_lock(&epoll_lock);
	struct epoll_watch *watch = find_locked(epoll, file, fd);
	if (watch)
		unlink_locked(watch);
	mutex_unlock(&epoll_lock);
	if (!watch)
		return -ENOENT;
	watch_drop(watch);
	return 0;
}

void epoll_forget_file(struct file *file)
{
	while (__atomic_load_n(&file->watches, __ATOMIC_ACQUIRE)) {
		mutex_lock(&epoll_lock);
		struct epoll_watch *watch = file->watches;
		if (watch)
			unlink_locked(watch);
		mutex_unlock(&epoll_lock);
		if (watch)
			watch_drop(watch);
	}
}

static void epoll_release(struct file *file)
{
	struct epoll *epoll = file->private;
	for (;;) {
		mutex_lock(&epoll_lock);
		struct list *first = list_first(&epoll->watches);
		struct epoll_watch *watch = first ? list_entry(first, struct epoll_watch, node)
		                                  : NULL;
		if (watch)
			unlink_locked(watch);
		mutex_unlock(&epoll_lock);
		if (!watch)
			break;
		watch_drop(watch);
	}
	heap_free(epoll);
}

/* --- waiting --- */

static struct epoll_watch *take_ready(struct epoll *epoll)
{
	mutex_lock(&epoll->ready_lock);
	struct list *first = list_first(&epoll->ready);
	struct epoll_watch *watch = first ? list_entry(first, struct epoll_watch, ready_node)
	                                  : NULL;
	if (watch) {
		make_unready_locked(epoll, watch);
		__atomic_add_fetch(&watch->references, 1, __ATOMIC_RELAXED);
	}
	mutex_unlock(&epoll->ready_lock);
	return watch;
}

/* The watched file as a reference, unless it is going away. */
static struct file *watched_file(struct epoll_watch *watch)
{
	mutex_lock(&epoll_lock);
	struct file *file = watch->file;
	uint32_t seen = file ? __atomic_load_n(&file->references, __ATOMIC_RELAXED) : 0;
	while (seen > 0 && !__atomic_compare_exchange_n(&file->references, &seen, seen + 1, false,
	                                                __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
	mutex_unlock(&epoll_lock);
	return seen > 0 ? file : NULL;
}

/* What is true of a watch now: true with *out filled when there is something to report. A level-triggered one stays ready. */
static bool report(struct epoll_watch *watch, struct epoll_event *out)
{
	struct epoll *epoll = watch->epoll;
	struct file *file = watched_file(watch);
	if (!file)
		return false;
	uint32_t now = file_poll(file, NULL);
	file_put(file);
	mutex_lock(&epoll->ready_lock);
	now &= (watch->events & ~EPOLL_FLAGS) | POLLERR | POLLHUP;
	bool is_reported = now && !watch->is_off;
	*out = (struct epoll_event){.events = now, .data = watch->data};
	bool is_level = is_reported && !(watch->events & (EPOLLET | EPOLLONESHOT));
	bool is_new = is_level && make_ready_locked(epoll, watch);
	if (is_reported && watch->events & EPOLLONESHOT)
		watch->is_off = true;
	mutex_unlock(&epoll->ready_lock);
	if (is_new)
		wait_wake(&epoll->wait);
	return is_reported;
}

static uint32_t count_ready(struct epoll *epoll)
{
	return __atomic_load_n(&epoll->ready_count, __ATOMIC_SEQ_CST);
}

/* Each watch that is ready now is asked once. */
static uint32_t harvest(struct epoll *epoll, struct epoll_event *events, uint32_t max)
{
	uint32_t count = 0;
	for (uint32_t left = count_ready(epoll); left > 0 && count < max; left--) {
		struct epoll_watch *watch = take_ready(epoll);
		if (!watch)
			break;
		count += report(watch, &events[count]);
		watch_put(watch);
	}
	return count;
}

static int64_t wait_for_events(struct task *task, struct epoll *epoll, struct epoll_event *events,
                               uint32_t max, uint64_t deadline, bool may_sleep)
{
	for (;;) {
		uint32_t count = harvest(epoll, events, max);
		if (count > 0 || !may_sleep)
			return count;
		int64_t result = wait_event(task, &epoll->wait, count_ready(epoll) > 0, deadline);
		if (result == -ETIMEDOUT)
			return 0;
		if (result != 0)
			return -EINTR;
	}
}

static uint32_t epoll_poll(struct file *file, struct poll_table *table)
{
	struct epoll *epoll = file->private;
	struct epoll_event event;
	poll_add(table, &epoll->wait, 0);
	/* A ready list may hold watches that are ready no more. */
	return count_ready(epoll) > 0 && harvest(epoll, &event, 1) > 0 ? POLLIN | POLLRDNORM : 0;
}

static const struct file_ops epoll_ops = {
	.name = "epoll",
	.flags = FILE_STREAM,
	.poll = epoll_poll,
	.release = epoll_release,
};

/* --- calls --- */

static int64_t make_epoll(struct task *task, uint32_t flags)
{
	struct file *file;
	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	struct epoll *epoll = heap_zalloc(sizeof(*epoll));
	if (!epoll)
		return -ENOMEM;
	list_init(&epoll->watches);
	list_init(&epoll->ready);
	mutex_init(&epoll->ready_lock, RANK_LEAF);
	wait_queue_init(&epoll->wait);
	mutex_init(&epoll->wait.lock, RANK_LEAF);
	int64_t result = file_create_anonymous("anon_inode:[eventpoll]", 0600, O_RDWR, &epoll_ops,
	                                       epoll, &file);
	if (result != 0) {
		heap_free(epoll);
		return result;
	}
	return files_add_new(task, file, flags & O_CLOEXEC);
}

SYSCALL1(epoll_create, int32_t, size)
{
	return size <= 0 ? -EINVAL : make_epoll(task, 0);
}

SYSCALL1(epoll_create1, uint32_t, flags)
{
	return make_epoll(task, flags);
}

static int64_t control(struct task *task, struct file *epoll_file, struct file *file,
                       int32_t operation, int32_t fd, const struct epoll_event *event)
{
	struct epoll *epoll = epoll_file->private;
	if (epoll_file->ops != &epoll_ops || epoll_file == file || file->ops == &epoll_ops)
		return -EINVAL;
	if (!file->ops->poll)
		return -EPERM;
	switch (operation) {
	case EPOLL_CTL_ADD: return add_watch(task, epoll, file, fd, event);
	case EPOLL_CTL_MOD: return change_watch(epoll, file, fd, event);
	case EPOLL_CTL_DEL: return remove_watch(epoll, file, fd);
	default: return -EINVAL;
	}
}

SYSCALL4(epoll_ctl, int32_t, epoll_fd, int32_t, operation, int32_t, fd, uint64_t, u_event)
{
	struct epoll_event event = {0};
	if (operation != EPOLL_CTL_DEL &&
	    copy_from_guest(task, &event, u_event, sizeof(event)) != 0)
		return -EFAULT;
	struct fd at = fd_get(task, epoll_fd), f = fd_get(task, fd);
	int64_t result = -EBADF;
	if (at.file && f.file)
		result = control(task, at.file, f.file, operation, fd, &event);
	fd_put(f);
	fd_put(at);
	return result;
}

/* timeout_ns: -1 for none. */
static int64_t wait_on(struct task *task, int32_t epoll_fd, uint64_t u_events, int32_t max,
                       int64_t timeout_ns)
{
	if (max <= 0 || (uint64_t)max > INT32_MAX / sizeof(struct epoll_event))
		return -EINVAL;
	uint32_t count = MIN((uint32_t)max, (uint32_t)EVENTS_MAX);
	struct fd f = fd_get(task, epoll_fd);
	if (!f.file)
		return -EBADF;
	struct epoll_event fast[EVENTS_FAST];
	struct epoll_event *events = count > EVENTS_FAST ? heap_alloc(count * sizeof(*events))
	                                                 : fast;
	int64_t result = f.file->ops != &epoll_ops ? -EINVAL : events ? 0 : -ENOMEM;
	if (result == 0)
		result = wait_for_events(task, f.file->private, events, count,
		                         timeout_ns > 0 ? time_deadline_in((uint64_t)timeout_ns)
		                                        : 0,
		                         timeout_ns != 0);
	if (result > 0 &&
	    copy_to_guest(task, u_events, events, (size_t)result * sizeof(*events)) != 0)
		result = -EFAULT;
	if (events != fast)
		heap_free(events);
	fd_put(f);
	return result;
}

static int64_t wait_masked(struct task *task, int32_t epoll_fd, uint64_t u_events, int32_t max,
                           int64_t timeout_ns, uint64_t u_mask, uint64_t mask_bytes)
{
	sigset_t64 mask;
	if (u_mask) {
		if (mask_bytes != sizeof(mask))
			return -EINVAL;
		if (get_guest_u64(task, u_mask, &mask) != 0)
			return -EFAULT;
		signal_set_temporary_mask(task, mask);
	}
	int64_t result = wait_on(task, epoll_fd, u_events, max, timeout_ns);
	if (u_mask && result != -EINTR)
		signal_restore_mask(task);
	return result;
}

static int64_t ns_of_ms(int32_t timeout_ms)
{
	return timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000000;
}

SYSCALL4(epoll_wait, int32_t, epoll_fd, uint64_t, u_events, int32_t, max, int32_t, timeout_ms)
{
	return wait_on(task, epoll_fd, u_events, max, ns_of_ms(timeout_ms));
}

SYSCALL6(epoll_pwait, int32_t, epoll_fd, uint64_t, u_events, int32_t, max, int32_t, timeout_ms,
         uint64_t, u_mask, uint64_t, mask_bytes)
{
	return wait_masked(task, epoll_fd, u_events, max, ns_of_ms(timeout_ms), u_mask, mask_bytes);
}

SYSCALL6(epoll_pwait2, int32_t, epoll_fd, uint64_t, u_events, int32_t, max, uint64_t, u_timeout,
         uint64_t, u_mask, uint64_t, mask_bytes)
{
	struct linux_timespec timeout;
	uint64_t ns = 0;
	if (u_timeout) {
		int64_t result = copy_from_guest(task, &timeout, u_timeout, sizeof(timeout));
		if (result == 0)
			result = time_from_timespec(&timeout, &ns);
		if (result != 0)
			return result;
	}
	return wait_masked(task, epoll_fd, u_events, max,
	                   u_timeout ? (int64_t)MIN(ns, (uint64_t)INT64_MAX) : -1, u_mask,
	                   mask_bytes);
}
