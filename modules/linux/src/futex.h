/*
 * Futexes at the end of a task (futex.c).
 */
#pragma once

struct task;

/* Walks the robust list, clears and wakes the tid address. Called while the task's memory is still bound. */
void futex_exit(struct task *task);
