/*
 * New tasks (fork.c).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct task;
struct process;
struct job;

/* At exec and exit: lets a vfork parent go on. */
void fork_vfork_done(struct task *task);

/*
 * A process made from outside (pid 1 and jobs): one task without memory, descriptors or directory yet, root's
 * credentials, in a session of its own. The caller fills it and starts it with task_start. Null: no memory.
 */
struct task *task_create_first(struct job *job);
/* Undoes the creation of a task that was not started. */
void task_discard(struct task *task);
/* The same, but its process stays, without tasks: pid 1 of a container that has no program of its own. */
void task_make_hollow(struct task *task);
/* Runs `first` in the task's new monitor thread, then its loop. On failure the task is gone. */
int64_t task_start(struct task *task, int64_t (*first)(struct task *task));
