/*
 * What the test programs share: counting, also in children, whose checks count in memory shared with them; children,
 * pauses, and the choice of suites by the command line.
 */
#include "check.h"
#include <time.h>

static int *passed, *failed; /* shared: children check too */

void check_begin(void)
{
	passed = shared_memory(2 * sizeof(int));
	failed = passed + 1;
}

int check_passed(void)
{
	return *passed;
}

int check_failed(void)
{
	return *failed;
}

int check_end(void)
{
	printf("%d passed, %d failed\n", *passed, *failed);
	return *failed != 0;
}

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

static int is_asleep(pid_t pid)
{
	char path[32], text[256] = "";
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");

	if (file && !fgets(text, sizeof(text), file))
		text[0] = 0;
	if (file)
		fclose(file);
	const char *state = strrchr(text, ')');

	return state && state[1] == ' ' && state[2] == 'S';
}

int wait_until_asleep(pid_t pid)
{
	int in_a_row = 0;

	for (int i = 0; i < 500 && in_a_row < 3; i++) {
		sleep_ms(10);
		in_a_row = is_asleep(pid) ? in_a_row + 1 : 0;
	}
	return in_a_row == 3;
}

int check_is_chosen(const char *name, int argc, char **argv)
{
	if (argc < 2)
		return 1;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return 1;
	}
	return 0;
}
