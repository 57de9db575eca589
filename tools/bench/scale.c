/*
 * Work that has nothing in common, done by several processes at once: what does an operation cost in all, when there
 * are more CPUs? Under icount the counter advances with every instruction of any CPU, so ticks per operation that stay
 * the same mean that CPUs do not get in each other's way.
 *
 * usage: scale WORKERS      prints "name<TAB>ticks per operation" for each kind of work
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 64

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static void do_call(void)
{
	syscall(SYS_getppid);
}

/* PAGES of them, so the mapping itself hardly counts. */
static void do_fault(void)
{
	char *at = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	for (int i = 0; i < PAGES; i++)
		at[i * 4096] = 1;
	munmap(at, PAGES * 4096);
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		fail("fork");
}

static int to_peer[2], from_peer[2];

/* The peer is a process of the worker's own. */
static void start_peer(void)
{
	char byte;

	if (pipe(to_peer) || pipe(from_peer))
		fail("pipe");
	if (fork() == 0) {
		close(to_peer[1]);
		while (read(to_peer[0], &byte, 1) == 1)
			if (write(from_peer[1], &byte, 1) != 1)
				break;
		_exit(0);
	}
	close(to_peer[0]);
}

static void stop_peer(void)
{
	close(to_peer[1]);
	wait(NULL);
}

static void do_pipe(void)
{
	char byte = 1;

	if (write(to_peer[1], &byte, 1) != 1 || read(from_peer[0], &byte, 1) != 1)
		fail("pipe");
}

static const struct work {
	const char *name;
	unsigned rounds, operations; /* in a round */
	void (*one)(void);
	void (*begin)(void), (*end)(void);
} works[] = {
	{"call", 20000, 1, do_call, NULL, NULL},
	{"fault", 60, PAGES, do_fault, NULL, NULL},
	{"pipe", 1500, 1, do_pipe, start_peer, stop_peer},
	{"fork", 150, 1, do_fork, NULL, NULL},
};

/* Each worker says that it is ready and waits for the start: all of the measured time all are at work. */
static void work_on(const struct work *work, int ready, int start)
{
	char byte = 0;

	if (work->begin)
		work->begin();
	if (write(ready, &byte, 1) != 1 || read(start, &byte, 1) != 1)
		fail("start");
	for (unsigned i = 0; i < work->rounds; i++)
		work->one();
	if (work->end)
		work->end();
	_exit(0);
}

static void measure(const struct work *work, unsigned workers)
{
	int ready[2], start[2];
	char bytes[64] = {0};
	uint64_t begin;

	if (pipe(ready) || pipe(start))
		fail("pipe");
	for (unsigned i = 0; i < workers; i++)
		if (fork() == 0)
			work_on(work, ready[1], start[0]);
	for (unsigned i = 0; i < workers; i++)
		if (read(ready[0], bytes, 1) != 1)
			fail("ready");
	begin = ticks();
	if (write(start[1], bytes, workers) != (ssize_t)workers)
		fail("start");
	for (unsigned i = 0; i < workers; i++)
		wait(NULL);
	printf("%s\t%.1f\n", work->name,
	       (double)(ticks() - begin) / ((double)workers * work->rounds * work->operations));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned workers = argc > 1 ? (unsigned)atoi(argv[1]) : 8;

	if (workers < 1 || workers > 64) {
		fprintf(stderr, "usage: scale WORKERS (1 to 64)\n");
		return 2;
	}
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		measure(&works[i], workers);
	return 0;
}
