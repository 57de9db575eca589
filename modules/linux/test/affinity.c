/*
 * CPU affinity: a thread runs where it may, what it starts does too, and impossible sets are refused.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include "check.h"

#define ROUNDS 100
#define LEADS 100
#define LEAD_STEP 500

static int count_away(int cpu)
{
	int away = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct timespec moment = {.tv_nsec = 20000};

		if (i % 4 == 0)
			nanosleep(&moment, NULL);
		else
			sched_yield();
		away += sched_getcpu() != cpu;
	}
	return away;
}

static int stay_on(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(tid, sizeof(set), &set);
}

static bool is_tied_to(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	return sched_getaffinity(tid, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1 &&
	       CPU_ISSET(cpu, &set);
}

static void *heir(void *argument)
{
	int cpu = (int)(intptr_t)argument;

	return (void *)(intptr_t)(!is_tied_to(0, cpu) + count_away(cpu));
}

static void check_heirs(int cpu)
{
	pthread_t thread;
	void *result = NULL;
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(heir((void *)(intptr_t)cpu) == NULL ? 0 : 1);
	CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
	CHECK(pthread_create(&thread, NULL, heir, (void *)(intptr_t)cpu) == 0);
	CHECK(pthread_join(thread, &result) == 0 && result == NULL);
}

/* Somebody else's hand, a while after the child was made: at every moment of its beginning. */
static bool is_led(int cpu, int delay, volatile int *is_tied)
{
	bool was_tied;
	int status = -1;
	pid_t child;

	*is_tied = 0;
	child = fork();
	if (child == 0) {
		while (!*is_tied)
			;
		sched_yield(); /* into the kernel, which leads it there at the latest now */
		_exit(count_away(cpu) == 0 ? 0 : 1);
	}
	for (volatile int i = 0; i < delay; i++)
		;
	was_tied = stay_on(child, cpu) == 0 && is_tied_to(child, cpu);
	*is_tied = 1;
	return waitpid(child, &status, 0) == child && status == 0 && was_tied &&
	       stay_on(child, cpu) == -1 && errno == ESRCH;
}

static void check_child(int cpu)
{
	volatile int *is_tied = shared_memory(sizeof(*is_tied));
	int led = 0;

	for (int i = 0; i < LEADS; i++)
		led += is_led(cpu, i * LEAD_STEP, is_tied);
	CHECK(led == LEADS);
}

static unsigned long long allowed_by_proc(void)
{
	unsigned long long mask = 0;
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Cpus_allowed: %llx", &mask) == 1)
			break;
	if (file)
		fclose(file);
	return mask;
}

static void check_refusals(void)
{
	cpu_set_t none;
	unsigned long word;

	CPU_ZERO(&none);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(none), &none), EINVAL);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(none), (cpu_set_t *)8), EFAULT);
	CHECK_ERRNO(stay_on(0, 1000), EINVAL);
	CHECK_ERRNO(stay_on(0x3fffffff, 0), ESRCH);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 7, &word), EINVAL);
}

void test_affinity(void)
{
	cpu_set_t before;

	CHECK(sched_getaffinity(0, sizeof(before), &before) == 0 && CPU_COUNT(&before) >= 1);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &before))
			continue;
		CHECK(stay_on(0, cpu) == 0 && is_tied_to(0, cpu));
		CHECK(sched_getcpu() == cpu && count_away(cpu) == 0);
		CHECK(allowed_by_proc() == 1ull << cpu);
		check_heirs(cpu);
		CHECK(sched_setaffinity(0, sizeof(before), &before) == 0);
		check_child(cpu);
	}
	check_refusals();
}
