/*
 * Children of workers: by fork, vfork and clone with any flags, each making a few calls of its own and ending at once, by
 * a signal, or after exec: of this program again, of another, or of what lies about under some name.
 */
#include "fuzz.h"
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHILD_CALLS 30u
#define DEPTH_MAX 2u
#define CHILD_STACK 65536u

static int64_t raw_exit(uint64_t code)
{
	return fuzz_raw(SYS_exit_group, (uint64_t[6]){code});
}

static void exec_something(struct fuzz_thread *self)
{
	static const char *const programs[] = {
		"/bin/linuxfuzz", "/bin/linuxfuzz", "/bin/true",  "a", "d/a",
		FUZZ_STORE "/a",  "/proc/self/exe", "/etc/passwd"};
	char seed[24] = "";
	const char *argv[] = {"linuxfuzz", "child", seed, NULL};
	uint64_t number = fuzz_below(self, 1000000);

	for (unsigned i = 0; i < 7; i++, number /= 10)
		seed[i] = (char)('0' + number % 10);
	(void)fuzz_raw(SYS_execve, (uint64_t[6]){fuzz_somewhere(self, FUZZ_PICK(self, programs)),
	                                         fuzz_somewhere(self, argv), (uint64_t)environ});
}

void fuzz_child(struct fuzz_thread *self, uint64_t seed)
{
	unsigned calls;

	random_seed(&self->random, seed);
	self->depth++;
	calls = (unsigned)fuzz_below(self, CHILD_CALLS);
	if (sigsetjmp(self->bad_access, 1) == 0) {
		for (unsigned i = 0; i < calls; i++)
			fuzz_one_call(self);
		if (fuzz_one_in(self, 3))
			exec_something(self);
	}
	for (;;)
		(void)raw_exit(fuzz_below(self, 256));
}

/* A cloned child begins here, on a stack of its own, perhaps in its parent's memory. */
static int cloned(void *argument)
{
	struct fuzz_thread *self = argument;
	struct fuzz_thread mine = *self;

	mine.depth++;
	fuzz_child(&mine, random_next(&mine.random));
}

static void clone_somehow(struct fuzz_thread *self)
{
	static char stack[CHILD_STACK] __attribute__((aligned(16)));
	static const unsigned flags[] = {
		CLONE_VM,      CLONE_FS,     CLONE_FILES,         CLONE_VFORK,
		CLONE_PARENT,  CLONE_NEWNS,  CLONE_SYSVSEM,       CLONE_CHILD_CLEARTID,
		CLONE_SIGHAND, CLONE_THREAD, CLONE_PARENT_SETTID, CLONE_NEWPID};
	unsigned chosen = fuzz_one_in(self, 4) ? (unsigned)fuzz_signal(self) & 0xff : SIGCHLD;

	for (unsigned i = 0; i < 4 && fuzz_one_in(self, 2); i++)
		chosen |= FUZZ_PICK(self, flags);
	(void)clone(cloned, stack + sizeof(stack), (int)chosen, self, self->scratch[0], NULL,
	            self->scratch[1]);
}

/* The child never returns from here, so that after vfork the parent's stack is as it was. */
static void fork_by(struct fuzz_thread *self, uint64_t number)
{
	uint64_t seed = random_next(&self->random);
	struct fuzz_thread mine;

	if (number == SYS_vfork)
		mine = *self;
	if (fuzz_raw(number, (uint64_t[6]){number == SYS_clone ? SIGCHLD : 0}) == 0)
		fuzz_child(number == SYS_vfork ? &mine : self, seed);
}

void fuzz_fork(struct fuzz_thread *self)
{
	static const uint64_t numbers[] = {SYS_fork, SYS_fork, SYS_vfork, SYS_clone};

	if (self->depth >= DEPTH_MAX)
		return;
	if (fuzz_one_in(self, 3))
		clone_somehow(self);
	else
		fork_by(self, FUZZ_PICK(self, numbers));
}

/* After exec: the same program, without anything shared, with whatever descriptors and signals were left. */
int fuzz_exec_main(const char *seed)
{
	static struct fuzz_thread self;
	struct fuzz_shared *own = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE,
	                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (own == MAP_FAILED || !fuzz_scratch_create(&self))
		return 1;
	self.shared = own;
	self.trace = &own->traces[0][0];
	self.depth = DEPTH_MAX;
	fuzz_self = &self;
	fuzz_catch_faults();
	fuzz_child(&self, strtoull(seed, NULL, 10));
}
