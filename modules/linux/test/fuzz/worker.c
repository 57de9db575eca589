/*
 * A worker of linuxfuzz: two threads of one process that call and race each other until enough calls are made, their own
 * calls end them, or the supervisor does.
 */
#include "fuzz.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

_Thread_local struct fuzz_thread *fuzz_self;

/* A bad access of our own, to what was unmapped under us: the call is given up. */
static void on_fault(int number)
{
	if (!fuzz_self)
		_exit(number);
	siglongjmp(fuzz_self->bad_access, 1);
}

static void on_nothing(int number)
{
	(void)number;
}

void fuzz_catch_faults(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	static const int others[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPIPE,
	                             SIGHUP,  SIGXFSZ, SIGIO,   SIGTTIN,   SIGTTOU, SIGTSTP};
	struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};

	for (unsigned i = 0; i < ARRAY_SIZE(faults); i++)
		(void)sigaction(faults[i], &action, NULL);
	action.sa_handler = on_nothing;
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
		(void)sigaction(others[i], &action, NULL);
}

static void go_on(struct fuzz_thread *self, void (*one)(struct fuzz_thread *))
{
	fuzz_self = self;
	(void)sigsetjmp(self->bad_access, 1);
	while (__atomic_load_n(&self->shared->calls, __ATOMIC_RELAXED) < self->shared->wanted)
		one(self);
}

static void *racer(void *argument)
{
	go_on(argument, fuzz_race);
	_exit(0);
}

void fuzz_worker(struct fuzz_shared *shared, unsigned worker, uint64_t seed)
{
	static struct fuzz_thread threads[2];
	pthread_t thread;

	for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i].shared = shared;
		threads[i].trace = &shared->traces[worker][i];
		random_seed(&threads[i].random, seed + i);
		if (!fuzz_scratch_create(&threads[i]))
			_exit(97);
	}
	if (!shared->is_verbose)
		(void)close(FUZZ_REPORT_FD);
	if (!fuzz_enter_sandbox(worker))
		_exit(99);
	fuzz_make_things(&threads[0]);
	fuzz_catch_faults();
	if (pthread_create(&thread, NULL, racer, &threads[1]) != 0)
		_exit(98);
	go_on(&threads[0], fuzz_one_call);
	_exit(0);
}
