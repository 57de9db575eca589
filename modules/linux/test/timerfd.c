/*
 * timerfd: expiry, reading, polling, what is left, errors; the time of day being set.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include "check.h"

#define MS 1000000l
#define OBJ_CALL 0x1000

static void set(int fd, int flags, long first_ns, long interval_ns)
{
	struct itimerspec value = {{interval_ns / 1000000000, interval_ns % 1000000000},
	                           {first_ns / 1000000000, first_ns % 1000000000}};

	CHECK(timerfd_settime(fd, flags, &value, NULL) == 0);
}

static uint64_t read_ticks(int fd)
{
	uint64_t ticks = 0;

	return read(fd, &ticks, sizeof(ticks)) == sizeof(ticks) ? ticks : 0;
}

static int is_ready(int fd, int timeout_ms)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, timeout_ms) == 1 && p.revents == POLLIN;
}

static void test_once(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct itimerspec value;
	long before = now_ms();

	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(!is_ready(fd, 0));
	set(fd, 0, 900 * 1000 * MS, 0);
	CHECK(timerfd_gettime(fd, &value) == 0 && value.it_value.tv_sec >= 800 &&
	      value.it_value.tv_sec <= 900 && value.it_interval.tv_nsec == 0);
	set(fd, 0, 200 * MS, 0);
	CHECK(read_ticks(fd) == 1 && now_ms() - before >= 200);
	CHECK(timerfd_gettime(fd, &value) == 0 && value.it_value.tv_nsec == 0);
	CHECK(!is_ready(fd, 30));
	set(fd, 0, 30 * MS, 0);
	CHECK(is_ready(fd, 5000) && is_ready(fd, 0));
	CHECK(read_ticks(fd) == 1 && !is_ready(fd, 0));
	/* Setting it anew forgets what had expired; 0 stops it. */
	set(fd, 0, MS, 0);
	sleep_ms(20);
	set(fd, 0, 0, 0);
	CHECK(!is_ready(fd, 20));
	close(fd);
}

static void test_interval(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec value, old, never = {{0, 0}, {0, 0}};
	uint64_t ticks;
	long before = now_ms();

	CHECK_ERRNO(read(fd, &ticks, sizeof(ticks)), EAGAIN);
	set(fd, 0, 20 * MS, 10 * MS);
	sleep_ms(75);
	ticks = read_ticks(fd);
	CHECK(ticks >= 6 && ticks <= (uint64_t)(now_ms() - before) / 10);
	CHECK_ERRNO(read(fd, &ticks, 4), EINVAL);
	CHECK(is_ready(fd, 5000) && read_ticks(fd) >= 1);
	CHECK(timerfd_gettime(fd, &value) == 0 && value.it_interval.tv_nsec == 10 * MS &&
	      value.it_value.tv_nsec > 0 && value.it_value.tv_nsec <= 10 * MS);
	CHECK(timerfd_settime(fd, 0, &never, &old) == 0 && old.it_interval.tv_nsec == 10 * MS &&
	      old.it_value.tv_nsec > 0);
	CHECK(!is_ready(fd, 30));
	close(fd);
}

static void test_absolute(int clock)
{
	int fd = timerfd_create(clock, 0);
	struct timespec now;

	CHECK(fd >= 0 && clock_gettime(clock, &now) == 0);
	long until = now.tv_sec * 1000000000l + now.tv_nsec + 50 * MS;

	set(fd, TFD_TIMER_ABSTIME, until, 0);
	CHECK(read_ticks(fd) == 1 && clock_gettime(clock, &now) == 0 &&
	      now.tv_sec * 1000000000l + now.tv_nsec >= until);
	/* What has passed expires at once; periods are counted from then. */
	set(fd, TFD_TIMER_ABSTIME, until - 1000 * MS, 100 * MS);
	CHECK(is_ready(fd, 1000) && read_ticks(fd) >= 10);
	close(fd);
}

/* Edge-triggered: one event for each expiry that was read. */
static void test_epoll(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), epoll = epoll_create1(0),
	    events = 0;
	struct epoll_event event = {.events = EPOLLIN | EPOLLET}, got;

	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
	set(fd, 0, 10 * MS, 10 * MS);
	for (int i = 0; i < 5; i++) {
		events += epoll_wait(epoll, &got, 1, 5000);
		CHECK(read_ticks(fd) >= 1);
	}
	CHECK(events == 5);
	set(fd, 0, 0, 0);
	CHECK(epoll_wait(epoll, &got, 1, 30) == 0);
	close(fd);
	close(epoll);
}

static void test_errors(void)
{
	struct itimerspec value = {{0, 0}, {0, 1000000000}};
	int fd = timerfd_create(CLOCK_BOOTTIME, 0);

	CHECK(fd >= 0);
	CHECK_ERRNO(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	CHECK_ERRNO(timerfd_create(77, 0), EINVAL);
	CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERRNO(timerfd_settime(fd, 0, &value, NULL), EINVAL);
	value.it_value.tv_nsec = -1;
	CHECK_ERRNO(timerfd_settime(fd, 0, &value, NULL), EINVAL);
	value.it_value.tv_nsec = 1;
	CHECK_ERRNO(timerfd_settime(fd, 4, &value, NULL), EINVAL);
	CHECK_ERRNO(timerfd_settime(999, 0, &value, NULL), EBADF);
	CHECK_ERRNO(timerfd_settime(1, 0, &value, NULL), EINVAL);
	CHECK_ERRNO(timerfd_gettime(1, &value), EINVAL);
	CHECK_ERRNO(syscall(SYS_timerfd_settime, fd, 0, 8, NULL), EFAULT);
	CHECK_ERRNO(write(fd, &value, 8), EINVAL);
	close(fd);
}

/* Only where the clock can be set: by the object tree's time service. */
static int set_clock(uint64_t ns)
{
	unsigned char args[] = "\xa1\x68realtime\x1b........", result[64];

	for (int i = 0; i < 8; i++)
		args[11 + i] = (unsigned char)(ns >> (56 - 8 * i));
	return syscall(OBJ_CALL, "/sys/time", "set", args, 19, result, sizeof(result)) >= 0;
}

static void test_clock_set(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, 0), other = timerfd_create(CLOCK_REALTIME, 0);
	struct timespec now;
	uint64_t ticks;

	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;

	set(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, (long)ns + 7200000 * MS, 0);
	set(other, TFD_TIMER_ABSTIME, (long)ns + 3600000 * MS, 0);
	if (set_clock(ns + 3601000000000)) {
		CHECK(is_ready(fd, 5000));
		CHECK_ERRNO(read(fd, &ticks, sizeof(ticks)), ECANCELED);
		CHECK(!is_ready(fd, 0));
		CHECK(is_ready(other, 5000) && read_ticks(other) == 1);
		CHECK(set_clock(ns));
	}
	close(fd);
	close(other);
}

void test_timerfd(void)
{
	test_once();
	test_interval();
	test_absolute(CLOCK_MONOTONIC);
	test_absolute(CLOCK_REALTIME);
	test_absolute(CLOCK_BOOTTIME);
	test_epoll();
	test_errors();
	test_clock_set();
}
