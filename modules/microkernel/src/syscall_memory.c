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

static status_t find_memory(struct thread *thread, uint64_t handle, uint32_t rights, struct memory **out)
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

static status_t find_physical(struct thread *thread, uint64_t handle, struct memory **out)
{
	status_t status = find_memory(thread, handle, RIGHT_READ, out);

	return status == OK && (*out)->kind != MEMORY_KIND_PHYSICAL ? E_TYPE : status;
}

status_t syscall_memory_slice(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	uint64_t offset = args[1];
	uint64_t bytes = align_up(args[2], PAGE_SIZE);
	struct memory *physical;
	struct memory *slice;
	status_t status = find_physical(thread, args[0], &physical);

	if (status != OK)
		return status;
	if (!is_aligned(offset, PAGE_SIZE) || bytes == 0 || args[3] & ~(uint64_t)(MEMORY_UNCACHED | MEMORY_WRITECOMBINE))
		return E_INVAL;
	if (offset > physical->bytes || bytes > physical->bytes - offset)
		return E_RANGE;
	slice = memory_create_physical(thread->process->obj.domain, PADDR(physical->base.value + offset), bytes,
				       (uint32_t)args[3]);
	return give(thread, slice ? &slice->obj : NULL, result);
}

status_t syscall_memory_create_dma(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory *physical;
	struct memory *memory;
	struct domain *domain;
	status_t status = find_physical(thread, args[0], &physical);

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
	struct memory *from;
	struct memory *copy;
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
		status = memory_create_copy(from, domain, args[2], args[3], &copy);
	return status == OK ? give(thread, &copy->obj, result) : status;
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
	memory = memory_create_paged(domain, align_up(args[2], PAGE_SIZE), OBJECT_OF(endpoint, endpoint), endpoint->badge);
	return give(thread, memory ? &memory->obj : NULL, result);
}

status_t syscall_memory_supply(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory *paged;
	struct memory *source;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	(void)result;
	if (status == OK)
		status = find_memory(thread, args[2], RIGHT_WRITE, &source);
	return status == OK ? memory_supply(paged, args[1], source, args[3], args[4]) : status;
}

status_t syscall_memory_dirty(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory_range ranges[RANGES_STEP];
	struct memory *paged;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	if (status != OK)
		return status;
	*result = memory_list_dirty(paged, args[1], ranges, MIN(args[3], RANGES_STEP));
	return copy_to_user(args[2], ranges, *result * sizeof(ranges[0]));
}

status_t syscall_memory_clean(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory *paged;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	(void)result;
	return status == OK ? memory_clean(paged, args[1], args[2]) : status;
}

status_t syscall_memory_permit(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory *paged;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	(void)result;
	return status == OK ? memory_permit(paged, args[1], args[2]) : status;
}

status_t syscall_memory_evict(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory *paged;
	status_t status = find_memory(thread, args[0], RIGHT_PAGER, &paged);

	return status == OK ? memory_evict(paged, args[1], args[2], result) : status;
}

/* Pager-backed memory is the pager's to resize: its size is the file's. */
status_t syscall_memory_resize(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	struct memory *memory;
	status_t status = find(thread, args[0], OBJECT_MEMORY, RIGHT_WRITE, &entry);

	(void)result;
	if (status != OK)
		return status;
	memory = OBJECT_OF(entry, memory);
	if (memory->kind == MEMORY_KIND_PAGED && !(entry->node.rights & RIGHT_PAGER))
		return E_ACCESS;
	return memory_resize(memory, args[1]);
}

status_t syscall_memory_read(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory *memory;
	status_t status = find_memory(thread, args[0], RIGHT_READ, &memory);

	(void)result;
	return status == OK ? memory_read(memory, args[1], args[2], args[3]) : status;
}

status_t syscall_memory_write(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct memory *memory;
	status_t status = find_memory(thread, args[0], RIGHT_WRITE, &memory);

	(void)result;
	return status == OK ? memory_write(memory, args[1], args[2], args[3]) : status;
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
