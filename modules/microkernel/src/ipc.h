/*
 * Messages: the four ipc_* system calls and what the kernel itself sends.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <microkernel/abi.h>

struct thread;

/* The system calls; registers hold arguments and results. The result is set, or the thread blocked. */
void ipc_call(struct thread *thread);
void ipc_receive(struct thread *thread);
void ipc_reply(struct thread *thread);
void ipc_reply_receive(struct thread *thread);

/* The common cases of two of them (ipc_fast.c), called by the architecture's entry code. It goes on as `to` with the
 * current thread's message in the registers and this badge; null, and nothing changed: the case is not that common. */
struct ipc_switch {
	struct thread *to;
	uint64_t badge;
};
struct ipc_switch ipc_call_fast(struct thread *thread);
struct ipc_switch ipc_reply_receive_fast(struct thread *thread);

/* A thread in RECEIVING state gets its bound event's bits instead of a request. */
void ipc_deliver_event(struct thread *receiver, uint64_t bits);
