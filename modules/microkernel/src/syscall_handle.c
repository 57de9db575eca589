/*
 * System calls on handles, of one's own and of processes that one manages; and the four whose registers ipc.c reads itself.
 */
#include <base/bits.h>
#include "syscall.h"

status_t syscall_ipc_call(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)thread, (void)args, (void)result;
	return E_UNSUPPORTED; /* dispatched before the table */
}

status_t syscall_ipc_receive(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	return syscall_ipc_call(thread, args, result);
}

status_t syscall_ipc_reply(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	return syscall_ipc_call(thread, args, result);
}

status_t syscall_ipc_reply_receive(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	return syscall_ipc_call(thread, args, result);
}

static status_t close_in_steps(struct handle_entry *entry)
{
	unsigned budget = STEP_BUDGET;

	if (!entry)
		return E_HANDLE;
	if (!derivation_hand_over(entry->object, &entry->node, &budget))
		return STATUS_MORE;
	handle_close(entry);
	return OK;
}

status_t syscall_handle_close(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)result;
	return close_in_steps(handle_find(thread->process, (handle_t){(uint32_t)args[0]}));
}

status_t syscall_handle_derive(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	handle_t handle = HANDLE_NONE;
	status_t status = find(thread, args[0], 0, RIGHT_DERIVE, &entry);

	if (status == OK)
		status = handle_derive_into(thread->process, entry, (uint32_t)args[1], args[2],
		                            &handle);
	*result = handle.value;
	return status;
}

status_t syscall_handle_revoke(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	unsigned budget = STEP_BUDGET;
	status_t status = find(thread, args[0], 0, RIGHT_REVOKE, &entry);

	(void)result;
	if (status != OK)
		return status;
	return derivation_revoke(entry->object, &entry->node, &budget) ? OK : STATUS_MORE;
}

status_t syscall_handle_install(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *process;
	struct handle_entry *entry;
	handle_t handle = HANDLE_NONE;
	status_t status = find(thread, args[0], OBJECT_PROCESS, RIGHT_MANAGE, &process);

	if (status == OK)
		status = find(thread, args[1], 0, RIGHT_DERIVE, &entry);
	if (status == OK && OBJECT_OF(process, process)->state != PROCESS_RUNNING)
		status = E_GONE;
	if (status == OK)
		status = handle_derive_into(OBJECT_OF(process, process), entry, (uint32_t)args[2],
		                            args[3], &handle);
	*result = handle.value;
	return status;
}

status_t syscall_handle_info(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry = handle_find(thread->process, (handle_t){(uint32_t)args[0]});
	struct handle_info info;

	(void)result;
	if (!entry)
		return E_HANDLE;
	info = (struct handle_info){
		.type = entry->object->type,
		.rights = entry->node.rights,
		.badge = entry->badge,
		.id = entry->object->id,
	};
	return copy_to_user(args[1], &info, sizeof(info));
}

/* A process that runs, and that the caller manages: what it holds is the caller's to dispose of. */
static status_t find_managed(struct thread *thread, uint64_t handle, struct process **out)
{
	struct handle_entry *entry;
	status_t status = find(thread, handle, OBJECT_PROCESS, RIGHT_MANAGE, &entry);

	if (status != OK)
		return status;
	*out = OBJECT_OF(entry, process);
	return (*out)->state == PROCESS_RUNNING ? OK : E_GONE;
}

status_t syscall_handle_next(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_handle_next);
	unsigned budget = STEP_BUDGET;
	struct process *process;
	struct handle_entry *entry;
	status_t status = find_managed(thread, args[0], &process);

	if (status != OK)
		return status;
	progress->at = MAX(progress->at, args[1]);
	status = handle_next(process, &progress->at, &budget, &entry);
	if (status == OK)
		*result = handle_number(entry).value;
	return status;
}

status_t syscall_handle_take(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	handle_t handle = HANDLE_NONE;
	struct handle_entry *entry;
	struct process *process;
	status_t status = find_managed(thread, args[0], &process);

	if (status == OK)
		status = handle_get(process, (handle_t){(uint32_t)args[1]}, 0, RIGHT_DERIVE,
		                    &entry);
	if (status == OK)
		status = handle_derive_into(thread->process, entry, (uint32_t)args[2], 0, &handle);
	*result = handle.value;
	return status;
}

status_t syscall_handle_remove(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct process *process;
	status_t status = find_managed(thread, args[0], &process);

	(void)result;
	return status == OK ? close_in_steps(handle_find(process, (handle_t){(uint32_t)args[1]}))
	                    : status;
}
