/*
 * Restartable sequences (rseq.c): a critical section of user code that is begun anew, at a place of its choice, when
 * its thread was interrupted in it.
 */
#pragma once
#include <stdint.h>

struct task;

#define RSEQ_FEATURE_BYTES 28 /* of struct rseq: AT_RSEQ_FEATURE_SIZE */
#define RSEQ_ALIGNMENT 32     /* AT_RSEQ_ALIGN */

/* When the task's thread begins, and in exec: how it is entered from now on. */
void rseq_begin(struct task *task);
void rseq_forget(struct task *task);
/* The guest did not run straight on: out of a section, if it is in one, and the CPU's number brought up to date.
 * signal: whose handler is about to be run, or 0. A broken description of a section earns SIGSEGV. */
void rseq_interrupt(struct task *task, int signal);
