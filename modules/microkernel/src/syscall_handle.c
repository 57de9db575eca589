/*
 * System calls on handles: close, derive, revoke, install, info; and the four whose registers ipc.c reads itself.
 */
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

status_t syscall_handle_close(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry = handle_find(thread->process, (handle_t){(uint32_t)args[0]});
	unsigned budget = STEP_BUDGET;

	(void)result;
	if (!entry)
		return E_HANDLE;
	if (!derivation_hand_over(entry->object, &entry->node, &budget))
		return STATUS_MORE;
	handle_close(entry);
	return OK;
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
