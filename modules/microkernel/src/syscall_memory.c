/*
 * System calls on memory objects.
 */
#include <base/bits.h>
#include "domain.h"
#include "endpoint.h"
#include "memory.h"
#include "page.h"
#include "syscall.h"

#define RANGES_STEP 64u

static status_t check_bytes(uint64_t bytes)
{
	return bytes == 0 || bytes > MEMORY_BYTES_MAX ? E_INVAL : OK;
}

static status_t find_memory(struct thread *thread, uint64_t handle, uint32_t rights,
                            struct memory **out)
{
	struct handle_entry *entry;
	status_t status = find(thread, handle, OBJECT_MEMORY, rights, &entry);

	if (status == OK)
		*out = OBJECT_OF(entry, memory);
	return status;
}

status_t syscall_memory_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct domain *domain;
	struct memory *memory;
	status_t status = find_domain(thread, args[0], &domain);

	if (status == OK)
		status = check_bytes(args[1]);
	if (status != OK || args[2] & ~(uint64_t)MEMORY_FIXED)
		return status != OK ? status : E_INVAL;
	memory = memory_create(domain, align_up(args[1], PAGE_SIZE), (uint32_t)args[2]);
	return give(thread, memory ? &memory->obj : NULL, result);
}

static status_t find_physical(struct thread *thread, uint64_t handle, struct handle_entry **entry,
                              struct memory **out)
{
	status_t status = find(thread, handle, OBJECT_MEMORY, RIGHT_READ, entry);

	if (status != OK)
		return status;
	*out = OBJECT_OF(*entry, memory);
	return (*out)->kind == MEMORY_KIND_PHYSICAL ? OK : E_TYPE;
}

status_t syscall_memory_slice(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	uint64_t offset = args[1];
	uint64_t bytes = align_up(args[2], PAGE_SIZE);
	struct handle_entry *entry;
	struct memory *physical;
	struct memory *slice;
	status_t status = find_physical(thread, args[0], &entry, &physical);

	if (status != OK)
		return status;
	if (!is_aligned(offset, PAGE_SIZE) || bytes == 0 ||
	    args[3] & ~(uint64_t)(MEMORY_UNCACHED | MEMORY_WRITECOMBINE))
		return E_INVAL;
	if (offset > physical->bytes || bytes > physical->bytes - offset)
		return E_RANGE;
	slice = memory_create_physical(thread->process->obj.domain,
	                               PADDR(physical->base.value + offset), bytes,
	                               (uint32_t)args[3]);
	return give_part(thread, slice ? &slice->obj : NULL, entry->node.rights, result);
}

status_t syscall_memory_create_dma(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	struct memory *physical;
	struct memory *memory;
	struct domain *domain;
	status_t status = find_physical(thread, args[0], &entry, &physical);

	if (status == OK)
		status = find_domain(thread, args[1], &domain);
	if (status == OK)
		status = check_bytes(args[2]);
	if (status != OK)
		return status;
	memory = memory_create_dma(domain, align_up(args[2], PAGE_SIZE));
	return give(thread, memory ? &memory->obj : NULL, result);
}

status_t syscall_memory_physical(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory *memory;
	status_t status = find_memory(thread, args[0], RIGHT_PHYSICAL, &memory);

	if (status != OK)
		return status;
	if (memory->kind != MEMORY_KIND_DMA && memory->kind != MEMORY_KIND_PHYSICAL)
		return E_TYPE;
	if (args[1] >= memory->bytes)
		return E_RANGE;
	*result = memory->base.value + args[1];
	return OK;
}

status_t syscall_memory_copy(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_memory_copy);
	unsigned budget = STEP_BUDGET;
	struct memory *from;
	struct domain *domain;
	status_t status = find_memory(thread, args[0], RIGHT_READ, &from);

	if (status == OK)
		status = find_domain(thread, args[1], &domain);
	if (status == OK)
		status = check_bytes(args[3]);
	if (status == OK && !is_aligned(args[2] | args[3], PAGE_SIZE))
		status = E_INVAL;
	if (status == OK && (args[2] > from->bytes || args[3] > from->bytes - args[2]))
		status = E_RANGE;
	if (status == OK)
		status = memory_create_copy(from, domain, args[2], args[3], progress, &budget);
	return status == OK ? give_made(thread, progress, result) : status;
}

status_t syscall_memory_create_paged(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *endpoint;
	struct memory *memory;
	struct domain *domain;
	status_t status = find(thread, args[0], OBJECT_ENDPOINT, RIGHT_CALL, &endpoint);

	if (status == OK)
		status = find_domain(thread, args[1], &domain);
	if (status == OK && args[2] > MEMORY_BYTES_MAX)
		status = E_INVAL;
	if (status != OK)
		return status;
	memory = memory_create_paged(domain, align_up(args[2], PAGE_SIZE),
	                             OBJECT_OF(endpoint, endpoint), endpoint->badge);
	return give(thread, memory ? &memory->obj : NULL, result);
}

status_t syscall_memory_supply(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_memory_supply);
	unsigned budget = STEP_BUDGET;
	struct memory *paged;
	struct memory *source;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	(void)result;
	if (status == OK)
		status = find_memory(thread, args[2], RIGHT_WRITE, &source);
	if (status != OK)
		return status;
	return memory_supply(paged, args[1], source, args[3], args[4], &progress->at, &budget);
}

status_t syscall_memory_dirty(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory_range ranges[RANGES_STEP];
	struct memory *paged;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	if (status == OK && paged->kind != MEMORY_KIND_PAGED)
		status = E_TYPE;
	if (status != OK)
		return status;
	*result = memory_list_dirty(paged, args[1], ranges, MIN(args[3], RANGES_STEP));
	return copy_to_user(args[2], ranges, *result * sizeof(ranges[0]));
}

status_t syscall_memory_clean(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	unsigned budget = STEP_BUDGET;
	struct memory *paged;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	(void)result;
	if (status != OK)
		return status;
	return memory_clean(paged, args[1], args[2], syscall_progress(thread, SYS_memory_clean),
	                    &budget);
}

status_t syscall_memory_permit(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	unsigned budget = STEP_BUDGET;
	struct memory *paged;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	(void)result;
	if (status != OK)
		return status;
	return memory_permit(paged, args[1], args[2], syscall_progress(thread, SYS_memory_permit),
	                     &budget);
}

status_t syscall_memory_evict(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_memory_evict);
	unsigned budget = STEP_BUDGET;
	struct memory *paged;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	if (status == OK)
		status = memory_evict(paged, args[1], args[2], progress, &budget);
	*result = progress->count;
	return status;
}

/* Pager-backed memory is the pager's to resize: its size is the file's. */
status_t syscall_memory_resize(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	unsigned budget = STEP_BUDGET;
	struct handle_entry *entry;
	struct memory *memory;
	status_t status = find(thread, args[0], OBJECT_MEMORY, RIGHT_WRITE, &entry);

	(void)result;
	if (status != OK)
		return status;
	memory = OBJECT_OF(entry, memory);
	if (memory->kind == MEMORY_KIND_PAGED && !(entry->node.rights & RIGHT_PAGER))
		return E_ACCESS;
	return memory_resize(memory, args[1], &budget);
}

status_t syscall_memory_populate(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress *progress = syscall_progress(thread, SYS_memory_populate);
	unsigned budget = STEP_BUDGET;
	struct memory *memory;
	status_t status = find_memory(thread, args[0], RIGHT_WRITE, &memory);

	(void)result;
	return status == OK ? memory_populate(memory, args[1], args[2], &progress->at, &budget)
	                    : status;
}

static status_t transfer(struct thread *thread, const uint64_t *args, struct progress *progress,
                         bool is_write)
{
	unsigned budget = STEP_BUDGET;
	struct memory *memory;
	status_t status = find_memory(thread, args[0], is_write ? RIGHT_WRITE : RIGHT_READ,
	                              &memory);

	if (status != OK)
		return status;
	return memory_transfer(memory, args[1], args[2], args[3], is_write, &progress->at, &budget);
}

status_t syscall_memory_read(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)result;
	return transfer(thread, args, syscall_progress(thread, SYS_memory_read), false);
}

status_t syscall_memory_write(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)result;
	return transfer(thread, args, syscall_progress(thread, SYS_memory_write), true);
}

status_t syscall_memory_info(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory_info info;
	struct memory *memory;
	status_t status = find_memory(thread, args[0], RIGHT_READ, &memory);

	(void)result;
	if (status != OK)
		return status;
	memory_get_info(memory, &info);
	return copy_to_user(args[1], &info, sizeof(info));
}
