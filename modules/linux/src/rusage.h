/*
 * Resource usage as Linux lays it out (rlimit.c).
 */
#pragma once
#include "task.h"

/* Writes a struct rusage to the guest: 0 or -EFAULT. */
int64_t rusage_put(struct task *task, uint64_t u_rusage, const struct process_times *times);
