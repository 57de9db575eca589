/*
 * Ends of tasks and processes (exit.c) and news of them for parents.
 */
#pragma once
#include <stdint.h>

struct task;
struct process;

/* As wait4 gives it: a signal's number, or an exit code shifted by 8. The whole process ends; the caller's loop too. */
void exit_group(struct task *task, int32_t status);

/* The last thing a monitor thread does for a task: gives up all it has and makes the process a zombie. */
void exit_task(struct task *task);

/* Stopped or continued, which wait4 can see already: tell the parent. code: CLD_STOPPED or CLD_CONTINUED. */
void process_report(struct process *process, int32_t code, int32_t signal);
