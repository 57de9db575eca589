/*
 * Mapping into the own process. Mappings are asked for one behind the other after the first stack, so that
 * a small program's image, stack and heap share their page tables; the kernel chooses when a place is taken.
 */
#include <base/bits.h>
#include <libanon/heap.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include "memory_hint.h"
#include "startup.h"

static uint64_t next_address;

void memory_first(const struct start_page *page)
{
	next_address = align_up(page->stack_top, PAGE_SIZE) + PAGE_SIZE;
}

uint64_t memory_hint(uint64_t bytes)
{
	uint64_t address = __atomic_fetch_add(&next_address, bytes, __ATOMIC_RELAXED);

	return address >= NATIVE_BASE && address < NATIVE_END && bytes <= NATIVE_END - address
	               ? address
	               : 0;
}

static status_t map_pages(struct map_args *args, void **out)
{
	uint64_t address;
	status_t status;

	args->address = memory_hint(args->bytes);
	status = sys_map(own_process(), args, &address);
	if (status == OK)
		*out = (void *)address;
	return status;
}

status_t memory_map(handle_t memory, uint64_t offset, uint64_t bytes, uint32_t flags, void **out)
{
	struct map_args args = {.memory = memory, .flags = flags, .offset = offset};

	if (bytes == 0 || bytes > NATIVE_END - NATIVE_BASE)
		return E_INVAL;
	args.bytes = align_up(bytes, PAGE_SIZE);
	return map_pages(&args, out);
}

status_t memory_unmap(void *address, uint64_t bytes)
{
	return sys_unmap(own_process(), (uint64_t)address, align_up(bytes, PAGE_SIZE));
}

status_t memory_new(uint64_t bytes, handle_t *out_memory, void **out)
{
	handle_t memory;
	status_t status = sys_memory_create(HANDLE_NONE, align_up(bytes, PAGE_SIZE), 0, &memory);

	if (status != OK)
		return status;
	status = memory_map(memory, 0, bytes, MAP_READ | MAP_WRITE, out);
	if (status == OK)
		*out_memory = memory;
	else
		(void)sys_handle_close(memory);
	return status;
}

/* What the domain's own limit still allows; a limit above it may be narrower, and then a touch faults. */
static bool has_room(uint64_t pages)
{
	struct domain_info info;

	if (sys_domain_info(own_domain(), &info) != OK)
		return true;
	return info.pages_used <= info.limits.pages && pages <= info.limits.pages - info.pages_used;
}

void *pages_alloc(size_t bytes)
{
	void *pages;

	if (bytes == 0 || bytes > NATIVE_END - NATIVE_BASE ||
	    !has_room(align_up(bytes, PAGE_SIZE) / PAGE_SIZE))
		return NULL;
	return memory_map(HANDLE_NONE, 0, bytes, MAP_READ | MAP_WRITE | MAP_PRIVATE, &pages) == OK
	               ? pages
	               : NULL;
}

void pages_free(void *pages, size_t bytes)
{
	(void)memory_unmap(pages, bytes);
}
