/*
 * The tables' inside, for the files that make, end and group tasks (fork.c, exit.c, wait4.c, pgrp.c,
 * kill.c, container.c). _locked: the caller holds tasks_lock.
 */
#pragma once
#include "task.h"

int32_t pid_alloc_locked(void); /* or -EAGAIN */
void task_link_locked(struct task *task);
void task_unlink_locked(struct task *task);
void process_link_locked(struct process *process);
void process_unlink_locked(struct process *process);
/* From null: the first; null after the last. */
struct process *process_next_locked(struct process *process);
uint64_t task_cpu_ns(struct task *task);

/* Pid 1: where orphans go. */
extern struct process *init_process;

void session_put_locked(struct session *session);
/* The process becomes the leader of a new session and group. null: no memory. */
struct session *session_create(int32_t sid);
