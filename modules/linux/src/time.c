/*
 * Clocks and sleeping: clock_*, gettimeofday, time, times, nanosleep. The monotonic clock is the kernel's; the
 * real one is that plus the time of day at boot. Interval timers are in timers.c. What the vdso answers, it
 * computes as it is done here (vdso/clock.c).
 */
#include "time.h"
#include <base/bits.h>
#include <libanon/time.h>
#include "clock_page.h"
#include "guest.h"
#include "syscall.h"
#include "task_table.h"

#define CLOCK_TICK_NS 10000000ull /* times() counts in hundredths of a second */
#define SECONDS_MAX (INT64_MAX / (int64_t)NS_PER_SECOND)

uint64_t time_monotonic_ns(void)
{
	return clock_ns();
}

uint64_t time_real_ns(void)
{
	return clock_page_real_offset_ns() + clock_ns();
}

int64_t time_from_timespec(const struct linux_timespec *from, uint64_t *out_ns)
{
	if (from->tv_sec < 0 || from->tv_nsec < 0 || from->tv_nsec >= (int64_t)NS_PER_SECOND)
		return -EINVAL;
	if (from->tv_sec >= SECONDS_MAX)
		*out_ns = INT64_MAX;
	else
		*out_ns = (uint64_t)from->tv_sec * NS_PER_SECOND + (uint64_t)from->tv_nsec;
	return 0;
}

int64_t time_from_timeval(const struct linux_timeval *from, uint64_t *out_ns)
{
	struct linux_timespec spec = {from->tv_sec, from->tv_usec * 1000};

	if (from->tv_usec < 0 || from->tv_usec >= 1000000)
		return -EINVAL;
	return time_from_timespec(&spec, out_ns);
}

struct linux_timespec time_to_timespec(uint64_t ns)
{
	return (struct linux_timespec){(int64_t)(ns / NS_PER_SECOND),
	                               (int64_t)(ns % NS_PER_SECOND)};
}

struct linux_timeval time_to_timeval(uint64_t ns)
{
	return (struct linux_timeval){(int64_t)(ns / NS_PER_SECOND),
	                              (int64_t)(ns % NS_PER_SECOND / 1000)};
}

uint64_t time_deadline_in(uint64_t ns)
{
	return deadline_in_ns(ns);
}

uint64_t time_real_to_deadline(uint64_t real_ns)
{
	uint64_t boot = clock_page_real_offset_ns();

	return real_ns > boot ? real_ns - boot : 1;
}

int64_t time_deadline_from_guest(struct task *task, uint64_t u_timespec, uint64_t *out_deadline)
{
	struct linux_timespec spec;
	uint64_t ns;

	*out_deadline = 0;
	if (u_timespec == 0)
		return 0;
	if (copy_from_guest(task, &spec, u_timespec, sizeof(spec)) != 0)
		return -EFAULT;
	int64_t error = time_from_timespec(&spec, &ns);

	if (!error)
		*out_deadline = time_deadline_in(ns);
	return error;
}

/* --- reading clocks --- */

/* Clocks of processes and threads by number: the complement of the pid in the upper bits, as Linux has it; pid 0
 * is the caller. */
static int64_t read_cpu_clock(struct task *task, int32_t clock, uint64_t *out_ns)
{
	int32_t pid = ~(clock >> 3);
	bool is_thread = clock & 4;

	if ((clock & 3) == 3)
		return -EINVAL;
	struct task *target = task_find(pid ? pid : task->tid);

	if (!target)
		return -EINVAL;
	*out_ns = is_thread ? task_cpu_ns(target) : process_cpu_times(target->process).user_ns;
	task_put(target);
	return 0;
}

static int64_t read_clock(struct task *task, int32_t clock, uint64_t *out_ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI: *out_ns = time_real_ns(); return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM: *out_ns = time_monotonic_ns(); return 0;
	case CLOCK_PROCESS_CPUTIME_ID: *out_ns = process_cpu_times(task->process).user_ns; return 0;
	case CLOCK_THREAD_CPUTIME_ID: *out_ns = task_cpu_ns(task); return 0;
	default: return clock < 0 ? read_cpu_clock(task, clock, out_ns) : -EINVAL;
	}
}

SYSCALL2(clock_gettime, int32_t, clock, uint64_t, u_time)
{
	uint64_t ns;
	int64_t error = read_clock(task, clock, &ns);

	if (error)
		return error;
	struct linux_timespec spec = time_to_timespec(ns);

	return copy_to_guest(task, u_time, &spec, sizeof(spec));
}

SYSCALL2(clock_getres, int32_t, clock, uint64_t, u_time)
{
	struct linux_timespec resolution = {0, 1};
	uint64_t ns;
	int64_t error = read_clock(task, clock, &ns);

	if (error || u_time == 0)
		return error;
	if (clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
		resolution.tv_nsec = COARSE_RESOLUTION_NS;
	return copy_to_guest(task, u_time, &resolution, sizeof(resolution));
}

/* The clock is the machine's: a container may not set it. */
SYSCALL2(clock_settime, int32_t, clock, uint64_t, u_time)
{
	return clock == CLOCK_REALTIME ? -EPERM : -EINVAL;
}

SYSCALL2(settimeofday, uint64_t, u_time, uint64_t, u_zone)
{
	return -EPERM;
}

SYSCALL2(gettimeofday, uint64_t, u_time, uint64_t, u_zone)
{
	struct linux_timeval value = time_to_timeval(time_real_ns());
	uint64_t zone = 0;

	if (u_time && copy_to_guest(task, u_time, &value, sizeof(value)) != 0)
		return -EFAULT;
	return u_zone ? put_guest_u64(task, u_zone, zone) : 0;
}

SYSCALL1(time, uint64_t, u_time)
{
	uint64_t seconds = time_real_ns() / NS_PER_SECOND;

	if (u_time && put_guest_u64(task, u_time, seconds) != 0)
		return -EFAULT;
	return (int64_t)seconds;
}

SYSCALL1(times, uint64_t, u_times)
{
	struct process *process = task->process;
	struct process_times own = process_cpu_times(process);
	int64_t values[4] = {
		(int64_t)(own.user_ns / CLOCK_TICK_NS),
		(int64_t)(own.system_ns / CLOCK_TICK_NS),
		(int64_t)(process->child_times.user_ns / CLOCK_TICK_NS),
		(int64_t)(process->child_times.system_ns / CLOCK_TICK_NS),
	};

	if (u_times && copy_to_guest(task, u_times, values, sizeof(values)) != 0)
		return -EFAULT;
	return (int64_t)(time_monotonic_ns() / CLOCK_TICK_NS);
}

/* --- sleeping --- */

static int64_t sleep_until(struct task *task, uint64_t deadline)
{
	int64_t result;

	do {
		uint32_t sequence = wait_sequence(task);

		result = wait_sleep(task, sequence, deadline);
	} while (result == 0);
	return result == -ETIMEDOUT ? 0 : result;
}

/* Sleeps; when interrupted, tells what is left and arranges for restart_syscall to sleep on. */
static int64_t sleep_again(struct task *task, struct restart *restart)
{
	uint64_t u_left = restart->arguments[0];
	int64_t result = sleep_until(task, restart->deadline);

	if (result == 0)
		return 0;
	uint64_t now = time_monotonic_ns();
	struct linux_timespec left = time_to_timespec(
		restart->deadline > now ? restart->deadline - now : 0);

	if (u_left && copy_to_guest(task, u_left, &left, sizeof(left)) != 0)
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

static int64_t sleep_relative(struct task *task, uint64_t u_request, uint64_t u_left)
{
	struct linux_timespec spec;
	uint64_t ns;

	if (copy_from_guest(task, &spec, u_request, sizeof(spec)) != 0)
		return -EFAULT;
	int64_t error = time_from_timespec(&spec, &ns);

	if (error)
		return error;
	task->restart = (struct restart){
		.again = sleep_again, .deadline = time_deadline_in(ns), .arguments = {u_left}};
	return sleep_again(task, &task->restart);
}

SYSCALL2(nanosleep, uint64_t, u_request, uint64_t, u_left)
{
	return sleep_relative(task, u_request, u_left);
}

SYSCALL4(clock_nanosleep, int32_t, clock, uint32_t, flags, uint64_t, u_request, uint64_t, u_left)
{
	struct linux_timespec spec;
	uint64_t ns;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
	    clock != CLOCK_TAI)
		return clock == CLOCK_PROCESS_CPUTIME_ID ? -EOPNOTSUPP : -EINVAL;
	if (!(flags & TIMER_ABSTIME))
		return sleep_relative(task, u_request, u_left);
	if (copy_from_guest(task, &spec, u_request, sizeof(spec)) != 0)
		return -EFAULT;
	int64_t error = time_from_timespec(&spec, &ns);

	if (error)
		return error;
	bool is_real = clock == CLOCK_REALTIME || clock == CLOCK_TAI;
	int64_t result = sleep_until(task, is_real ? time_real_to_deadline(ns) : MAX(ns, 1ull));

	return result == 0 ? 0 : -ERESTARTNOHAND;
}
