/*
 * Clocks, sleeps, alarms, interval timers, POSIX timers.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include "check.h"

static volatile int count, last_value, last_code;

static void counting(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	count++;
	last_code = info->si_code;
	last_value = info->si_value.sival_int;
}

static void set_handler(int signal)
{
	struct sigaction action = {.sa_sigaction = counting, .sa_flags = SA_SIGINFO};

	sigaction(signal, &action, NULL);
	count = 0;
}

static void test_clocks(void)
{
	struct timespec first, second;
	struct timeval day;
	struct tms times_now;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &first) == 0);
	sleep_ms(20);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &second) == 0);
	long ns = (second.tv_sec - first.tv_sec) * 1000000000 + second.tv_nsec - first.tv_nsec;

	CHECK(ns >= 20000000 && ns < 2000000000);
	CHECK(clock_gettime(CLOCK_REALTIME, &first) == 0 && gettimeofday(&day, NULL) == 0);
	CHECK(day.tv_sec - first.tv_sec >= 0 && day.tv_sec - first.tv_sec <= 1);
	CHECK(time(NULL) - first.tv_sec <= 1);
	CHECK(clock_getres(CLOCK_MONOTONIC, &first) == 0 && first.tv_sec == 0 && first.tv_nsec > 0);
	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &first) == 0);
	for (volatile int i = 0; i < 3000000; i++)
		;
	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &second) == 0);
	CHECK(second.tv_sec > first.tv_sec || second.tv_nsec > first.tv_nsec);
	CHECK_ERRNO(syscall(SYS_clock_gettime, 77, &first), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (void *)8), EFAULT);
	CHECK(times(&times_now) != (clock_t)-1);
}

static void test_sleeps(void)
{
	struct timespec bad = {0, 1000000000}, negative = {-1, 0}, until;
	long before = now_ms();

	CHECK_ERRNO(nanosleep(&bad, NULL), EINVAL);
	CHECK_ERRNO(nanosleep(&negative, NULL), EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 60000000;
	if (until.tv_nsec >= 1000000000)
		until.tv_sec++, until.tv_nsec -= 1000000000;
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0);
	CHECK(now_ms() - before >= 55);
	until.tv_sec = 0;
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0);
	CHECK(clock_nanosleep(77, 0, &until, NULL) == EINVAL);
}

static void test_alarm(void)
{
	set_handler(SIGALRM);
	CHECK(alarm(10) == 0);
	CHECK(alarm(1) == 10);
	long before = now_ms();

	CHECK_ERRNO(pause(), EINTR);
	CHECK(count == 1 && now_ms() - before >= 900);
	CHECK(alarm(5) == 0 && alarm(0) == 5);
}

static void test_interval_timer(void)
{
	struct itimerval value = {{0, 20000}, {0, 30000}}, old;

	set_handler(SIGALRM);
	CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
	CHECK(getitimer(ITIMER_REAL, &old) == 0 && old.it_interval.tv_usec == 20000 &&
	      old.it_value.tv_usec > 0);
	CHECK(wait_for(&count, 4));
	value = (struct itimerval){{0, 0}, {0, 0}};
	CHECK(setitimer(ITIMER_REAL, &value, &old) == 0 && old.it_interval.tv_usec == 20000);
	int stopped = count;

	sleep_ms(60);
	CHECK(count == stopped);
	value.it_value.tv_usec = 1000000;
	CHECK_ERRNO(setitimer(ITIMER_REAL, &value, NULL), EINVAL);
	CHECK_ERRNO(setitimer(9, &value, NULL), EINVAL);
	set_handler(SIGPROF);
	value.it_value.tv_usec = 50000;
	CHECK(setitimer(ITIMER_PROF, &value, NULL) == 0);
	long before = now_ms();

	while (count == 0 && now_ms() - before < 5000)
		;
	CHECK(count == 1);
	/* Timers are not inherited. */
	value.it_value.tv_usec = 40000;
	setitimer(ITIMER_REAL, &value, NULL);
	pid_t pid = fork();

	if (pid == 0) {
		getitimer(ITIMER_REAL, &old);
		_exit(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0 ? 0 : 1);
	}
	int status = -1;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	CHECK(status == 0);
	sleep_ms(60);
	signal(SIGALRM, SIG_DFL);
	signal(SIGPROF, SIG_DFL);
}

static void test_posix_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec value = {{0, 0}, {900, 0}}, now;
	timer_t timer;

	event.sigev_value.sival_int = 42;
	set_handler(SIGUSR1);
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	CHECK(timer_settime(timer, 0, &value, NULL) == 0);
	CHECK(timer_gettime(timer, &now) == 0 && now.it_value.tv_sec >= 800 &&
	      now.it_value.tv_sec <= 900);
	value.it_value = (struct timespec){0, 30000000};
	CHECK(timer_settime(timer, 0, &value, NULL) == 0);
	CHECK(wait_for(&count, 1) && last_code == SI_TIMER && last_value == 42);
	value.it_interval.tv_nsec = 10000000;
	CHECK(timer_settime(timer, 0, &value, NULL) == 0);
	CHECK(wait_for(&count, 4));
	CHECK(timer_getoverrun(timer) >= 0);
	CHECK(timer_delete(timer) == 0);
	CHECK_ERRNO(syscall(SYS_timer_delete, 12345), EINVAL);
	CHECK_ERRNO(timer_create(77, &event, &timer), EINVAL);
	signal(SIGUSR1, SIG_DFL);
}

void test_time(void)
{
	test_clocks();
	test_sleeps();
	test_alarm();
	test_interval_timer();
	test_posix_timer();
}
