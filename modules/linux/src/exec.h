/*
 * Starting programs (exec.c).
 */
#pragma once
#include <stdint.h>
#include "exec_args.h"

struct task;
struct process;

/* Replaces the calling task's program. Takes over neither args nor filename. 0: regs are the new program's. */
int64_t exec_file(struct task *task, const char *filename, struct exec_args *args);

/* A thread of the process has ended: an exec may be waiting to be alone. */
void exec_thread_gone(struct process *process);
