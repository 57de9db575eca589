/*
 * syslog(2): who may read the log, what comes back, reading on and clearing.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include "check.h"

enum { READ = 2, READ_ALL, READ_CLEAR, CLEAR, CONSOLE_LEVEL = 8, SIZE_UNREAD, SIZE_BUFFER };

static char buffer[1 << 20];
static char marker[64];

/* A line nobody has seen before. */
static void write_line(void)
{
	static int count;
	int fd = open("/dev/kmsg", O_WRONLY);
	char line[80];

	snprintf(marker, sizeof(marker), "linuxtest %d.%d.%ld", getpid(), ++count, now_ms());
	int len = snprintf(line, sizeof(line), "%s\n", marker);

	CHECK(fd >= 0 && write(fd, line, (size_t)len) == len);
	close(fd);
}

static int is_in_log(int action)
{
	int len = klogctl(action, buffer, sizeof(buffer) - 1);

	CHECK(len >= 0);
	buffer[len > 0 ? len : 0] = 0;
	return strstr(buffer, marker) != NULL;
}

static void test_read_all(void)
{
	int priority;
	double seconds;

	CHECK(klogctl(SIZE_BUFFER, NULL, 0) > 0);
	write_line();
	CHECK(is_in_log(READ_ALL) && is_in_log(READ_ALL));
	CHECK(sscanf(buffer, "<%d>[%lf] ", &priority, &seconds) == 2);
	/* Whole lines, the newest, into little room. */
	int len = klogctl(READ_ALL, buffer, 200);

	CHECK(len > 0 && len <= 200 && buffer[0] == '<' && buffer[len - 1] == '\n');
	buffer[len] = 0;
	CHECK(strstr(buffer, marker) != NULL);
	CHECK(is_in_log(READ_CLEAR) && !is_in_log(READ_ALL));
	write_line();
	CHECK(is_in_log(READ_ALL));
	CHECK(klogctl(CLEAR, NULL, 0) == 0 && !is_in_log(READ_ALL));
}

static void test_errors(void)
{
	CHECK_ERRNO(klogctl(READ_ALL, NULL, 100), EINVAL);
	CHECK_ERRNO(klogctl(READ_ALL, buffer, -1), EINVAL);
	CHECK_ERRNO(klogctl(READ, NULL, 100), EINVAL);
	CHECK_ERRNO(klogctl(11, buffer, 100), EINVAL);
	CHECK_ERRNO(klogctl(-1, buffer, 100), EINVAL);
	CHECK_ERRNO(klogctl(CONSOLE_LEVEL, NULL, 0), EINVAL);
	CHECK_ERRNO(klogctl(CONSOLE_LEVEL, NULL, 9), EINVAL);
	CHECK(klogctl(READ_ALL, buffer, 0) == 0 && klogctl(READ, buffer, 0) == 0);
	CHECK(klogctl(0, NULL, 0) == 0 && klogctl(1, NULL, 0) == 0);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* In pieces of any size. */
static void read_up_to_marker(void)
{
	int len = 0;

	buffer[0] = 0;
	for (int i = 0; i < 2000 && !strstr(buffer, marker) && len < (int)sizeof(buffer) / 2; i++) {
		int size = i < 20 ? 37 : 10000;
		int got = klogctl(READ, buffer + len, size);

		CHECK(got > 0 && got <= size);
		len += got > 0 ? got : 0;
		buffer[len] = 0;
	}
	CHECK(strstr(buffer, marker) != NULL);
}

/* All that there is; then it waits for more, until a signal comes: again and again, since the first may be early. */
static void test_read(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval soon = {{0, 100000}, {0, 100000}}, never = {{0, 0}, {0, 0}};
	int len = 0;

	write_line();
	sigaction(SIGALRM, &action, NULL);
	CHECK(klogctl(SIZE_UNREAD, NULL, 0) > 0);
	read_up_to_marker();
	while (klogctl(SIZE_UNREAD, NULL, 0) > 0)
		len = klogctl(READ, buffer, 10000);
	CHECK(len == 0 || buffer[len - 1] == '\n');
	setitimer(ITIMER_REAL, &soon, NULL);
	while ((len = klogctl(READ, buffer, 1000)) > 0)
		;
	CHECK(len == -1 && errno == EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
}

static void write_later(void *unused)
{
	(void)unused;
	sleep_ms(100);
	write_line();
}

/* A line that is written while it is waited for; others may write, too. */
static void test_wait(void)
{
	pid_t pid = fork();
	int len;

	if (pid == 0) {
		write_later(NULL);
		_exit(0);
	}
	do {
		len = klogctl(READ, buffer, 1000);
		buffer[len > 0 ? len : 0] = 0;
	} while (len > 0 && !strstr(buffer, "linuxtest"));
	CHECK(len > 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static void as_nobody(void *unused)
{
	FILE *file = fopen("/proc/sys/kernel/dmesg_restrict", "r");
	int is_restricted = 1;

	(void)unused;
	CHECK(file && fscanf(file, "%d", &is_restricted) == 1);
	CHECK(setuid(65534) == 0);
	if (is_restricted) {
		CHECK_ERRNO(klogctl(READ_ALL, buffer, 1000), EPERM);
		CHECK_ERRNO(klogctl(SIZE_BUFFER, NULL, 0), EPERM);
	} else {
		CHECK(klogctl(READ_ALL, buffer, 1000) >= 0);
		CHECK(klogctl(SIZE_BUFFER, NULL, 0) > 0);
	}
	CHECK_ERRNO(klogctl(READ, buffer, 1000), EPERM);
	CHECK_ERRNO(klogctl(READ_CLEAR, buffer, 1000), EPERM);
	CHECK_ERRNO(klogctl(CLEAR, NULL, 0), EPERM);
	CHECK_ERRNO(klogctl(SIZE_UNREAD, NULL, 0), EPERM);
	CHECK_ERRNO(klogctl(11, NULL, 0), EPERM);
}

/* Root's business; with others there is only the refusal to see. */
void test_syslog(void)
{
	if (getuid() != 0) {
		CHECK_ERRNO(klogctl(CLEAR, NULL, 0), EPERM);
		return;
	}
	test_errors();
	test_read_all();
	test_read();
	test_wait();
	CHECK(in_child(as_nobody, NULL) == 0);
}
