/*
 * linuxtest [SUITE...]: runs the suites named, or all, and prints "N passed, N failed" last.
 */
#include <time.h>
#include "check.h"

static int *passed, *failed; /* shared: children check too */

static const struct {
	const char *name;
	void (*run)(void);
} suites[] = {
	{"process", test_process}, {"exec", test_exec},     {"signal", test_signal},
	{"restart", test_restart}, {"futex", test_futex},   {"thread", test_thread},
	{"memory", test_memory},   {"time", test_time},     {"ids", test_ids},
	{"fault", test_fault},     {"object", test_object},
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

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--exec-helper") == 0)
		return exec_helper(argc, argv);
	passed = shared_memory(2 * sizeof(int));
	failed = passed + 1;
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (!is_chosen(suites[i].name, argc, argv))
			continue;
		int before = *failed, done = *passed;

		suites[i].run();
		printf("%s: %d passed, %d failed\n", suites[i].name, *passed - done,
		       *failed - before);
		fflush(stdout);
	}
	printf("%d passed, %d failed\n", *passed, *failed);
	return *failed != 0;
}
