/*
 * Messages: the four ipc_* system calls and what the kernel itself sends.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <microkernel/abi.h>
#include "rare_call.h"

struct thread;

/* The system calls; registers hold arguments and results. The result is set, or the thread blocked. */
void ipc_call(struct thread *thread);
void ipc_receive(struct thread *thread);
void ipc_reply(struct thread *thread);
void ipc_reply_receive(struct thread *thread);

/* The common cases of two of them, without a deadline (ipc_fast.c), called by the architecture's entry code, which keeps
 * the words and has saved nothing but what the thread goes on with. It goes on as `to` with those words, the tag and
 * this badge; null, and nothing changed: the case is not that common. */
struct ipc_switch {
	struct thread *to;
	uint64_t badge;
};
struct ipc_switch ipc_call_fast(struct thread *thread, uint64_t tag, uint64_t handles);
struct ipc_switch ipc_reply_receive_fast(struct thread *thread, uint64_t tag, uint64_t handles);

RARELY_CALLED void ipc_copy_bytes(void *to, const void *from, uint64_t bytes); /* a part of them */

/* A thread in RECEIVING state gets its bound event's bits instead of a request. */
void ipc_deliver_event(struct thread *receiver, uint64_t bits);
