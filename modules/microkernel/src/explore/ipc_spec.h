/*
 * Specification of IPC: a caller is in exactly one place, and each operation moves threads between places as this says.
 * It knows nothing of CPUs, locks, queues of links or reference counts; the kernel must look like it after every step.
 *
 *   RUNS      --call------------> CALLING (in the callers' queue) or, when a receiver waits, AWAITING
 *   RUNS      --receive---------> RECEIVING (in the receivers' stack) or, when a caller waits, RUNS with its message
 *   CALLING   --received--------> AWAITING: exactly one reply object owes it an answer
 *   AWAITING  --reply-----------> RUNS with the answer
 *   any wait  --time-out--------> RUNS with E_TIMEOUT
 *   CALLING   --nobody may receive any more--> RUNS with E_GONE
 *   AWAITING  --its reply object goes--------> RUNS with E_GONE
 *   any wait  --the handle it came by goes---> RUNS, and makes its system call again
 *   anything  --kill------------> DEAD, and in no queue and owed nothing
 *
 * A server's priority follows from the state (spec_priorities): the highest of its own, of those who queue where it received
 * last, and of the caller to whom it owes the answer to what it received last.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define THREADS 3
#define NOBODY THREADS

enum place { RUNS, CALLING, AWAITING, RECEIVING, DEAD };
enum handle_kind { TO_CALL, TO_RECEIVE, TO_REPLY_0, TO_REPLY_1, HANDLE_KINDS };

/* What a thread that was made to run finds in its registers. */
enum outcome {
	NOTHING, /* it was not made to run by this step */
	DONE,
	MESSAGE,  /* from peer */
	ANSWERED, /* by peer */
	FAILED,   /* with status */
	AGAIN,    /* the system call is to be made again */
};

struct ipc_state {
	uint8_t place[THREADS];
	uint8_t priority[THREADS];                  /* with what callers lend */
	bool serves[THREADS];                       /* it received, and still may */
	bool is_timed[THREADS];                     /* the wait has a deadline */
	uint8_t callers[THREADS], caller_count;     /* most important first, then oldest */
	uint8_t receivers[THREADS], receiver_count; /* latest first */
	uint8_t owed_to[THREADS];                   /* by reply object: the caller, or NOBODY */
	uint8_t held_by[THREADS]; /* by reply object: who receives with it, or was the last to */
	bool has[THREADS][HANDLE_KINDS]; /* by process */
	uint8_t outcome[THREADS], peer[THREADS];
	int8_t status[THREADS];
};

struct cast;

/* What the operation of the thread must make of a state. */
void spec_call(struct ipc_state *s, const struct cast *cast, unsigned thread, bool is_timed);
void spec_receive(struct ipc_state *s, const struct cast *cast, unsigned thread, bool is_timed);
void spec_reply(struct ipc_state *s, const struct cast *cast, unsigned thread);
void spec_reply_receive(struct ipc_state *s, const struct cast *cast, unsigned thread);
void spec_time_out(struct ipc_state *s, unsigned thread);
void spec_kill(struct ipc_state *s, const struct cast *cast, unsigned thread);
void spec_priorities(struct ipc_state *s, const struct cast *cast);
void spec_close(struct ipc_state *s, const struct cast *cast, unsigned process, unsigned kind);

/* The first difference in words, or null. */
const char *spec_difference(const struct ipc_state *expected, const struct ipc_state *real);
