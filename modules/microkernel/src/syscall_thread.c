/*
 * System calls on threads, and enter.
 */
#include "cpu.h"
#include "event.h"
#include "space.h"
#include "syscall.h"

status_t syscall_enter(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)args, (void)result;
	if (!thread->arch.state || !thread->space)
		return E_INVAL;
	if (thread->space->obj.is_dead)
		return E_GONE;
	if (thread->arch.kicked && thread_take_latch(thread))
		return OK;
	return arch_guest_load(thread) == OK ? SYSCALL_DONE : E_INVAL;
}

status_t syscall_thread_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct thread_args thread_args;
	struct handle_entry *process;
	struct thread *created;
	status_t status = find(thread, args[0], OBJECT_PROCESS, RIGHT_MANAGE, &process);

	if (status == OK)
		status = copy_from_user(&thread_args, args[1], sizeof(thread_args));
	if (status == OK && thread_args.priority > thread->base_priority)
		status = E_ACCESS;
	if (status == OK)
		status = thread_create(OBJECT_OF(process, process), &thread_args, &created);
	return status == OK ? give(thread, &created->obj, result) : status;
}

static status_t find_thread(struct thread *thread, uint64_t handle, uint32_t rights,
                            struct thread **out)
{
	struct handle_entry *entry;
	status_t status = find(thread, handle, OBJECT_THREAD, rights, &entry);

	if (status == OK)
		*out = OBJECT_OF(entry, thread);
	return status;
}

status_t syscall_thread_start(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct thread *target;
	status_t status = find_thread(thread, args[0], RIGHT_MANAGE, &target);

	(void)result;
	if (status == OK)
		thread_start(target);
	return status;
}

status_t syscall_thread_kill(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct thread *target;
	status_t status = find_thread(thread, args[0], RIGHT_MANAGE, &target);

	(void)result;
	if (status != OK)
		return status;
	thread_end(target);
	return target == thread ? SYSCALL_DONE : OK;
}

status_t syscall_thread_exit(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)args, (void)result;
	thread_end(thread);
	return SYSCALL_DONE;
}

status_t syscall_thread_set_priority(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	uint64_t priority = args[1];
	struct thread *target;
	status_t status = find_thread(thread, args[0], RIGHT_MANAGE, &target);

	(void)result;
	if (status != OK)
		return status;
	if (!index_within(&priority, PRIORITIES))
		return E_INVAL;
	if (priority > thread->base_priority)
		return E_ACCESS;
	thread_set_priority(target, (unsigned)priority);
	return OK;
}

status_t syscall_thread_set_cpus(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct thread *target;
	status_t status = find_thread(thread, args[0], RIGHT_MANAGE, &target);

	(void)result;
	return status == OK ? thread_set_cpus(target, args[1]) : status;
}

status_t syscall_thread_bind_event(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *event;
	struct thread *target;
	status_t status = find_thread(thread, args[0], RIGHT_MANAGE, &target);

	(void)result;
	if (status == OK)
		status = find(thread, args[1], OBJECT_EVENT, RIGHT_WAIT, &event);
	return status == OK ? event_bind(OBJECT_OF(event, event), target) : status;
}

status_t syscall_thread_yield(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)thread, (void)args, (void)result;
	sched_yield();
	return OK;
}

status_t syscall_thread_sleep(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)result;
	if (thread->arch.kicked & LATCHED_KICK)
		return E_INTR;
	if (args[0] && args[0] <= clock_now_ns())
		return OK;
	thread->is_interruptible = true;
	thread_block(thread, THREAD_SLEEPING, args[0]);
	sched_leave();
	return SYSCALL_DONE;
}

status_t syscall_thread_kick(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct thread *target;
	status_t status = find_thread(thread, args[0], RIGHT_WRITE, &target);

	(void)result;
	if (status == OK)
		thread_kick(target);
	return status;
}

status_t syscall_thread_park(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)result;
	return thread_park(thread, args[0]) ? SYSCALL_DONE : OK;
}

status_t syscall_thread_unpark(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct thread *target;
	status_t status = find_thread(thread, args[0], RIGHT_WRITE, &target);

	(void)result;
	if (status == OK)
		thread_unpark(target);
	return status;
}

status_t syscall_thread_info(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct thread_info info;
	struct thread *target;
	status_t status = find_thread(thread, args[0], RIGHT_READ, &target);

	(void)result;
	if (status != OK)
		return status;
	sched_close_accounts();
	info = (struct thread_info){
		.cpu_ns = clock_ticks_to_ns(target->cpu_ticks),
		.is_waiting = thread_is_waiting(target),
		.priority = target->priority,
		.enters = target->arch.enters,
		.cpus = target->cpus & ((1u << cpu_count) - 1),
	};
	return copy_to_user(args[1], &info, sizeof(info));
}
