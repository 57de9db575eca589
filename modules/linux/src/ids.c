/*
 * The calls that only tell a task who it is.
 */
#include "syscall.h"

SYSCALL0(getpid)
{
	return task->process->pid;
}

SYSCALL0(gettid)
{
	return task->tid;
}

SYSCALL0(getppid)
{
	return process_parent_pid(task->process);
}
