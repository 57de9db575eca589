/*
 * System calls of Linux. A call is implemented by writing, in the file of its feature,
 *
 *     SYSCALL3(read, int32_t, fd, uint64_t, u_buffer, uint64_t, bytes)
 *     {
 *             ... task is the caller; return a result or a negated errno
 *     }
 *
 * which defines linux_read(). syscall_table.h lists every number with its name; a name that nobody
 * defines is answered with ENOSYS and logged once.
 */
#pragma once
#include <stdint.h>
#include "errno.h"
#include "task.h"

typedef int64_t syscall_fn(struct task *task, const uint64_t arguments[6]);

struct syscall_entry {
	const char *name;    /* null: no such number */
	syscall_fn *handler; /* null: not implemented */
};

/* The entry of a number, or null when Linux has none either. */
const struct syscall_entry *syscall_find(uint64_t number);

/* Runs the call in task->state->regs and stores its result. */
void syscall_dispatch(struct task *task);

#define SYSCALL_HEAD_(name, ...) \
	syscall_fn linux_##name; \
	static int64_t do_##name(__VA_ARGS__); \
	int64_t linux_##name(struct task *task, const uint64_t arguments[6] __attribute__((unused)))
#define TASK_ struct task *task __attribute__((unused))
#define PARAMETER_(type, name) type name __attribute__((unused))

#define SYSCALL0(name) \
	SYSCALL_HEAD_(name, struct task *) \
	{ \
		return do_##name(task); \
	} \
	static int64_t do_##name(TASK_)
#define SYSCALL1(name, t0, a0) \
	SYSCALL_HEAD_(name, struct task *, t0) \
	{ \
		return do_##name(task, (t0)arguments[0]); \
	} \
	static int64_t do_##name(TASK_, PARAMETER_(t0, a0))
#define SYSCALL2(name, t0, a0, t1, a1) \
	SYSCALL_HEAD_(name, struct task *, t0, t1) \
	{ \
		return do_##name(task, (t0)arguments[0], (t1)arguments[1]); \
	} \
	static int64_t do_##name(TASK_, PARAMETER_(t0, a0), PARAMETER_(t1, a1))
#define SYSCALL3(name, t0, a0, t1, a1, t2, a2) \
	SYSCALL_HEAD_(name, struct task *, t0, t1, t2) \
	{ \
		return do_##name(task, (t0)arguments[0], (t1)arguments[1], (t2)arguments[2]); \
	} \
	static int64_t do_##name(TASK_, PARAMETER_(t0, a0), PARAMETER_(t1, a1), PARAMETER_(t2, a2))
#define SYSCALL4(name, t0, a0, t1, a1, t2, a2, t3, a3) \
	SYSCALL_HEAD_(name, struct task *, t0, t1, t2, t3) \
	{ \
		return do_##name(task, (t0)arguments[0], (t1)arguments[1], (t2)arguments[2], \
		                 (t3)arguments[3]); \
	} \
	static int64_t do_##name(TASK_, PARAMETER_(t0, a0), PARAMETER_(t1, a1), \
	                         PARAMETER_(t2, a2), PARAMETER_(t3, a3))
#define SYSCALL5(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4) \
	SYSCALL_HEAD_(name, struct task *, t0, t1, t2, t3, t4) \
	{ \
		return do_##name(task, (t0)arguments[0], (t1)arguments[1], (t2)arguments[2], \
		                 (t3)arguments[3], (t4)arguments[4]); \
	} \
	static int64_t do_##name(TASK_, PARAMETER_(t0, a0), PARAMETER_(t1, a1), \
	                         PARAMETER_(t2, a2), PARAMETER_(t3, a3), PARAMETER_(t4, a4))
#define SYSCALL6(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) \
	SYSCALL_HEAD_(name, struct task *, t0, t1, t2, t3, t4, t5) \
	{ \
		return do_##name(task, (t0)arguments[0], (t1)arguments[1], (t2)arguments[2], \
		                 (t3)arguments[3], (t4)arguments[4], (t5)arguments[5]); \
	} \
	static int64_t do_##name(TASK_, PARAMETER_(t0, a0), PARAMETER_(t1, a1), \
	                         PARAMETER_(t2, a2), PARAMETER_(t3, a3), PARAMETER_(t4, a4), \
	                         PARAMETER_(t5, a5))
