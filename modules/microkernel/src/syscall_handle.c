/*
 * System calls on handles: close, derive, revoke, install, info; and the four whose registers ipc.c reads itself.
 */
#include "sched.h"
#include "syscall.h"

#define REVOKE_STEP 256u /* handles undone before the call is made again, so that others get their turn */

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
	struct handle_entry *entry = handle_find(thread->process, (handle_t){ (uint32_t)args[0] });

	(void)result;
	if (!entry)
		return E_HANDLE;
	handle_close(entry);
	return OK;
}

status_t syscall_handle_derive(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	handle_t handle = HANDLE_NONE;
	status_t status = find(thread, args[0], 0, RIGHT_DERIVE, &entry);

	if (status == OK)
		status = handle_derive_into(thread->process, entry, (uint32_t)args[1], args[2], &handle);
	*result = handle.value;
	return status;
}

status_t syscall_handle_revoke(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	status_t status = find(thread, args[0], 0, RIGHT_REVOKE, &entry);

	(void)result;
	if (status != OK)
		return status;
	if (derivation_revoke(entry->object, &entry->node, REVOKE_STEP))
		return OK;
	arch_syscall_restart(thread);
	sched_leave();
	return SYSCALL_DONE;
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
		status = handle_derive_into(OBJECT_OF(process, process), entry, (uint32_t)args[2], args[3], &handle);
	*result = handle.value;
	return status;
}

status_t syscall_handle_info(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry = handle_find(thread->process, (handle_t){ (uint32_t)args[0] });
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
