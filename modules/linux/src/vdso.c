/*
 * The vdso's image (vdso/clock.c) and its place in each program: right above the clock page, which it finds by its
 * distance. Programs may write to their copy of the image, as a debugger does, but never to the clock page; and
 * they may unmap both. A fork has them by the rules for all mappings.
 */
#include "vdso.h"
#include <libanon/log.h>
#include <libanon/memory.h>
#include "clock_page.h"
#include "mm.h"

extern const uint8_t _binary_linux_vdso_so_start[] __attribute__((visibility("hidden")));
extern const uint8_t _binary_linux_vdso_so_end[] __attribute__((visibility("hidden")));

#define IMAGE_BYTES ((uint64_t)(_binary_linux_vdso_so_end - _binary_linux_vdso_so_start))

static handle_t image; /* [I] after start */

void vdso_start(void)
{
	handle_t memory;
	status_t status = sys_memory_create(HANDLE_NONE, PAGE_SIZE, MEMORY_FIXED, &memory);

	if (status == OK)
		status = sys_memory_write(memory, 0, _binary_linux_vdso_so_start, IMAGE_BYTES);
	if (status == OK)
		status = sys_handle_derive(memory, RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP, 0,
		                           &image);
	if (status != OK)
		log_warn("no vdso: %s", status_name(status));
}

static status_t map_at(struct mm *mm, handle_t memory, uint64_t address, uint32_t flags,
                       enum mapping_kind kind)
{
	struct map_args args = {
		.memory = memory,
		.flags = flags | MAP_FIXED | MAP_NOREPLACE,
		.address = address,
		.bytes = PAGE_SIZE,
		.cookie = MAPPING_COOKIE(kind, 0),
	};

	return sys_map(mm->space, &args, &address);
}

/* A program that has something of its own there goes without. */
uint64_t vdso_map(struct mm *mm)
{
	if (handle_is_none(image) || handle_is_none(clock_page_memory()) ||
	    map_at(mm, clock_page_memory(), MM_VVAR, MAP_READ, MAPPING_VVAR) != OK)
		return 0;
	if (map_at(mm, image, MM_VDSO, MAP_READ | MAP_EXECUTE | MAP_PRIVATE, MAPPING_VDSO) == OK)
		return MM_VDSO;
	(void)sys_unmap(mm->space, MM_VVAR, PAGE_SIZE);
	return 0;
}
