/*
 * Clocks and Linux's time structures. All times inside the monitor are nanoseconds: monotonic ones
 * since boot (what deadlines are made of), real ones since 1970 UTC.
 */
#pragma once
#include <stdint.h>

struct task;

#define NS_PER_SECOND 1000000000ull
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11
#define TIMER_ABSTIME 1
#define COARSE_RESOLUTION_NS \
	4000000 /* what the coarse clocks claim; they are as fine as the others */

struct linux_timespec {
	int64_t tv_sec;
	int64_t tv_nsec;
};
struct linux_timeval {
	int64_t tv_sec;
	int64_t tv_usec;
};
struct linux_itimerspec {
	struct linux_timespec it_interval;
	struct linux_timespec it_value;
};
struct linux_itimerval {
	struct linux_timeval it_interval;
	struct linux_timeval it_value;
};

uint64_t time_monotonic_ns(void);
uint64_t time_real_ns(void);

/* Saturating; -EINVAL when negative or not normalised. */
int64_t time_from_timespec(const struct linux_timespec *from, uint64_t *out_ns);
int64_t time_from_timeval(const struct linux_timeval *from, uint64_t *out_ns);
struct linux_timespec time_to_timespec(uint64_t ns);
struct linux_timeval time_to_timeval(uint64_t ns);

/* Read a guest's relative time-out and make a deadline of it: 0 (none) when u_timeout is 0. 0, -EFAULT, -EINVAL. */
int64_t time_deadline_from_guest(struct task *task, uint64_t u_timespec, uint64_t *out_deadline);
/* now + ns, never 0, saturating. */
uint64_t time_deadline_in(uint64_t ns);
/* An absolute time of day as a deadline. */
uint64_t time_real_to_deadline(uint64_t real_ns);
