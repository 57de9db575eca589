/*
 * Futexes: what of them the kernel settles, and the end of a task (futex.c).
 */
#pragma once
#include <microkernel/abi.h>

struct task;

extern const struct word_call futex_word_call;

/* Walks the robust list, clears and wakes the tid address. Called while the task's memory is still bound. */
void futex_exit(struct task *task);
