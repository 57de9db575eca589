/*
 * What becomes of a call that a signal interrupts: EINTR, or as if nothing had happened.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include "check.h"
#include "futex.h"

static volatile int count;
static volatile int *is_handled; /* shared with the child that sent the signal */

/* Processor time, in both modes. */
static long used_us(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
	       usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;
}

static void counting(int signal)
{
	(void)signal;
	count++;
	*is_handled = 1;
}

static void set_handler(int flags)
{
	struct sigaction action = {.sa_handler = counting, .sa_flags = flags};

	sigaction(SIGUSR1, &action, NULL);
	count = 0;
	*is_handled = 0;
}

/* A child that signals its parent once that sleeps, and ends when the handler has run. */
static pid_t start_signaller(int signal)
{
	pid_t pid = fork();

	if (pid == 0) {
		wait_until_asleep(getppid());
		kill(getppid(), signal);
		wait_for(is_handled, 1);
		_exit(3);
	}
	return pid;
}

static void test_wait(void)
{
	int status;

	set_handler(0);
	pid_t pid = start_signaller(SIGUSR1);

	CHECK_ERRNO(waitpid(pid, &status, 0), EINTR);
	CHECK(count == 1);
	CHECK(waitpid(pid, &status, 0) == pid && status == 3 << 8);
	set_handler(SA_RESTART);
	pid = start_signaller(SIGUSR1);
	CHECK(waitpid(pid, &status, 0) == pid && status == 3 << 8 && count == 1);
}

static void test_sleep(void)
{
	struct timespec request = {2, 0}, left = {9, 9};
	long before;

	/* A handler ends a sleep, whatever SA_RESTART says, and the rest is told. */
	set_handler(SA_RESTART);
	pid_t pid = start_signaller(SIGUSR1);

	CHECK_ERRNO(nanosleep(&request, &left), EINTR);
	CHECK(left.tv_sec < 2 && left.tv_sec * 1000000000l + left.tv_nsec > 0);
	waitpid(pid, NULL, 0);
	/* Without a handler the sleep goes on to its end: stop and continue. */
	pid_t sleeper = fork();

	if (sleeper == 0) {
		request = (struct timespec){1, 0};
		before = now_ms();
		int result = nanosleep(&request, NULL);

		_exit(result == 0 && now_ms() - before >= 995 ? 0 : 1);
	}
	int status;

	wait_until_asleep(sleeper);
	kill(sleeper, SIGSTOP);
	waitpid(sleeper, &status, WUNTRACED);
	kill(sleeper, SIGCONT);
	CHECK(waitpid(sleeper, &status, 0) == sleeper && status == 0);
	/* Absolute sleeps simply restart. */
	struct timespec until;

	set_handler(0);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 2;
	pid = start_signaller(SIGUSR1);
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR);
	waitpid(pid, NULL, 0);
}

static void test_pause(void)
{
	set_handler(SA_RESTART);
	pid_t pid = start_signaller(SIGUSR1);

	CHECK_ERRNO(pause(), EINTR);
	CHECK(count == 1);
	waitpid(pid, NULL, 0);
}

static void test_futex_wait(int kind)
{
	int word = 0;
	struct timespec timeout = {2, 0};

	set_handler(0);
	pid_t pid = start_signaller(SIGUSR1);

	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT | kind, 0, NULL, NULL, 0), EINTR);
	CHECK(count == 1);
	waitpid(pid, NULL, 0);
	set_handler(SA_RESTART);
	pid = start_signaller(SIGUSR1);
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT | kind, 0, &timeout, NULL, 0), EINTR);
	CHECK(count == 1);
	waitpid(pid, NULL, 0);
	/* Without a time-out it goes on, and finds what the handler has done to the word. */
	set_handler(SA_RESTART);
	pid = start_signaller(SIGUSR1);
	CHECK_ERRNO(syscall(SYS_futex, &count, FUTEX_WAIT | kind, 0, NULL, NULL, 0), EAGAIN);
	CHECK(count == 1);
	waitpid(pid, NULL, 0);
}

#define LONG_PARTS 1000
#define PART_BYTES (1 << 20)

/* So much work for little memory: a thousand times into the same buffer. */
static ssize_t read_long(int fd, char *buffer)
{
	struct iovec parts[LONG_PARTS];

	for (int i = 0; i < LONG_PARTS; i++)
		parts[i] = (struct iovec){buffer, PART_BYTES};
	return readv(fd, parts, LONG_PARTS);
}

/* What a process uses that reads a long hole, or is killed while it does. */
static long read_hole(int file, char *buffer, int is_killed)
{
	volatile int *is_reading = shared_memory(sizeof(*is_reading));
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		lseek(file, 0, SEEK_SET);
		*is_reading = 1;
		read_long(file, buffer);
		_exit(0);
	}
	while (!*is_reading)
		sched_yield();
	if (is_killed)
		kill(pid, SIGKILL);
	if (wait4(pid, &status, 0, &usage) != pid || (!is_killed && status != 0))
		return LONG_MAX;
	return used_us(&usage);
}

/* A signal ends a long read of zeroes between two parts; SIGKILL ends that of a file as well. */
static void test_long_read(void)
{
	const struct itimerval again = {{.tv_usec = 5000}, {.tv_usec = 5000}}, never = {0};
	char *buffer = malloc(PART_BYTES);
	int zero = open("/dev/zero", O_RDONLY), file = memfd_create("hole", 0);

	signal(SIGALRM, counting);
	count = 0;
	setitimer(ITIMER_REAL, &again, NULL);
	ssize_t done = read_long(zero, buffer);
	CHECK(done > 0);
	CHECK(done < (ssize_t)LONG_PARTS * PART_BYTES);
	CHECK(count > 0);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);

	CHECK(ftruncate(file, (off_t)LONG_PARTS * PART_BYTES) == 0);
	long whole = read_hole(file, buffer, 0), killed = whole;
	/* On a busy machine the signal may come late, but not each time. */
	for (int tries = 0; tries < 10 && killed >= whole / 2; tries++)
		killed = read_hole(file, buffer, 1);
	CHECK(whole < LONG_MAX && killed < whole / 2);
	close(zero);
	close(file);
	free(buffer);
}

void test_restart(void)
{
	is_handled = shared_memory(sizeof(*is_handled));
	test_wait();
	test_sleep();
	test_pause();
	test_long_read();
	test_futex_wait(0);
	test_futex_wait(FUTEX_PRIVATE);
	signal(SIGUSR1, SIG_DFL);
}
