/*
 * Messages: the four ipc_* system calls and what the kernel itself sends.
 */
#pragma once
#include <stdint.h>
#include <microkernel/abi.h>

struct thread;

/* The system calls; registers hold arguments and results. The result is set, or the thread blocked. */
void ipc_call(struct thread *thread);
void ipc_receive(struct thread *thread);
void ipc_reply(struct thread *thread);
void ipc_reply_receive(struct thread *thread);

/* A thread in RECEIVING state gets its bound event's bits instead of a request. */
void ipc_deliver_event(struct thread *receiver, uint64_t bits);
