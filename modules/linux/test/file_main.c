/*
 * filetest [SUITE...]: checks of files, names, descriptors, pipes, terminals and readiness; like linuxtest it
 * must pass on a real Linux too. Works in a directory of its own below $TMPDIR or /tmp, which goes at the end.
 */
#include "file_suites.h"
#include <sys/stat.h>
#include <time.h>

static int *passed, *failed; /* shared: children check too */

static const struct {
	const char *name;
	void (*run)(void);
} suites[] = {
	{"file", test_file}, {"names", test_names},   {"directory", test_directory},
	{"fd", test_fd},     {"lock", test_lock},     {"pipe", test_pipe},
	{"poll", test_poll}, {"epoll", test_epoll},   {"tty", test_tty},
	{"proc", test_proc}, {"rights", test_rights}, {"socket", test_socket},
};

void check_result(int is_good, const char *what, const char *file, int line)
{
	__atomic_fetch_add(is_good ? passed : failed, 1, __ATOMIC_RELAXED);
	if (!is_good) {
		char text[300];
		int len = snprintf(text, sizeof(text), "FAIL %s:%d: %s (errno %d)\n", file, line,
		                   what, errno);

		(void)!write(1, text, (size_t)len);
	}
}

void *shared_memory(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int in_child(void (*fn)(void *), void *argument)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		fn(argument);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

void sleep_ms(unsigned ms)
{
	struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

	while (nanosleep(&time, &time) != 0 && errno == EINTR)
		;
}

long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int wait_for(volatile int *word, int value)
{
	for (int i = 0; i < 500 && *word < value; i++)
		sleep_ms(10);
	return *word >= value;
}

static int is_chosen(const char *name, int argc, char **argv)
{
	if (argc < 2)
		return 1;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return 1;
	}
	return 0;
}

static void run_in(const char *base, const char *name, void (*run)(void))
{
	char dir[200], command[256];

	snprintf(dir, sizeof(dir), "%s/filetest.%d", base, (int)getpid());
	if (mkdir(dir, 0755) != 0 || chdir(dir) != 0) {
		printf("FAIL cannot use %s\n", dir);
		++*failed;
		return;
	}
	umask(022);
	run();
	printf("%s: %d passed, %d failed so far\n", name, *passed, *failed);
	if (chdir("/") != 0)
		return;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	CHECK(system(command) == 0);
}

int main(int argc, char **argv)
{
	const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";

	setvbuf(stdout, NULL, _IOLBF, 0);
	passed = shared_memory(4096);
	failed = passed + 1;
	for (unsigned i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (is_chosen(suites[i].name, argc, argv))
			run_in(base, suites[i].name, suites[i].run);
	}
	printf("%d passed, %d failed\n", *passed, *failed);
	return *failed != 0;
}
