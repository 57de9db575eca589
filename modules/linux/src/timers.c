/*
 * Interval timers: alarm, setitimer and timer_create. An alarm (alarm.c) rings at the earliest deadline of all; then
 * the signals are sent. Timers on CPU time are guesses: when their deadline comes, the time really used is looked
 * up, and what is missing is waited for again.
 */
#include "timers.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include "alarm.h"
#include "guest.h"
#include "signal_queue.h"
#include "syscall.h"
#include "task_table.h"

#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2
#define FIRST_POSIX_ID 3 /* the numbers below are setitimer's three */
#define SIGEV_SIGNAL 0
#define SIGEV_NONE 1
#define SIGEV_THREAD_ID 4
#define TIMERS_MAX 1024
#define CPU_CHECK_NS 1000000ull /* a timer on CPU time looks no more often than this */

struct posix_timer {
	struct posix_timer *next;       /* [timer_lock] in its process */
	struct posix_timer *next_armed; /* [timer_lock] by deadline */
	struct process *process;        /* [I] not counted: timers_exit comes first */
	int32_t id;                     /* [I] */
	int32_t clock;                  /* [I] */
	int32_t notify, signal;         /* [I] */
	int32_t tid;                    /* [I] SIGEV_THREAD_ID, else 0 */
	uint64_t value;                 /* [I] for the handler */
	bool is_armed;                  /* [timer_lock] */
	uint64_t deadline;              /* [timer_lock] monotonic */
	uint64_t interval;              /* [timer_lock] */
	uint64_t cpu_target; /* [timer_lock] for clocks of CPU time: used when it is due */
	bool is_due;         /* [timer_lock] that much has been used */
	uint64_t overrun;    /* [timer_lock] */
};

static struct mutex timer_lock = MUTEX_RANKED(RANK_TIMER);
static struct posix_timer *armed; /* [timer_lock] */

static void send_due(struct alarm *alarm);
static struct alarm earliest = {.ring = send_due};

/* --- the queue --- */

static void disarm_locked(struct posix_timer *timer)
{
	struct posix_timer **at = &armed;

	if (!timer->is_armed)
		return;
	while (*at != timer)
		at = &(*at)->next_armed;
	*at = timer->next_armed;
	timer->is_armed = false;
}

static void arm_locked(struct posix_timer *timer, uint64_t deadline)
{
	struct posix_timer **at = &armed;

	disarm_locked(timer);
	timer->deadline = deadline;
	while (*at && (*at)->deadline <= deadline)
		at = &(*at)->next_armed;
	timer->next_armed = *at;
	*at = timer;
	timer->is_armed = true;
	if (armed == timer)
		alarm_set(&earliest, deadline);
}

static bool is_cpu_clock(int32_t clock)
{
	return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/* --- firing --- */

struct firing {
	struct process *process;
	struct linux_siginfo info;
	int32_t tid;
};

/* Takes the first timer, which is due. Its signal is sent without the lock. */
static void take_due_locked(uint64_t now, struct firing *firing)
{
	struct posix_timer *timer = armed;
	uint64_t missed = 0;
	uint64_t deadline = timer->deadline;

	disarm_locked(timer);
	if (timer->interval)
		arm_locked(timer, timer_advance(deadline, timer->interval, now, &missed));
	timer->cpu_target += timer->interval;
	timer->is_due = false;
	timer->overrun = missed;
	*firing = (struct firing){
		.process = timer->process,
		.tid = timer->tid,
		.info = {.si_signo = timer->notify == SIGEV_NONE ? 0 : timer->signal,
	                 .si_code = timer->id < FIRST_POSIX_ID ? SI_KERNEL : SI_TIMER,
	                 .timer = {.timer = timer->id,
	                           .overrun = (int32_t)MIN(missed, (uint64_t)INT32_MAX),
	                           .value = timer->value}},
	};
	process_get(firing->process);
}

/* A timer's signal is queued once, however often it fires. */
static bool is_queued(const struct pending *pending, const struct linux_siginfo *info)
{
	for (struct pending_signal *entry = pending->first; entry; entry = entry->next) {
		if (entry->info.si_signo == info->si_signo && entry->info.si_code == SI_TIMER &&
		    entry->info.timer.timer == info->timer.timer)
			return true;
	}
	return false;
}

static void fire(struct firing *firing)
{
	struct task *target = firing->tid ? task_find(firing->tid) : 0;

	mutex_lock(&firing->process->lock);
	bool is_repeated = is_queued(target ? &target->pending : &firing->process->pending,
	                             &firing->info);

	mutex_unlock(&firing->process->lock);
	if (firing->info.si_signo != 0 && !is_repeated) {
		if (target)
			(void)signal_send_task_info(target, &firing->info);
		else if (firing->tid == 0)
			(void)signal_send_process_info(firing->process, &firing->info);
	}
	if (target)
		task_put(target);
	process_put(firing->process);
}

/* CPU time that a timer on it still wants; looked up without the lock, which ranks above the tables'. */
static void recheck_cpu_timer(struct posix_timer *due, struct process *process)
{
	uint64_t used = process_cpu_times(process).user_ns;

	mutex_lock(&timer_lock);
	struct posix_timer *timer = process->timers;

	while (timer && timer != due)
		timer = timer->next;
	if (timer && timer->is_armed && used < timer->cpu_target)
		arm_locked(timer, time_deadline_in(MAX(timer->cpu_target - used, CPU_CHECK_NS)));
	else if (timer && timer->is_armed)
		timer->is_due = true; /* the next look takes it */
	mutex_unlock(&timer_lock);
}

static void fire_due(void)
{
	struct firing firing;
	uint64_t now = time_monotonic_ns();

	while (armed && armed->deadline <= now) {
		if (is_cpu_clock(armed->clock) && !armed->is_due) {
			struct posix_timer *timer = armed;
			struct process *process = timer->process;

			process_get(process);
			mutex_unlock(&timer_lock);
			recheck_cpu_timer(timer, process);
			process_put(process);
			mutex_lock(&timer_lock);
			continue;
		}
		take_due_locked(now, &firing);
		mutex_unlock(&timer_lock);
		fire(&firing);
		mutex_lock(&timer_lock);
	}
}

static void send_due(struct alarm *alarm)
{
	mutex_lock(&timer_lock);
	fire_due();
	if (armed)
		alarm_set(alarm, armed->deadline);
	mutex_unlock(&timer_lock);
}

/* --- timers of a process --- */

static struct posix_timer *find_locked(struct process *process, int32_t id)
{
	struct posix_timer *timer = process->timers;

	while (timer && timer->id != id)
		timer = timer->next;
	return timer;
}

static void free_timers(struct process *process, int32_t first_id)
{
	struct posix_timer *gone = 0;

	mutex_lock(&timer_lock);
	for (struct posix_timer **at = &process->timers; *at;) {
		struct posix_timer *timer = *at;

		if (timer->id < first_id) {
			at = &timer->next;
			continue;
		}
		disarm_locked(timer);
		*at = timer->next;
		timer->next = gone;
		gone = timer;
	}
	mutex_unlock(&timer_lock);
	while (gone) {
		struct posix_timer *next = gone->next;

		heap_free(gone);
		gone = next;
	}
}

void timers_exit(struct process *process)
{
	free_timers(process, 0);
}

void timers_exec(struct process *process)
{
	free_timers(process, FIRST_POSIX_ID);
}

static uint64_t cpu_now(struct process *process, int32_t clock)
{
	return is_cpu_clock(clock) ? process_cpu_times(process).user_ns : 0;
}

/* First expiry in `first` ns (0: disarm), then every interval. Tells what was left before. */
static void set_timer_locked(struct posix_timer *timer, uint64_t first, uint64_t interval,
                             uint64_t used)
{
	timer->interval = interval;
	timer->overrun = 0;
	timer->cpu_target = used + first;
	timer->is_due = false;
	if (first)
		arm_locked(timer, time_deadline_in(first));
	else
		disarm_locked(timer);
}

static uint64_t time_left_locked(const struct posix_timer *timer)
{
	uint64_t now = time_monotonic_ns();

	if (!timer || !timer->is_armed)
		return 0;
	return timer->deadline > now ? timer->deadline - now : 1;
}

/* --- setitimer, getitimer, alarm --- */

static const int32_t itimer_signals[] = {SIGALRM, SIGVTALRM, SIGPROF};

/* Finds or makes one of the three; null without memory. */
static struct posix_timer *itimer_locked(struct process *process, int32_t which,
                                         struct posix_timer **fresh)
{
	struct posix_timer *timer = find_locked(process, which);

	if (timer || !*fresh)
		return timer;
	timer = *fresh;
	*fresh = 0;
	*timer = (struct posix_timer){
		.next = process->timers,
		.process = process,
		.id = which,
		.clock = which == ITIMER_REAL ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID,
		.signal = itimer_signals[which],
	};
	process->timers = timer;
	return timer;
}

static int64_t set_itimer(struct process *process, int32_t which, uint64_t first, uint64_t interval,
                          uint64_t *out_left, uint64_t *out_interval)
{
	struct posix_timer *fresh = heap_alloc(sizeof(*fresh));
	uint64_t used = which == ITIMER_REAL ? 0 : cpu_now(process, CLOCK_PROCESS_CPUTIME_ID);

	mutex_lock(&timer_lock);
	struct posix_timer *timer = itimer_locked(process, which, &fresh);

	if (timer) {
		*out_left = time_left_locked(timer);
		*out_interval = timer->interval;
		set_timer_locked(timer, first, interval, used);
	}
	mutex_unlock(&timer_lock);
	heap_free(fresh);
	return timer ? 0 : -ENOMEM;
}

static int64_t put_itimer(struct task *task, uint64_t u_value, uint64_t left, uint64_t interval)
{
	struct linux_itimerval value = {time_to_timeval(interval), time_to_timeval(left)};

	return copy_to_guest(task, u_value, &value, sizeof(value));
}

SYSCALL3(setitimer, int32_t, which, uint64_t, u_new, uint64_t, u_old)
{
	struct linux_itimerval value = {{0, 0}, {0, 0}};
	uint64_t first, interval, left, old_interval;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (u_new && copy_from_guest(task, &value, u_new, sizeof(value)) != 0)
		return -EFAULT;
	if (time_from_timeval(&value.it_value, &first) != 0 ||
	    time_from_timeval(&value.it_interval, &interval) != 0)
		return -EINVAL;
	int64_t result = set_itimer(task->process, which, first, interval, &left, &old_interval);

	if (result == 0 && u_old)
		result = put_itimer(task, u_old, left, old_interval);
	return result;
}

SYSCALL2(getitimer, int32_t, which, uint64_t, u_value)
{
	uint64_t left, interval = 0;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	mutex_lock(&timer_lock);
	struct posix_timer *timer = find_locked(task->process, which);

	left = time_left_locked(timer);
	if (timer)
		interval = timer->interval;
	mutex_unlock(&timer_lock);
	return put_itimer(task, u_value, left, interval);
}

SYSCALL1(alarm, uint32_t, seconds)
{
	uint64_t left, interval;
	int64_t error = set_itimer(task->process, ITIMER_REAL, seconds * NS_PER_SECOND, 0, &left,
	                           &interval);

	/* To the nearest second, but never 0 for an alarm that was set. */
	return error       ? error
	       : left == 0 ? 0
	                   : (int64_t)MAX((left + NS_PER_SECOND / 2) / NS_PER_SECOND, 1ull);
}

/* --- timer_create and its kin --- */

struct linux_sigevent {
	uint64_t value;
	int32_t signal, notify;
	int32_t tid;
	uint8_t pad[44];
};

static int64_t check_event(struct task *task, const struct linux_sigevent *event)
{
	if (event->notify == SIGEV_NONE)
		return 0;
	if (event->notify != SIGEV_SIGNAL && event->notify != SIGEV_THREAD_ID)
		return -EINVAL;
	if (event->signal < 1 || event->signal > SIGNAL_COUNT)
		return -EINVAL;
	if (event->notify != SIGEV_THREAD_ID)
		return 0;
	struct task *target = task_find(event->tid);
	bool is_own = target && target->process == task->process;

	if (target)
		task_put(target);
	return is_own ? 0 : -EINVAL;
}

static bool is_timer_clock(int32_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
	       clock == CLOCK_TAI || is_cpu_clock(clock);
}

static int32_t link_timer(struct process *process, struct posix_timer *timer)
{
	uint32_t count = 0;

	mutex_lock(&timer_lock);
	for (struct posix_timer *other = process->timers; other; other = other->next)
		count++;
	if (count < TIMERS_MAX) {
		timer->id = FIRST_POSIX_ID + process->next_timer++;
		timer->next = process->timers;
		process->timers = timer;
	}
	mutex_unlock(&timer_lock);
	return count < TIMERS_MAX ? timer->id : -EAGAIN;
}

SYSCALL3(timer_create, int32_t, clock, uint64_t, u_event, uint64_t, u_id)
{
	struct linux_sigevent event = {.signal = SIGALRM, .notify = SIGEV_SIGNAL};

	if (!is_timer_clock(clock))
		return -EINVAL;
	if (u_event && copy_from_guest(task, &event, u_event, sizeof(event)) != 0)
		return -EFAULT;
	int64_t error = check_event(task, &event);
	struct posix_timer *timer = error ? 0 : heap_zalloc(sizeof(*timer));

	if (!timer)
		return error ? error : -EAGAIN;
	timer->process = task->process;
	timer->clock = clock;
	timer->notify = event.notify;
	timer->signal = event.signal;
	timer->tid = event.notify == SIGEV_THREAD_ID ? event.tid : 0;
	int32_t id = link_timer(task->process, timer);

	if (id < 0) {
		heap_free(timer);
		return id;
	}
	timer->value = u_event ? event.value : (uint64_t)(id - FIRST_POSIX_ID);
	return put_guest_u32(task, u_id, (uint32_t)(id - FIRST_POSIX_ID));
}

static uint64_t from_now(const struct posix_timer *timer, uint64_t absolute, uint64_t used)
{
	uint64_t now = time_monotonic_ns();

	if (absolute == 0)
		return 0;
	if (is_cpu_clock(timer->clock))
		return absolute > used ? absolute - used : 1;
	if (timer->clock == CLOCK_REALTIME || timer->clock == CLOCK_TAI)
		absolute = time_real_to_deadline(absolute);
	return absolute > now ? absolute - now : 1;
}

SYSCALL4(timer_settime, int32_t, id, uint32_t, flags, uint64_t, u_new, uint64_t, u_old)
{
	struct process *process = task->process;
	struct linux_itimerspec value, old;
	uint64_t first, interval;
	uint64_t used = cpu_now(process, CLOCK_PROCESS_CPUTIME_ID);

	if (copy_from_guest(task, &value, u_new, sizeof(value)) != 0)
		return -EFAULT;
	if (time_from_timespec(&value.it_value, &first) != 0 ||
	    time_from_timespec(&value.it_interval, &interval) != 0)
		return -EINVAL;
	mutex_lock(&timer_lock);
	struct posix_timer *timer = id < 0 ? 0 : find_locked(process, id + FIRST_POSIX_ID);

	if (timer) {
		old.it_value = time_to_timespec(time_left_locked(timer));
		old.it_interval = time_to_timespec(timer->interval);
		if (flags & TIMER_ABSTIME)
			first = from_now(timer, first, used);
		set_timer_locked(timer, first, interval, used);
	}
	mutex_unlock(&timer_lock);
	if (!timer)
		return -EINVAL;
	return u_old ? copy_to_guest(task, u_old, &old, sizeof(old)) : 0;
}

SYSCALL2(timer_gettime, int32_t, id, uint64_t, u_value)
{
	struct linux_itimerspec value;

	mutex_lock(&timer_lock);
	struct posix_timer *timer = id < 0 ? 0 : find_locked(task->process, id + FIRST_POSIX_ID);

	if (timer) {
		value.it_value = time_to_timespec(time_left_locked(timer));
		value.it_interval = time_to_timespec(timer->interval);
	}
	mutex_unlock(&timer_lock);
	return timer ? copy_to_guest(task, u_value, &value, sizeof(value)) : -EINVAL;
}

SYSCALL1(timer_getoverrun, int32_t, id)
{
	mutex_lock(&timer_lock);
	struct posix_timer *timer = id < 0 ? 0 : find_locked(task->process, id + FIRST_POSIX_ID);
	int64_t overrun = timer ? (int64_t)MIN(timer->overrun, (uint64_t)INT32_MAX) : -EINVAL;

	mutex_unlock(&timer_lock);
	return overrun;
}

SYSCALL1(timer_delete, int32_t, id)
{
	struct process *process = task->process;
	struct posix_timer *timer = 0;

	mutex_lock(&timer_lock);
	for (struct posix_timer **at = &process->timers; *at && id >= 0; at = &(*at)->next) {
		if ((*at)->id != id + FIRST_POSIX_ID)
			continue;
		timer = *at;
		disarm_locked(timer);
		*at = timer->next;
		break;
	}
	mutex_unlock(&timer_lock);
	heap_free(timer);
	return timer ? 0 : -EINVAL;
}
