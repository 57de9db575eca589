/*
 * System calls on domains and processes.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include "domain.h"
#include "event.h"
#include "printk.h"
#include "sched.h"
#include "syscall.h"

static status_t copy_limits(uint64_t u_limits, struct domain_limits *out)
{
	status_t status = copy_from_user(out, u_limits, sizeof(*out));

	return status == OK ? domain_check_limits(out) : status;
}

status_t syscall_domain_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct domain_limits limits;
	struct domain *parent;
	struct domain *domain;
	status_t status = find_domain(thread, args[0], &parent);

	if (status == OK)
		status = copy_limits(args[1], &limits);
	if (status != OK)
		return status;
	if (parent->depth == DOMAIN_DEPTH_MAX)
		return E_LIMIT;
	domain = domain_create(parent, &limits);
	return give(thread, domain ? &domain->obj : NULL, result);
}

status_t syscall_domain_info(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct domain_info info;
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_DOMAIN, RIGHT_READ, &entry);

	(void)result;
	if (status != OK)
		return status;
	sched_close_accounts();
	domain_get_info(OBJECT_OF(entry, domain), &info);
	return copy_to_user(args[1], &info, sizeof(info));
}

status_t syscall_domain_set_limits(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct domain_limits limits;
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_DOMAIN, RIGHT_MANAGE, &entry);

	(void)result;
	if (status == OK && OBJECT_OF(entry, domain) == domain_root())
		status = E_ACCESS;
	if (status == OK)
		status = copy_limits(args[1], &limits);
	if (status == OK)
		domain_set_limits(OBJECT_OF(entry, domain), &limits);
	return status;
}

/* The call returns when all is gone; the caller, when it runs in that domain, goes with it. */
status_t syscall_domain_kill(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_domain_kill);
	struct handle_entry *entry;
	status_t status;

	(void)result;
	if (!progress->object) {
		status = find(thread, args[0], OBJECT_DOMAIN, RIGHT_MANAGE, &entry);
		if (status != OK)
			return status;
		if (entry->object == &domain_root()->obj)
			return E_ACCESS;
		progress->object = entry->object;
		kobject_ref(progress->object);
		kobject_kill(progress->object);
	}
	return kobject_is_gone(progress->object) ? OK : STATUS_MORE;
}

status_t syscall_domain_log(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	char line[256];
	struct handle_entry *entry;
	uint64_t len = MIN(args[2], sizeof(line) - 1);
	status_t status = find(thread, args[0], OBJECT_DOMAIN, RIGHT_LOG, &entry);

	(void)result;
	if (status == OK)
		status = copy_from_user(line, args[1], len);
	if (status != OK)
		return status;
	line[len] = 0;
	printk("%s\n", line);
	return OK;
}

status_t syscall_process_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	char name[32] = "";
	struct domain *domain;
	struct process *process;
	status_t status = find_domain(thread, args[0], &domain);

	if (status == OK)
		status = copy_from_user(name, args[1], MIN(args[2], sizeof(name) - 1));
	if (status == OK)
		status = process_create(domain, name, &process);
	return status == OK ? give(thread, &process->obj, result) : status;
}

status_t syscall_process_info(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct process_info info;
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_PROCESS, RIGHT_READ, &entry);

	(void)result;
	if (status != OK)
		return status;
	process_get_info(OBJECT_OF(entry, process), &info);
	return copy_to_user(args[1], &info, sizeof(info));
}

/* Returns when all that the process held is given back. */
status_t syscall_process_kill(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	struct process *process;
	status_t status = find(thread, args[0], OBJECT_PROCESS, RIGHT_MANAGE, &entry);

	(void)result;
	if (status != OK)
		return status;
	process = OBJECT_OF(entry, process);
	process_end(process, PROCESS_EXITED, args[1]);
	if (process == thread->process)
		return SYSCALL_DONE;
	return process->is_empty ? OK : STATUS_MORE;
}

status_t syscall_process_watch(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *process;
	struct handle_entry *event;
	status_t status = find(thread, args[0], OBJECT_PROCESS, RIGHT_WAIT, &process);

	(void)result;
	if (status == OK)
		status = find(thread, args[1], OBJECT_EVENT, RIGHT_WRITE, &event);
	return status == OK ? process_watch(OBJECT_OF(process, process), event, args[2]) : status;
}

status_t syscall_process_exit(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)result;
	process_end(thread->process, PROCESS_EXITED, args[0]);
	return SYSCALL_DONE;
}
