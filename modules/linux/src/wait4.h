/*
 * Burying zombies (wait4.c).
 */
#pragma once

struct process;
struct task;

/* Takes a zombie out of the tables, with tasks_lock. What comes back goes to wait_buried without it; null: somebody was faster. */
struct task *wait_bury_locked(struct process *process);
void wait_buried(struct process *process, struct task *leader);
/* After a process ended: groups that it leaves orphaned with stopped members get SIGHUP and SIGCONT. */
void pgrp_report_orphans(struct process *process);
