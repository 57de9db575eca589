/*
 * System-call dispatch. Numbers are sparse (syscalls.tbl leaves room in each family), so the table is indexed by
 * number and most of it is empty.
 */
#include "syscall.h"
#include <base/assert.h>
#include "arch/x86_64/syscall_regs.h"
#include "cpu.h"
#include "domain.h"
#include "ipc.h"
#include "kernel_lock.h"
#include "space.h"

#define SYSCALLS_MAX 192u
#define CHECK_ALL_EVERY 16u

static syscall_fn *const table[SYSCALLS_MAX] = {
#define SYSCALL_ROW(number, name, ...) [number] = syscall_##name,
#include <microkernel/syscall_rows.h>
#undef SYSCALL_ROW
};

#if defined(DEBUG)
#define SYSCALL_CHECK(thread) check_touched(thread)
#else
#define SYSCALL_CHECK(thread) ((void)check_touched)
#endif

status_t find_domain(struct thread *thread, uint64_t handle, struct domain **out)
{
	struct handle_entry *entry;
	status_t status;

	*out = thread->process->obj.domain;
	if (!handle)
		return OK;
	status = find(thread, handle, OBJECT_DOMAIN, RIGHT_MANAGE, &entry);
	if (status == OK)
		*out = OBJECT_OF(entry, domain);
	return status;
}

status_t find_aspace(struct thread *thread, uint64_t handle, uint32_t rights, struct aspace **out)
{
	struct handle_entry *entry;
	status_t status = find(thread, handle, 0, rights, &entry);

	if (status != OK)
		return status;
	if (entry->object->type == OBJECT_PROCESS &&
	    OBJECT_OF(entry, process)->state != PROCESS_RUNNING)
		return E_GONE;
	if (entry->object->type == OBJECT_PROCESS)
		*out = &OBJECT_OF(entry, process)->aspace;
	else if (entry->object->type == OBJECT_SPACE)
		*out = &OBJECT_OF(entry, space)->aspace;
	else
		return E_TYPE;
	return OK;
}

status_t find_word_space(struct thread *thread, uint64_t handle, struct aspace **out)
{
	struct handle_entry *entry;
	status_t status;

	*out = &thread->process->aspace;
	if (!handle)
		return OK;
	status = find(thread, handle, OBJECT_SPACE, RIGHT_READ, &entry);
	if (status == OK)
		*out = &OBJECT_OF(entry, space)->aspace;
	return status;
}

status_t give(struct thread *thread, struct kobject *object, uint64_t *result)
{
	return give_part(thread, object, ~0u, result);
}

status_t give_part(struct thread *thread, struct kobject *object, uint32_t rights, uint64_t *result)
{
	handle_t handle;
	status_t status;

	if (!object)
		return E_NOMEM;
	status = handle_publish(thread->process, object, rights, &handle);
	if (status == OK)
		*result = handle.value;
	return status;
}

status_t give_made(struct thread *thread, struct progress *progress, uint64_t *result)
{
	struct kobject *object = progress->object;

	progress->object = NULL;
	return give(thread, object, result);
}

struct progress *syscall_progress(struct thread *thread, uint32_t call)
{
	struct progress *progress = &thread->progress;

	if (progress->call != call)
		progress_end(progress);
	progress->call = call;
	return progress;
}

/* Some read their arguments where they lie. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static void (*const calls[SYSCALLS_MAX])(struct thread *) = {
	[0 ... SYSCALLS_MAX - 1] = syscall_in_table,
	[SYS_ipc_call] = ipc_call,
	[SYS_ipc_receive] = ipc_receive,
	[SYS_ipc_reply] = ipc_reply,
	[SYS_ipc_reply_receive] = ipc_reply_receive,
	[SYS_event_signal] = event_signal_fast,
	[SYS_event_wait] = event_wait_fast,
};
#pragma GCC diagnostic pop

/*
 * True when the call is not over: it needs a page from a pager, or more steps, or memory that those hold who
 * were dying before it. (A call that failed may leave something dying of its own: waiting for that would
 * never end.)
 */
static bool is_made_again(struct thread *thread, status_t status, bool had_dying)
{
	struct cpu *cpu = this_cpu();
	bool is_short = cpu->is_retry_pending ||
	                ((status == E_NOMEM || status == E_LIMIT) && had_dying);
	struct page_request request = cpu->pending_request;

	cpu->is_retry_pending = false;
	cpu->pending_request.memory = NULL;
	if (!request.memory && status != STATUS_MORE && !is_short)
		return false;
	arch_syscall_restart(thread);
	if (request.memory)
		thread_request_page(thread, &request);
	return true;
}

void syscall_in_table(struct thread *thread)
{
	uint64_t number = syscall_regs_number(thread);
	uint64_t args[6];
	uint64_t result = 0;
	bool had_dying = kobject_has_dying();
	status_t status = E_UNSUPPORTED;

	if (index_within(&number, SYSCALLS_MAX) && table[number]) {
		syscall_regs_args(thread, args);
		status = table[number](thread, args, &result);
	}
	if (status == SYSCALL_DONE || (status != OK && is_made_again(thread, status, had_dying)))
		return;
	if (thread->progress.call)
		progress_end(&thread->progress);
	thread->refused.memory = 0;
	arch_set_result(thread, status, result);
}

/* After each call of a debug kernel: the caller, whatever its arguments name, and at times the books of its domains. */
static void check_touched(struct thread *thread)
{
	const struct process *process = thread->process;
	uint64_t args[6];

	kobject_check(&thread->obj);
	if (process->state != PROCESS_RUNNING)
		return;
	syscall_regs_args(thread, args);
	for (unsigned i = 0; i < 4; i++) {
		const struct handle_entry *entry = handle_find(process,
		                                               (handle_t){(uint32_t)args[i]});

		if (entry)
			kobject_check(entry->object);
	}
	if (this_cpu()->syscall_count % CHECK_ALL_EVERY)
		return;
	kobject_check(&process->obj);
	for (const struct domain *domain = process->obj.domain; domain; domain = domain->parent)
		kobject_check(&domain->obj);
}

void syscall_dispatch(struct thread *thread)
{
	struct cpu *cpu = this_cpu();
	uint64_t number = syscall_regs_number(thread);

	kernel_lock_exclusive();
	if (thread != cpu->current)
		return; /* it was ended while we waited */
	cpu->syscall_count++;
	if (index_within(&number, SYSCALLS_MAX))
		calls[number](thread);
	else
		syscall_in_table(thread);
	SYSCALL_CHECK(thread);
}
