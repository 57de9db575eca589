/*
 * Entering and leaving the kernel as the architecture's entry code does it.
 */
#pragma once
#include "thread.h"

enum ipc_call { IPC_CALL, IPC_RECEIVE, IPC_REPLY, IPC_REPLY_RECEIVE };

/* The current thread's system call, whose arguments are in its registers, to the end. */
void entry_ipc(struct thread *thread, enum ipc_call call);
/* An interrupt: the kernel is entered, does its work (null: nothing but what is pending), and is left. */
void entry_interrupt(void (*work)(void));
