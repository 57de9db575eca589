/*
 * linuxfuzz [-v] [-b BATCH] SEED COUNT [SOAK]: random system calls of Linux programs, in batches. The supervisor starts
 * workers (worker.c), replaces those that their own calls ended or that wait for too long, and after each batch ends and
 * removes all that is left and looks whether every service is as it was. At the end free memory, objects, handles and
 * processes are compared with the start. Prints "N passed, N failed"; the status is not 0 when anything failed.
 *
 * A batch depends on its seed and number only: -b BATCH begins with that one, so `linuxfuzz -b BATCH SEED 1` repeats it
 * (as far as timing is the same). -v writes every call before it is made, for the case that nobody is left to tell.
 * What fails tells the batch and the last calls of each thread. SOAK 1: ten times COUNT.
 */
#include "fuzz.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH_CALLS 8000u
#define SOAK_FACTOR 10u
#define GAP_BYTES (2ul << 20)
#define ROUND_US 1000u
#define STUCK_ROUNDS 15u
#define BATCH_ROUNDS_MAX 20000u
#define TELL_EVERY 10u
/* The monitor keeps names of the store, empty pages and stacks for the next one; its heap grows by one object a time:
 * over 800,000 calls memory went down by 1 MiB once and stayed there. */
#define KEPT_BYTES_MAX (2048u * 1024)
#define KEPT_OBJECTS_MAX 8u
#define KEPT_HANDLES_MAX (3 * KEPT_OBJECTS_MAX) /* the monitor's, the file server's, the vault's */

struct worker {
	pid_t pid;
	unsigned incarnation;
	unsigned idle_rounds;
	uint64_t calls_before;
};

static struct fuzz_shared *shared;
static struct worker workers[FUZZ_WORKERS];
static uint64_t seed = 1, batch, started;
static uint64_t service_starts, services_running;
static unsigned passed, failed;

static void tell_last_calls(void)
{
	for (unsigned i = 0; i < FUZZ_WORKERS * FUZZ_THREADS; i++) {
		const struct fuzz_trace *trace =
			&shared->traces[i / FUZZ_THREADS][i % FUZZ_THREADS];

		for (uint64_t at = trace->count > FUZZ_LAST ? trace->count - FUZZ_LAST : 0;
		     at < trace->count; at++)
			fuzz_print_call(i, &trace->last[at % FUZZ_LAST]);
	}
}

static void judge(bool is_good, const char *what)
{
	passed += is_good;
	failed += !is_good;
	if (!is_good)
		printf("FAIL %s, in batch %lu: linuxfuzz -b %lu %lu %u\n", what, batch, batch, seed,
		       BATCH_CALLS);
}

static uint64_t worker_calls(unsigned i)
{
	uint64_t calls = 0;

	for (unsigned t = 0; t < FUZZ_THREADS; t++)
		calls += __atomic_load_n(&shared->traces[i][t].count, __ATOMIC_ACQUIRE);
	return calls;
}

static void start_worker(unsigned i)
{
	struct worker *worker = &workers[i];
	struct random chance;

	random_seed(&chance,
	            seed ^ batch << 24 ^ (uint64_t)i << 56 ^ (uint64_t)worker->incarnation << 48);
	worker->incarnation++;
	worker->idle_rounds = 0;
	worker->pid = fork();
	if (worker->pid == 0)
		fuzz_worker(shared, i, random_next(&chance));
	started++;
}

/* One that makes no call is woken, then ended; for one that has gone comes a new one. */
static void tend_worker(unsigned i)
{
	struct worker *worker = &workers[i];
	uint64_t calls = worker_calls(i);
	int status;

	worker->idle_rounds = calls == worker->calls_before ? worker->idle_rounds + 1 : 0;
	worker->calls_before = calls;
	if (worker->pid > 0 && worker->idle_rounds > 0)
		(void)kill(worker->pid, worker->idle_rounds > STUCK_ROUNDS ? SIGKILL : SIGUSR1);
	if (worker->pid <= 0 || waitpid(worker->pid, &status, WNOHANG) == worker->pid)
		start_worker(i);
}

static void end_workers(void)
{
	for (unsigned i = 0; i < FUZZ_WORKERS; i++)
		fuzz_end_all_of(FUZZ_UID + i);
	fuzz_remove_tree(FUZZ_STORE);
	/* Who takes his own away finds the container's, which anybody may write to. */
	fuzz_remove_left_in("/tmp");
	fuzz_remove_left_in("/dev/shm");
}

static bool are_services_well(void)
{
	uint64_t starts, running;

	return fuzz_services(&starts, &running) && starts == service_starts &&
	       running == services_running;
}

static void run_batch(void)
{
	unsigned rounds = 0;

	memset(shared->traces, 0, sizeof(shared->traces));
	memset(workers, 0, sizeof(workers));
	shared->wanted = shared->calls + BATCH_CALLS;
	judge(mkdir(FUZZ_STORE, 0777) == 0 && chmod(FUZZ_STORE, 0777) == 0,
	      "a directory on the store");
	while (shared->calls < shared->wanted && rounds++ < BATCH_ROUNDS_MAX) {
		for (unsigned i = 0; i < FUZZ_WORKERS; i++)
			tend_worker(i);
		usleep(ROUND_US);
	}
	judge(shared->calls >= shared->wanted, "workers make calls");
	end_workers();
	judge(are_services_well(), "every service is as before");
	if (failed > 0)
		tell_last_calls();
	batch++;
}

static void tell_amounts(void)
{
	struct fuzz_amounts now = fuzz_amounts_settled();

	printf("linuxfuzz: seed %lu, batch %lu, %lu calls; free %lu, objects %lu, handles %lu\n",
	       seed, batch, shared->calls, now.free_bytes, now.objects, now.handles);
}

static void run_batches(uint64_t count)
{
	while (shared->calls < count && failed == 0) {
		if (batch % TELL_EVERY == 0)
			tell_amounts();
		run_batch();
	}
}

static void compare(const struct fuzz_amounts *start, const struct fuzz_amounts *end)
{
	printf("linuxfuzz: free %lu then %lu, objects %lu %lu, handles %lu %lu, processes %lu %lu\n",
	       start->free_bytes, end->free_bytes, start->objects, end->objects, start->handles,
	       end->handles, start->processes, end->processes);
	judge(end->free_bytes + KEPT_BYTES_MAX >= start->free_bytes, "memory is free again");
	judge(end->objects <= start->objects + KEPT_OBJECTS_MAX, "objects are gone");
	judge(end->handles <= start->handles + KEPT_HANDLES_MAX, "handles are closed");
	judge(end->processes == start->processes, "processes are gone");
}

static bool read_options(int argc, char **argv, uint64_t *count)
{
	int option;

	while ((option = getopt(argc, argv, "vb:")) != -1) {
		if (option == '?')
			return false;
		if (option == 'v')
			shared->is_verbose = true;
		else
			batch = strtoull(optarg, NULL, 10);
	}
	if (argc - optind < 2 || argc - optind > 3)
		return false;
	seed = strtoull(argv[optind], NULL, 10);
	*count = strtoull(argv[optind + 1], NULL, 10);
	if (argc - optind == 3 && strtoull(argv[optind + 2], NULL, 10) != 0)
		*count *= SOAK_FACTOR;
	return true;
}

/* Behind a gap, since a call that fills more than it was given may well come from below. */
static struct fuzz_shared *map_shared(void)
{
	char *gap = mmap(NULL, GAP_BYTES + sizeof(*shared), PROT_NONE, MAP_SHARED | MAP_ANONYMOUS,
	                 -1, 0);

	if (gap == MAP_FAILED ||
	    mprotect(gap + GAP_BYTES, sizeof(*shared), PROT_READ | PROT_WRITE) != 0)
		return NULL;
	return (struct fuzz_shared *)(gap + GAP_BYTES);
}

int main(int argc, char **argv)
{
	struct fuzz_amounts start, end;
	uint64_t count;

	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return fuzz_exec_main(argv[2]);
	shared = map_shared();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!shared || !read_options(argc, argv, &count)) {
		fprintf(stderr, "usage: linuxfuzz [-v] [-b BATCH] SEED COUNT [SOAK]\n");
		return 2;
	}
	(void)dup2(STDOUT_FILENO, FUZZ_REPORT_FD);
	fuzz_remove_tree(FUZZ_STORE);
	judge(fuzz_services(&service_starts, &services_running), "services answer");
	run_batch(); /* from here on caches and heaps are as large as they will be */
	start = fuzz_amounts_settled();
	run_batches(count);
	end = fuzz_amounts_settled();
	compare(&start, &end);
	printf("linuxfuzz: seed %lu, %lu calls, %lu succeeded, %lu workers, %lu batches\n", seed,
	       shared->calls, shared->ok, started, batch);
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
