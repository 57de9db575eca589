/*
 * timerfd: a timer as a file that can be read and polled. How often it has expired is computed when somebody asks;
 * an alarm only wakes those who wait.
 *
 * Locks: [t] timerfd->lock  [l] list_lock, taken before
 */
#include "timerfd.h"
#include <libanon/heap.h>
#include "alarm.h"
#include "file.h"
#include "guest.h"
#include "syscall.h"
#include "time.h"
#include "timers.h"

#define TFD_TIMER_ABSTIME 1u
#define TFD_TIMER_CANCEL_ON_SET 2u

struct timerfd {
	struct mutex lock;      /* RANK_FILE */
	int32_t clock;          /* [I] */
	uint64_t deadline;      /* [t] monotonic, 0: disarmed */
	uint64_t interval;      /* [t] 0: once */
	uint64_t ticks;         /* [t] expired and not read */
	uint64_t real_deadline; /* [t] by the time of day, when it was given so; else 0 */
	bool is_cancellable;    /* [t] by the clock being set */
	bool is_cancelled;      /* [t] */
	struct wait_queue wait;
	struct alarm alarm;
	struct list all; /* [l] */
};

static struct mutex list_lock = MUTEX_RANKED(RANK_PIPE);
static struct list timerfds = LIST_INIT(timerfds); /* [l] those on the time of day */

static bool is_real(int32_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

static void ring(struct alarm *alarm)
{
	wait_wake_events(&container_of(alarm, struct timerfd, alarm)->wait, POLLIN);
}

/* --- time --- */

/* Counts what has expired and moves on to the next period. */
static void settle_locked(struct timerfd *t)
{
	uint64_t now = time_monotonic_ns();
	uint64_t last = t->deadline, missed = 0;

	if (last == 0 || now < last)
		return;
	t->deadline = t->interval ? timer_advance(last, t->interval, now, &missed) : 0;
	t->ticks += missed + 1;
	if (t->deadline && t->real_deadline)
		t->real_deadline += t->deadline - last;
	if (t->deadline)
		alarm_set(&t->alarm, t->deadline);
}

static bool is_ready_locked(const struct timerfd *t)
{
	return t->is_cancelled || t->ticks > 0 ||
	       (t->deadline && time_monotonic_ns() >= t->deadline);
}

static struct linux_itimerspec value_locked(const struct timerfd *t)
{
	uint64_t now = time_monotonic_ns();
	uint64_t left = t->deadline > now ? t->deadline - now : 0;

	return (struct linux_itimerspec){time_to_timespec(t->interval), time_to_timespec(left)};
}

static void arm_locked(struct timerfd *t, uint64_t first, uint32_t flags)
{
	bool is_absolute = flags & TFD_TIMER_ABSTIME;

	t->ticks = 0;
	t->is_cancelled = false;
	t->is_cancellable = is_real(t->clock) && is_absolute && flags & TFD_TIMER_CANCEL_ON_SET;
	t->real_deadline = is_real(t->clock) && is_absolute ? first : 0;
	if (first == 0)
		t->deadline = 0;
	else if (t->real_deadline)
		t->deadline = time_real_to_deadline(first);
	else
		t->deadline = is_absolute ? first : time_deadline_in(first);
	if (t->deadline)
		alarm_set(&t->alarm, t->deadline);
}

void timerfd_clock_was_set(void)
{
	struct list *at;

	mutex_lock(&list_lock);
	list_for_each (at, &timerfds) {
		struct timerfd *t = list_entry(at, struct timerfd, all);

		mutex_lock(&t->lock);
		t->is_cancelled |= t->is_cancellable;
		if (t->deadline && t->real_deadline) {
			t->deadline = time_real_to_deadline(t->real_deadline);
			alarm_set(&t->alarm, t->deadline);
		}
		bool is_news = t->is_cancelled;

		mutex_unlock(&t->lock);
		if (is_news)
			wait_wake_events(&t->wait, POLLIN);
	}
	mutex_unlock(&list_lock);
}

/* --- the file --- */

/* Whether there was something to read: *out is a count, or 0 when the timer was called off. */
static bool take(struct timerfd *t, uint64_t *out)
{
	mutex_lock(&t->lock);
	settle_locked(t);
	bool was_cancelled = t->is_cancelled;

	*out = was_cancelled ? 0 : t->ticks;
	t->is_cancelled = false;
	t->ticks = 0;
	mutex_unlock(&t->lock);
	return was_cancelled || *out > 0;
}

static int64_t timerfd_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct timerfd *t = file->private;
	uint64_t ticks;
	int64_t result = 0;

	(void)position;
	if (to->left < sizeof(ticks))
		return -EINVAL;
	if (!take(t, &ticks)) {
		if (file_is_nonblocking(file) || !to->task)
			return -EAGAIN;
		result = wait_event(to->task, &t->wait, take(t, &ticks), 0);
	}
	if (result != 0)
		return result;
	if (ticks == 0)
		return -ECANCELED;
	return iter_put(to, &ticks, sizeof(ticks)) == sizeof(ticks) ? (int64_t)sizeof(ticks)
	                                                            : -EFAULT;
}

static uint32_t timerfd_poll(struct file *file, struct poll_table *table)
{
	struct timerfd *t = file->private;

	poll_add(table, &t->wait, 0);
	mutex_lock(&t->lock);
	uint32_t events = is_ready_locked(t) ? POLLIN : 0;

	mutex_unlock(&t->lock);
	return events;
}

static void timerfd_free(struct timerfd *t)
{
	mutex_lock(&list_lock);
	list_remove(&t->all);
	mutex_unlock(&list_lock);
	alarm_cancel(&t->alarm);
	heap_free(t);
}

static void timerfd_release(struct file *file)
{
	timerfd_free(file->private);
}

static const struct file_ops timerfd_ops = {
	.name = "timerfd",
	.flags = FILE_STREAM,
	.read = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
};

/* --- the calls --- */

static int64_t check_clock(struct task *task, int32_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME: return 0;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM: return capable(task, CAP_WAKE_ALARM) ? 0 : -EPERM;
	default: return -EINVAL;
	}
}

static struct timerfd *timerfd_new(int32_t clock)
{
	struct timerfd *t = heap_zalloc(sizeof(*t));

	if (!t)
		return 0;
	mutex_init(&t->lock, RANK_FILE);
	wait_queue_init(&t->wait);
	list_init(&t->all);
	t->clock = clock;
	t->alarm.ring = ring;
	if (!is_real(clock))
		return t;
	mutex_lock(&list_lock);
	list_push_back(&timerfds, &t->all);
	mutex_unlock(&list_lock);
	return t;
}

SYSCALL2(timerfd_create, int32_t, clock, uint32_t, flags)
{
	struct file *file;
	int64_t result = flags & ~(O_CLOEXEC | O_NONBLOCK) ? -EINVAL : check_clock(task, clock);
	struct timerfd *t = result == 0 ? timerfd_new(clock) : 0;

	if (!t)
		return result == 0 ? -ENOMEM : result;
	result = file_create_anonymous("anon_inode:[timerfd]", 0600, O_RDWR | (flags & O_NONBLOCK),
	                               &timerfd_ops, t, &file);
	if (result != 0) {
		timerfd_free(t);
		return result;
	}
	return files_add_new(task, file, flags & O_CLOEXEC);
}

/* A reference to the file, whose private part is a timerfd. */
static int64_t find(struct task *task, int32_t fd, struct file **out_file)
{
	struct file *file = files_lookup(task->files, fd);

	if (!file)
		return -EBADF;
	if (file->ops != &timerfd_ops) {
		file_put(file);
		return -EINVAL;
	}
	*out_file = file;
	return 0;
}

SYSCALL4(timerfd_settime, int32_t, fd, uint32_t, flags, uint64_t, u_new, uint64_t, u_old)
{
	struct linux_itimerspec value, old;
	uint64_t first, interval;
	struct file *file;

	if (copy_from_guest(task, &value, u_new, sizeof(value)) != 0)
		return -EFAULT;
	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ||
	    time_from_timespec(&value.it_value, &first) != 0 ||
	    time_from_timespec(&value.it_interval, &interval) != 0)
		return -EINVAL;
	int64_t result = find(task, fd, &file);

	if (result != 0)
		return result;
	struct timerfd *t = file->private;

	mutex_lock(&t->lock);
	settle_locked(t);
	old = value_locked(t);
	t->interval = interval;
	arm_locked(t, first, flags);
	mutex_unlock(&t->lock);
	file_put(file);
	return u_old ? copy_to_guest(task, u_old, &old, sizeof(old)) : 0;
}

SYSCALL2(timerfd_gettime, int32_t, fd, uint64_t, u_value)
{
	struct linux_itimerspec value;
	struct file *file;
	int64_t result = find(task, fd, &file);

	if (result != 0)
		return result;
	struct timerfd *t = file->private;

	mutex_lock(&t->lock);
	settle_locked(t);
	value = value_locked(t);
	mutex_unlock(&t->lock);
	file_put(file);
	return copy_to_guest(task, u_value, &value, sizeof(value));
}
