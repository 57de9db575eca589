/*
 * Guest faults as signals (fault.c).
 */
#pragma once

struct task;

void fault_memory(struct task *task);    /* TRAP_FAULT */
void fault_exception(struct task *task); /* TRAP_EXCEPTION */
