/*
 * The loop of a guest thread (entry.c).
 */
#pragma once

struct task;

/* Enters the guest, handles its traps, until the task is dying. */
void entry_loop(struct task *task);
