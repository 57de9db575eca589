/*
 * Word waits: sleeping until somebody says that a 32-bit word of memory changed. What confined programs' futexes
 * and native locks are made of.
 */
#pragma once
#include <microkernel/abi.h>
#include "aspace.h"

struct thread;

void word_init(void);
/* Blocks the current thread while the word is expected. OK: blocked; E_AGAIN with pending_request clear: another value. */
status_t word_wait(struct thread *thread, struct aspace *aspace, uint64_t address,
                   uint32_t expected, uint64_t deadline, uint64_t mask);
/* What the current thread's guest asks for in its registers (struct word_call): the guest has its result, or sleeps. False:
 * it is for the monitor to do. */
bool word_settle(struct thread *thread);
/* The wait of such a guest is over. */
void word_finish(struct thread *thread, status_t status);
/*
 * A step of waking the oldest sleepers whose masks meet this one (0: any), and of having the next ones sleep at target.
 * True when that was all; progress->count says how many it were so far.
 */
bool word_wake(struct aspace *aspace, uint64_t address, uint64_t count, uint32_t mask,
               struct progress *progress);
bool word_requeue(struct aspace *aspace, uint64_t address, uint64_t wake, uint64_t move,
                  uint64_t target, struct progress *progress);
