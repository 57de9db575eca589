/*
 * Burying zombies (wait4.c).
 */
#pragma once

struct process;

/* Takes a zombie out of the tables and gives its references back. */
void wait_bury(struct process *process);
/* After a process ended: groups that it leaves orphaned with stopped members get SIGHUP and SIGCONT. */
void pgrp_report_orphans(struct process *process);
