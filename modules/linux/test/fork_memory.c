/*
 * Memory after fork: parent, children and grandchildren share what they have not changed, and never see what another
 * one changes, by writing, unmapping, protecting, discarding or moving. Areas are large, so that whole page tables are
 * shared.
 */
#include <pthread.h>
#include <signal.h>
#include "check.h"

#define PAGE 4096ul
#define PAGES 1200u /* more than two page tables */

static char *area;

static char *new_area(void)
{
	char *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	                0);

	for (unsigned i = 0; i < PAGES; i++)
		*(unsigned *)(at + i * PAGE) = i;
	return at;
}

static int shows(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		if (*(unsigned *)(area + i * PAGE) != i)
			return 0;
	}
	return 1;
}

/* What a child does to its copy; true when it finds there what it should. */
static int writes(void)
{
	for (unsigned i = 0; i < PAGES; i += 7)
		*(unsigned *)(area + i * PAGE) = ~i;
	for (unsigned i = 0; i < PAGES; i++) {
		if (*(unsigned *)(area + i * PAGE) != (i % 7 ? i : ~i))
			return 0;
	}
	return 1;
}

static int unmaps_a_part(void)
{
	return munmap(area + 100 * PAGE, 700 * PAGE) == 0 && shows(0, 100) && shows(800, PAGES);
}

static int unmaps_all(void)
{
	return munmap(area, PAGES * PAGE) == 0;
}

static int maps_over(void)
{
	char *at = mmap(area + 10 * PAGE, 600 * PAGE, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return at == area + 10 * PAGE && at[300 * PAGE] == 0 && shows(0, 10) && shows(610, PAGES);
}

static int protects(void)
{
	return mprotect(area + 5 * PAGE, 900 * PAGE, PROT_NONE) == 0 &&
	       mprotect(area + 5 * PAGE, 900 * PAGE, PROT_READ) == 0 && shows(0, PAGES) &&
	       mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0 && writes();
}

static int discards(void)
{
	if (madvise(area + 3 * PAGE, 800 * PAGE, MADV_DONTNEED) != 0)
		return 0;
	return *(unsigned *)(area + 4 * PAGE) == 0 && shows(0, 3) && shows(803, PAGES);
}

static int moves(void)
{
	char *at = mremap(area + 600 * PAGE, 600 * PAGE, 700 * PAGE, MREMAP_MAYMOVE);

	if (at == MAP_FAILED || *(unsigned *)(at + PAGE) != 601 || !shows(0, 600))
		return 0;
	*(unsigned *)(at + PAGE) = 1;
	return at[650 * PAGE] == 0;
}

static int execs(void)
{
	execl("/bin/true", "true", (char *)0);
	return 0;
}

static int (*const changes[])(void) = {
	writes, unmaps_a_part, unmaps_all, maps_over, protects, discards, moves, execs,
};
#define CHANGE_COUNT (sizeof(changes) / sizeof(changes[0]))

static void change_and_exit(void *number)
{
	_exit(changes[(intptr_t)number]() ? 0 : 1);
}

static void test_child_changes(void)
{
	area = new_area();
	for (size_t i = 0; i < CHANGE_COUNT; i++) {
		CHECK(in_child(change_and_exit, (void *)i) == 0);
		CHECK(shows(0, PAGES));
	}
	munmap(area, PAGES * PAGE);
}

/* The parent changes, the child looks afterwards. */
static void test_parent_changes(void)
{
	for (size_t i = 0; i < CHANGE_COUNT - 1; i++) {
		volatile int *may_look = shared_memory(PAGE);
		int status;

		area = new_area();
		pid_t pid = fork();

		if (pid == 0) {
			wait_for(may_look, 1);
			_exit(shows(0, PAGES) && writes() ? 0 : 1);
		}
		CHECK(changes[i]());
		*may_look = 1;
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		munmap(area, PAGES * PAGE);
		munmap((void *)(uintptr_t)may_look, PAGE);
	}
}

/* Each generation changes the page of its number, sees what its ancestors changed before, and nothing else. */
static int descend(unsigned generation)
{
	unsigned *mine = (unsigned *)(area + generation * PAGE);
	int status = 0;

	if (generation == 6)
		return 1;
	for (unsigned i = 0; i < generation; i++) {
		if (*(unsigned *)(area + i * PAGE) != 1000 + i)
			return 0;
	}
	if (!shows(generation, PAGES))
		return 0;
	*mine = 1000 + generation;
	pid_t pid = fork();

	if (pid == 0)
		_exit(descend(generation + 1) ? 0 : 1);
	*mine = 0;
	return waitpid(pid, &status, 0) == pid && status == 0 && shows(generation + 1, PAGES);
}

static void test_generations(void)
{
	area = new_area();
	CHECK(descend(0));
	munmap(area, PAGES * PAGE);
}

/* A thread writes all the time while others are forked: no child sees one of its later writes. */
static volatile int must_stop;

static void *write_always(void *counter)
{
	for (unsigned long round = 1; !must_stop; round++) {
		for (unsigned i = 0; i < PAGES; i += 50)
			*(volatile unsigned long *)(area + i * PAGE + 8) = round;
		*(volatile unsigned long *)counter = round;
	}
	return NULL;
}

static int stands_still(void)
{
	unsigned long sum[2] = {0, 0};

	for (int time = 0; time < 2; time++) {
		for (unsigned i = 0; i < PAGES; i += 50)
			sum[time] += *(volatile unsigned long *)(area + i * PAGE + 8);
		sleep_ms(time ? 0 : 2);
	}
	return sum[0] == sum[1] && shows(0, PAGES);
}

static void test_fork_under_writes(void)
{
	static unsigned long counter;
	pthread_t writer;
	int status, good = 1;

	area = new_area();
	must_stop = 0;
	CHECK(pthread_create(&writer, NULL, write_always, &counter) == 0);
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(stands_still() ? 0 : 1);
		good = good && waitpid(pid, &status, 0) == pid && status == 0;
	}
	CHECK(good);
	must_stop = 1;
	pthread_join(writer, NULL);
	munmap(area, PAGES * PAGE);
}

/* Children that fork and change are killed at any moment; what the parent has is untouched. */
static void test_killed_at_any_time(void)
{
	int good = 1;

	area = new_area();
	for (unsigned i = 0; i < 30; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (;;) {
				pid_t inner = fork();

				if (inner == 0)
					_exit(writes() ? 0 : 1);
				waitpid(inner, NULL, 0);
			}
		}
		sleep_ms(i % 5);
		kill(pid, SIGKILL);
		good = good && waitpid(pid, NULL, 0) == pid;
	}
	CHECK(good && shows(0, PAGES));
	munmap(area, PAGES * PAGE);
}

void test_memory_after_fork(void)
{
	test_child_changes();
	test_parent_changes();
	test_generations();
	test_fork_under_writes();
	test_killed_at_any_time();
}
