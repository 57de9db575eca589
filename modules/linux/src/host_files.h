/* A task and a file tree for host tests of the file half. */
#pragma once
#include "device.h"
#include "file.h"
#include "syscall.h"
#include "task.h"
#include "tmpfs.h"

extern struct task host_task;
extern unsigned host_locks_held;

/* A root in memory; all capabilities. Once. */
void host_files_start(void);

/* A system call of the task with host addresses. */
#define HOST_CALL(name, ...) \
	({ \
		extern syscall_fn linux_##name; \
		linux_##name(&host_task, (const uint64_t[6]){__VA_ARGS__}); \
	})
#define U(pointer) ((uint64_t)(pointer))
