/*
 * Threads: clone by way of pthreads, locks under contention, signals to threads, exits.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include "check.h"

#define THREADS 8
#define ROUNDS 2000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter, turn;

static void *add(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return argument;
}

static void test_mutex(void)
{
	pthread_t threads[THREADS];
	void *result;

	counter = 0;
	for (intptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, add, (void *)i) == 0);
	for (intptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], &result) == 0 && result == (void *)i);
	CHECK(counter == THREADS * ROUNDS);
}

static void *take_turns(void *argument)
{
	int own = (int)(intptr_t)argument;

	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&lock);
		while (turn != own)
			pthread_cond_wait(&condition, &lock);
		turn = 1 - own;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void test_condition(void)
{
	pthread_t threads[2];

	turn = 0;
	for (intptr_t i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, take_turns, (void *)i);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static volatile int handled, handled_by, ready;

static void note_thread(int signal)
{
	(void)signal;
	handled_by = (int)syscall(SYS_gettid);
	handled++;
}

static void *wait_for_signal(void *argument)
{
	*(volatile int *)argument = (int)syscall(SYS_gettid);
	ready = 1;
	wait_for(&handled, 1);
	return NULL;
}

/* A signal to one thread runs there; one to the process runs in a thread that does not block it. */
static void test_thread_signals(void)
{
	pthread_t thread;
	int tid = 0;
	sigset_t set;

	signal(SIGUSR1, note_thread);
	handled = ready = 0;
	pthread_create(&thread, NULL, wait_for_signal, &tid);
	CHECK(wait_for(&ready, 1));
	pthread_kill(thread, SIGUSR1);
	CHECK(wait_for(&handled, 1) && handled_by == tid);
	pthread_join(thread, NULL);
	handled = ready = 0;
	pthread_create(&thread, NULL, wait_for_signal, &tid);
	CHECK(wait_for(&ready, 1));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	CHECK(wait_for(&handled, 1) && handled_by == tid);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	pthread_join(thread, NULL);
	signal(SIGUSR1, SIG_DFL);
}

static volatile pid_t waited_for;

static void *wait_for_child(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)(waitpid(waited_for, NULL, 0) == waited_for);
}

/* Of several that wait for a child one gets it. */
static void test_waiting_together(void)
{
	int wrong = 0;
	pthread_t threads[3];
	void *got;

	for (int i = 0; i < 100; i++) {
		intptr_t count = 0;

		waited_for = fork();
		if (waited_for == 0)
			_exit(0);
		for (int j = 0; j < 3; j++)
			pthread_create(&threads[j], NULL, wait_for_child, NULL);
		for (int j = 0; j < 3; j++) {
			pthread_join(threads[j], &got);
			count += (intptr_t)got;
		}
		wrong += count != 1;
	}
	CHECK(wrong == 0);
}

static __thread int local = 5;

static void *check_local(void *argument)
{
	int is_fresh = local == 5;

	local = (int)(intptr_t)argument;
	sleep_ms(10);
	return (void *)(intptr_t)(is_fresh && local == (int)(intptr_t)argument);
}

static void test_local_storage(void)
{
	pthread_t threads[THREADS];
	void *result;

	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, check_local, (void *)(i + 10));
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], &result) == 0 && result == (void *)1);
	CHECK(local == 5);
}

static void *sleep_on(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void exit_among_threads(void *argument)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, sleep_on, NULL);
	_exit((int)(intptr_t)argument);
}

static void *exit_process(void *argument)
{
	sleep_ms(20);
	exit((int)(intptr_t)argument);
	return NULL;
}

static void leader_waits(void *argument)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exit_process, argument);
	sleep_on(NULL);
}

/* The leader's thread ends first: the process lives until the last one. */
static void leader_leaves(void *argument)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exit_process, argument);
	syscall(SYS_exit, 1);
}

static void *spin_on(void *argument)
{
	while (*(volatile int *)argument == 0)
		;
	return argument;
}

/* A signal to a process reaches whoever is left to take it, in a call or busy. */
static void test_signal_without_leader(void *(*work)(void *))
{
	int never = 0, status = 0;
	pthread_t thread;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&thread, NULL, work, &never);
		syscall(SYS_exit, 1);
	}
	sleep_ms(50);
	kill(pid, SIGTERM);
	for (int i = 0; i < 2000 && waitpid(pid, &status, WNOHANG) == 0; i++)
		sleep_ms(1);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	if (!WIFSIGNALED(status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
}

static void killed_among_threads(void *argument)
{
	pthread_t thread;

	(void)argument;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, sleep_on, NULL);
	kill(getpid(), SIGTERM);
	sleep_on(NULL);
}

static void test_exits(void)
{
	CHECK(in_child(exit_among_threads, (void *)11) == 11 << 8);
	CHECK(in_child(leader_waits, (void *)12) == 12 << 8);
	CHECK(in_child(leader_leaves, (void *)13) == 13 << 8);
	test_signal_without_leader(sleep_on);
	test_signal_without_leader(spin_on);
	CHECK(in_child(killed_among_threads, NULL) == SIGTERM);
}

/* Only the forking thread is in the child. */
static void *fork_here(void *argument)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)syscall(SYS_gettid) == getpid() ? 14 : 1);
	waitpid(pid, &status, 0);
	*(int *)argument = status;
	return NULL;
}

static void test_fork_in_thread(void)
{
	pthread_t thread;
	int status = 0;

	pthread_create(&thread, NULL, fork_here, &status);
	pthread_join(thread, NULL);
	CHECK(status == 14 << 8);
}

void test_thread(void)
{
	test_mutex();
	test_condition();
	test_thread_signals();
	test_local_storage();
	test_waiting_together();
	test_exits();
	test_fork_in_thread();
}
