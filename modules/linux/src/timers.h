/*
 * Interval timers of processes (timers.c).
 */
#pragma once
#include <stdint.h>

struct process;

void timers_exit(struct process *process); /* all of its timers go */
void timers_exec(struct process *process); /* timer_create's go, setitimer's stay */

/* When a periodic timer fires next after `now`, and how many periods it missed. Pure; tested on the host. */
uint64_t timer_advance(uint64_t deadline, uint64_t interval, uint64_t now, uint64_t *out_missed);
