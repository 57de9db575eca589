/*
 * futex by itself: values, time-outs, bit sets, requeue, between processes and between threads, robust lists.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include "check.h"
#include "futex.h"

#define WAITERS 3

static long futex(void *word, int operation, unsigned value, const void *timeout, void *word2,
                  unsigned value3)
{
	return syscall(SYS_futex, word, operation, value, timeout, word2, value3);
}

static void test_refusals(void)
{
	int word = 1;
	struct timespec soon = {0, 50000000}, bad = {0, 2000000000};

	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0), EAGAIN);
	CHECK_ERRNO(futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex((void *)8, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 1, &bad, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
	long before = now_ms();

	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 1, &soon, NULL, 0), ETIMEDOUT);
	CHECK(now_ms() - before >= 45);
	CHECK(futex(&word, FUTEX_WAKE, 10, NULL, NULL, 0) == 0);
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 50000000;
	if (until.tv_nsec >= 1000000000)
		until.tv_sec++, until.tv_nsec -= 1000000000;
	before = now_ms();
	CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, &until, NULL, ~0u),
	            ETIMEDOUT);
	CHECK(now_ms() - before >= 40);
}

static char state_of(int tid)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	file = fopen(path, "r");
	if (!file)
		return '?';
	(void)!fscanf(file, "%*d (%*[^)]) %c", &state);
	fclose(file);
	return state;
}

static int sleeps_soon(int tid)
{
	for (int i = 0; i < 500 && state_of(tid) != 'S'; i++)
		sleep_ms(2);
	return state_of(tid) == 'S';
}

/* Starts children that wait on a word in shared memory; each exits with 1 when woken. */
static void start_waiters(int *word, volatile int *ready, int count, unsigned bits)
{
	pid_t pids[WAITERS];

	*ready = 0;
	for (int i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			__atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
			_exit(futex(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, bits) == 0 ? 1 : 2);
		}
	}
	CHECK(wait_for(ready, count));
	for (int i = 0; i < count; i++)
		CHECK(sleeps_soon(pids[i]));
}

static int reap(int count)
{
	int status, good = 0;

	for (int i = 0; i < count; i++)
		good += wait(&status) > 0 && status == 1 << 8;
	return good;
}

static void test_between_processes(void)
{
	int *words = shared_memory(4096);

	start_waiters(&words[0], &words[1], 3, ~0u);
	CHECK(futex(&words[0], FUTEX_WAKE, 1, NULL, NULL, 0) == 1);
	CHECK(reap(1) == 1);
	CHECK(futex(&words[0], FUTEX_WAKE, 10, NULL, NULL, 0) == 2);
	CHECK(reap(2) == 2);
	start_waiters(&words[0], &words[1], 1, 1);
	CHECK(futex(&words[0], FUTEX_WAKE_BITSET, 10, NULL, NULL, 2) == 0);
	CHECK(futex(&words[0], FUTEX_WAKE_BITSET, 10, NULL, NULL, 3) == 1);
	CHECK(reap(1) == 1);
}

static void test_requeue(void)
{
	int *words = shared_memory(4096);

	start_waiters(&words[0], &words[1], 3, ~0u);
	CHECK_ERRNO(futex(&words[0], FUTEX_CMP_REQUEUE, 1, (void *)9, &words[2], 5), EAGAIN);
	CHECK(futex(&words[0], FUTEX_CMP_REQUEUE, 1, (void *)9, &words[2], 0) == 3);
	CHECK(reap(1) == 1);
	CHECK(futex(&words[0], FUTEX_WAKE, 9, NULL, NULL, 0) == 0);
	CHECK(futex(&words[2], FUTEX_WAKE, 9, NULL, NULL, 0) == 2);
	CHECK(reap(2) == 2);
}

static void test_wake_op(void)
{
	int *words = shared_memory(4096);

	start_waiters(&words[0], &words[1], 1, ~0u);
	words[2] = 5;
	CHECK(futex(&words[0], FUTEX_WAKE_OP, 1, (void *)1, &words[2],
	            FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)) == 1);
	CHECK(words[2] == 8);
	CHECK(reap(1) == 1);
}

/* A process that dies with a lock in its robust list leaves it marked, and one waiter wakes. */
static void test_robust(void)
{
	struct shared {
		uint32_t lock;
		int ready;
		int is_awaited;
		struct robust_list entry;
		struct robust_list_head head;
	} *shared = shared_memory(4096);
	int status = -1;

	if (fork() == 0) {
		shared->head.list.next = &shared->entry;
		shared->entry.next = &shared->head.list;
		shared->head.futex_offset = (char *)&shared->lock - (char *)&shared->entry;
		shared->head.list_op_pending = NULL;
		shared->lock = (uint32_t)syscall(SYS_gettid) | FUTEX_WAITERS;
		syscall(SYS_set_robust_list, &shared->head, sizeof(shared->head));
		shared->ready = 1;
		_exit(wait_for(&shared->is_awaited, 1) && sleeps_soon(getppid()) ? 0 : 1);
	}
	CHECK(wait_for(&shared->ready, 1));
	uint32_t held = shared->lock;

	shared->is_awaited = 1;
	CHECK(futex(&shared->lock, FUTEX_WAIT, held, NULL, NULL, 0) == 0);
	CHECK(shared->lock == (FUTEX_OWNER_DIED | FUTEX_WAITERS));
	CHECK(wait(&status) > 0 && status == 0);
}

/* --- private ones, between threads --- */

struct waiter {
	pthread_t thread;
	int *word;
	unsigned bits;
	volatile int tid;
	long result;
};

static void *wait_private(void *argument)
{
	struct waiter *waiter = argument;

	waiter->tid = (int)syscall(SYS_gettid);
	waiter->result = futex(waiter->word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE, 0, NULL, NULL,
	                       waiter->bits);
	return NULL;
}

static void start_threads(struct waiter *waiters, int *word)
{
	for (int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){.word = word, .bits = 1u << i, .result = -2};
		CHECK(pthread_create(&waiters[i].thread, NULL, wait_private, &waiters[i]) == 0);
		CHECK(wait_for(&waiters[i].tid, 1) && sleeps_soon(waiters[i].tid));
	}
}

static void join_threads(struct waiter *waiters)
{
	for (int i = 0; i < WAITERS; i++)
		CHECK(pthread_join(waiters[i].thread, NULL) == 0 && waiters[i].result == 0);
}

static void test_private(int *word)
{
	struct waiter waiters[WAITERS];

	start_threads(waiters, word);
	CHECK(futex(word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE, 9, NULL, NULL, 8) == 0);
	CHECK(futex(word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE, 9, NULL, NULL, 2) == 1);
	CHECK(pthread_join(waiters[1].thread, NULL) == 0);
	CHECK(futex(word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE, 0, (void *)1, word + 1, 0) == 1);
	CHECK(futex(word, FUTEX_WAKE | FUTEX_PRIVATE, 1, NULL, NULL, 0) == 1);
	CHECK(futex(word, FUTEX_WAKE | FUTEX_PRIVATE, 9, NULL, NULL, 0) == 0);
	CHECK(futex(word + 1, FUTEX_WAKE | FUTEX_PRIVATE, 9, NULL, NULL, 0) == 1);
	CHECK(pthread_join(waiters[0].thread, NULL) == 0);
	CHECK(pthread_join(waiters[2].thread, NULL) == 0);
	start_threads(waiters, word);
	CHECK(futex(word, FUTEX_WAKE | FUTEX_PRIVATE, 9, NULL, NULL, 0) == WAITERS);
	join_threads(waiters);
}

/* --- more than are woken in one go --- */

#define CROWD 150

static void start_crowd(struct waiter *crowd, int *word)
{
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = (struct waiter){.word = word, .bits = ~0u, .result = -2};
		CHECK(pthread_create(&crowd[i].thread, NULL, wait_private, &crowd[i]) == 0);
	}
	for (int i = 0; i < CROWD; i++)
		CHECK(wait_for(&crowd[i].tid, 1) && sleeps_soon(crowd[i].tid));
}

static void join_crowd(struct waiter *crowd)
{
	int woken = 0;

	for (int i = 0; i < CROWD; i++)
		woken += pthread_join(crowd[i].thread, NULL) == 0 && crowd[i].result == 0;
	CHECK(woken == CROWD);
}

/* Each is woken once, and counted. */
static void test_crowd(int *word)
{
	static struct waiter crowd[CROWD];

	start_crowd(crowd, word);
	CHECK(futex(word, FUTEX_WAKE | FUTEX_PRIVATE, 0x7fffffff, NULL, NULL, 0) == CROWD);
	join_crowd(crowd);
	start_crowd(crowd, word);
	CHECK(futex(word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE, 10, (void *)0x7fffffff, word + 1, 0) ==
	      CROWD);
	CHECK(futex(word, FUTEX_WAKE | FUTEX_PRIVATE, CROWD, NULL, NULL, 0) == 0);
	CHECK(futex(word + 1, FUTEX_WAKE | FUTEX_PRIVATE, CROWD, NULL, NULL, 0) == CROWD - 10);
	join_crowd(crowd);
}

static void die_waiting(void *argument)
{
	struct waiter waiters[WAITERS];

	start_threads(waiters, argument);
	kill(getpid(), SIGKILL);
}

static void exec_waiting(void *argument)
{
	struct waiter waiters[WAITERS];

	start_threads(waiters, argument);
	execl("/proc/self/exe", "linuxtest", "--exec-helper", "nothing", NULL);
}

/* Who waits goes with its process. */
static void test_end_while_waiting(void)
{
	static int word;

	CHECK(in_child(die_waiting, &word) == SIGKILL);
	CHECK(in_child(exec_waiting, &word) == 2 << 8);
}

void test_futex(void)
{
	static int words[2];

	test_refusals();
	test_between_processes();
	test_requeue();
	test_wake_op();
	test_robust();
	test_private(words);
	test_private(shared_memory(4096));
	test_crowd(words);
	test_end_while_waiting();
}
