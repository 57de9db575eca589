/*
 * What the parts of linuxfuzz share: the supervisor (main.c, system.c), its workers (worker.c, sandbox.c), the calls
 * they make (calls.c) and the arguments of these (values.c, structs.c).
 */
#pragma once
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/bits.h>
#include <base/random.h>

#define FUZZ_WORKERS 3u
#define FUZZ_THREADS 3u /* per worker: its first, the racer, and one for all its children */
#define FUZZ_LAST 16u   /* calls remembered of each */
#define FUZZ_UID 4242u  /* and one more per worker: nobody else's */
#define FUZZ_ARENA 0x100000000000ul
#define FUZZ_ARENA_PAGES 64ul
#define FUZZ_PAGE 4096ul
#define FUZZ_REPORT_FD \
	60 /* standard output, above what the calls use; workers have it only when they tell all */
#define FUZZ_STORE "/vol/linuxfuzz" /* a directory on the store, there while workers run */

struct fuzz_call {
	uint64_t number;
	uint64_t arguments[6];
	int64_t result;
	bool is_done;
};

/* What a thread did last; read by the supervisor when something is wrong. */
struct fuzz_trace {
	struct fuzz_call last[FUZZ_LAST];
	uint64_t count;
};

struct fuzz_shared {
	uint64_t calls, ok; /* made so far, succeeded of these */
	uint64_t wanted;    /* workers end when so many are made */
	bool is_verbose;
	struct fuzz_trace traces[FUZZ_WORKERS][FUZZ_THREADS];
};

/* Room for whatever a call reads or fills, out of the arena's reach; more behind it, for what is longer than it should be. */
#define FUZZ_SCRATCH 8u
#define FUZZ_SCRATCH_BYTES 1024u
#define FUZZ_SCRATCH_ROOM 65536u

struct fuzz_thread {
	struct random random;
	struct fuzz_shared *shared;
	struct fuzz_trace *trace;
	unsigned depth;        /* how many forks away from the worker */
	unsigned next_scratch; /* of these, used in turn */
	sigjmp_buf bad_access; /* where a bad access of our own goes on */
	char (*scratch)[FUZZ_SCRATCH_BYTES];
};

/* --- values.c: what a letter of a call's pattern stands for --- */
uint64_t fuzz_below(struct fuzz_thread *self, uint64_t bound);
bool fuzz_one_in(struct fuzz_thread *self, uint64_t n);
#define FUZZ_PICK(self, array) ((array)[fuzz_below(self, ARRAY_SIZE(array))])
uint64_t fuzz_value(struct fuzz_thread *self, char letter);
uint64_t fuzz_fd(struct fuzz_thread *self);
uint64_t fuzz_flags(struct fuzz_thread *self);
uint64_t fuzz_length(struct fuzz_thread *self);
uint64_t fuzz_signal(struct fuzz_thread *self);
/* The address itself, or now and then another: the arena's, the kernel's, nobody's. */
uint64_t fuzz_somewhere(struct fuzz_thread *self, const void *good);
/* Zeroed; good until FUZZ_SCRATCH more are taken. */
void *fuzz_scratch(struct fuzz_thread *self);
bool fuzz_scratch_create(struct fuzz_thread *self);

/* --- structs.c: the letters that stand for a pointer to a filled structure, or to a string --- */
uint64_t fuzz_struct(struct fuzz_thread *self, char letter);
uint64_t fuzz_text(struct fuzz_thread *self, char letter);

/* --- calls.c --- */
void fuzz_print_call(unsigned thread, const struct fuzz_call *call);
int64_t fuzz_raw(uint64_t number, const uint64_t arguments[6]);
void fuzz_one_call(struct fuzz_thread *self);
/* What the racer does: mostly to the memory and the threads of its own process. */
void fuzz_race(struct fuzz_thread *self);

/* --- children.c --- */
void fuzz_fork(struct fuzz_thread *self);
void fuzz_child(struct fuzz_thread *self, uint64_t seed) __attribute__((noreturn));
int fuzz_exec_main(const char *seed);

/* --- sandbox.c --- */
bool fuzz_enter_sandbox(unsigned worker);
void fuzz_make_things(struct fuzz_thread *self);

/* --- worker.c --- */
void fuzz_worker(struct fuzz_shared *shared, unsigned worker, uint64_t seed)
	__attribute__((noreturn));
void fuzz_catch_faults(void);
/* For fuzz_catch_faults: who runs on this thread. */
extern _Thread_local struct fuzz_thread *fuzz_self;

/* --- system.c: how the system is, as seen from a Linux program --- */
struct fuzz_amounts {
	uint64_t free_bytes, objects, handles, processes;
};
bool fuzz_amounts(struct fuzz_amounts *out);
struct fuzz_amounts fuzz_amounts_settled(void);
/* How often services were started, all together, and how many run; false: the tree did not answer. */
bool fuzz_services(uint64_t *starts, uint64_t *running);
void fuzz_end_all_of(uint32_t uid);
void fuzz_remove_tree(const char *path);
/* What belongs to the workers' users. */
void fuzz_remove_left_in(const char *path);
