/*
 * System calls: the table of handlers and what handlers share. A handler decodes: it finds handles, checks type
 * and rights, copies structures in once, then calls the object, which does the work.
 */
#pragma once
#include <base/list.h>
#include <microkernel/abi.h>
#include <microkernel/errors.h>
#include <microkernel/objects.h>
#include <microkernel/rights.h>
#include "handle.h"
#include "process.h"
#include "thread.h"

/* Returned instead of a status: the thread is blocked or its registers are set already. */
#define SYSCALL_DONE 1

typedef status_t syscall_fn(struct thread *thread, const uint64_t *args, uint64_t *result);

#define SYSCALL_ROW(number, name, ...) SYS_##name = number,
enum syscall_number {
#include <microkernel/syscall_rows.h>
};
#undef SYSCALL_ROW

#define SYSCALL_ROW(number, name, ...) syscall_fn syscall_##name;
#include <microkernel/syscall_rows.h>
#undef SYSCALL_ROW

/* All calls but those of IPC: decoded into arguments, their result into registers. */
void syscall_in_table(struct thread *thread);
/* The common cases of two of them, without that; the others as all. */
void event_signal_fast(struct thread *thread);
void event_wait_fast(struct thread *thread);

/* The object of a handle entry whose type was checked. */
#define OBJECT_OF(entry, type) container_of((entry)->object, struct type, obj)

static inline status_t find(struct thread *thread, uint64_t handle, uint8_t type, uint32_t rights,
                            struct handle_entry **out)
{
	return handle_get(thread->process, (handle_t){(uint32_t)handle}, type, rights, out);
}

/* A domain to charge; none stands for the caller's own. */
status_t find_domain(struct thread *thread, uint64_t handle, struct domain **out);
/* A process (its native window) or a confined space. */
status_t find_aspace(struct thread *thread, uint64_t handle, uint32_t rights, struct aspace **out);
/* A confined space; none stands for the calling process. */
status_t find_word_space(struct thread *thread, uint64_t handle, struct aspace **out);

/* Where the call, which goes in steps, is; nothing is done yet unless it has been made again. */
struct progress *syscall_progress(struct thread *thread, uint32_t call);

/* Hands the caller a handle to a new object; its number becomes the result. */
status_t give(struct thread *thread, struct kobject *object, uint64_t *result);
/* With no more rights than these: a new object that is part of one held with them. */
status_t give_part(struct thread *thread, struct kobject *object, uint32_t rights,
                   uint64_t *result);
/* The object that the call has made in steps. */
status_t give_made(struct thread *thread, struct progress *progress, uint64_t *result);
