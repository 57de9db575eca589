/*
 * System calls on address spaces: mapping into a process or a confined space, confined spaces.
 */
#include "aspace.h"
#include "domain.h"
#include "space.h"
#include "syscall.h"

/* Mostly it is done at once, and keeps no progress. */
status_t syscall_map(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = &thread->progress;
	struct handle_entry *memory = NULL;
	unsigned budget = STEP_BUDGET;
	struct map_args map_args;
	struct aspace *aspace;
	status_t status = find_aspace(thread, args[0], RIGHT_MAP, &aspace);

	if (status == OK)
		status = copy_from_user(&map_args, args[1], sizeof(map_args));
	if (status == OK && map_args.memory.value)
		status = find(thread, map_args.memory.value, OBJECT_MEMORY, RIGHT_MAP, &memory);
	if (progress->call)
		syscall_progress(thread, SYS_map);
	if (status == OK)
		status = aspace_map(aspace, &map_args, memory, progress, &budget, result);
	if (status == STATUS_MORE)
		progress->call = SYS_map;
	return status;
}

status_t syscall_unmap(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	unsigned budget = STEP_BUDGET;
	struct aspace *aspace;
	status_t status = find_aspace(thread, args[0], RIGHT_MAP, &aspace);

	(void)result;
	return status == OK ? aspace_unmap(aspace, args[1], args[2], &budget) : status;
}

status_t syscall_protect(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_protect);
	unsigned budget = STEP_BUDGET;
	struct aspace *aspace;
	status_t status = find_aspace(thread, args[0], RIGHT_MAP, &aspace);

	(void)result;
	if (status == OK && args[3] & ~(uint64_t)MAP_PROT)
		status = E_INVAL;
	return status == OK ? aspace_protect(aspace, args[1], args[2], (uint32_t)args[3], progress,
	                                     &budget)
	                    : status;
}

status_t syscall_query(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_query);
	unsigned budget = STEP_BUDGET;
	struct map_info info;
	struct aspace *aspace;
	status_t status = find_aspace(thread, args[0], RIGHT_READ, &aspace);

	if (status == OK)
		status = aspace_query(aspace, args[1], progress, &budget, &info);
	if (status != OK)
		return status;
	*result = info.address;
	return copy_to_user(args[2], &info, sizeof(info));
}

status_t syscall_discard(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_discard);
	unsigned budget = STEP_BUDGET;
	struct aspace *aspace;
	status_t status = find_aspace(thread, args[0], RIGHT_MAP, &aspace);

	(void)result;
	return status == OK ? aspace_discard(aspace, args[1], args[2], progress, &budget) : status;
}

status_t syscall_remap(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_remap);
	unsigned budget = STEP_BUDGET;
	struct remap_args remap_args;
	struct aspace *aspace;
	status_t status = find_aspace(thread, args[0], RIGHT_MAP, &aspace);

	if (status == OK)
		status = copy_from_user(&remap_args, args[1], sizeof(remap_args));
	return status == OK ? aspace_remap(aspace, &remap_args, progress, &budget, result) : status;
}

status_t syscall_space_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct domain *domain;
	struct space *space;
	status_t status = find_domain(thread, args[0], &domain);

	if (status == OK && args[1] & ~(uint64_t)SPACE_SHARED_ROOT)
		status = E_INVAL;
	if (status == OK)
		status = space_create(domain, (uint32_t)args[1], &space);
	return status == OK ? give(thread, &space->obj, result) : status;
}

status_t syscall_space_clone(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_space_clone);
	unsigned budget = STEP_BUDGET;
	struct handle_entry *from;
	struct domain *domain;
	status_t status = find(thread, args[0], OBJECT_SPACE, RIGHT_READ, &from);

	if (status == OK)
		status = find_domain(thread, args[1], &domain);
	if (status == OK)
		status = space_clone(OBJECT_OF(from, space), domain, progress, &budget);
	return status == OK ? give_made(thread, progress, result) : status;
}

status_t syscall_space_bind(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	status_t status;

	(void)result;
	if (!args[0])
		return thread_bind_space(thread, NULL);
	status = find(thread, args[0], OBJECT_SPACE, RIGHT_MANAGE, &entry);
	if (status == OK && !thread->arch.state)
		status = E_INVAL;
	return status == OK ? thread_bind_space(thread, OBJECT_OF(entry, space)) : status;
}

status_t syscall_space_copy(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_space_copy);
	unsigned budget = STEP_BUDGET;
	struct handle_entry *entry;
	uint32_t rights = args[4] ? RIGHT_WRITE : RIGHT_READ;
	status_t status = find(thread, args[0], OBJECT_SPACE, rights, &entry);

	if (status == OK)
		status = space_copy(OBJECT_OF(entry, space), args[1], args[2], args[3], args[4],
		                    &progress->at, &budget);
	*result = progress->at;
	return status;
}

status_t syscall_space_settle(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct word_call call;
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_SPACE, RIGHT_MANAGE, &entry);

	(void)result;
	if (status == OK)
		status = copy_from_user(&call, args[1], sizeof(call));
	if (status == OK)
		OBJECT_OF(entry, space)->word_call = call;
	return status;
}
