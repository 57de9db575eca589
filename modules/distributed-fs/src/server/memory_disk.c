/*
 * The stand-in for a disk: one anonymous memory object. It is copied to and from by system calls and not
 * mapped, because running out of memory is then an error and not a fault.
 */
#include "memory_disk.h"

#include <libanon/start.h>
#include <libanon/syscall.h>

#define PAGES_TO_LEAVE 512u

static handle_t memory;

static status_t do_read(void *context, uint64_t block, uint32_t count, void *buffer)
{
	(void)context;
	return sys_memory_read(memory, block * STORE_BLOCK_BYTES, buffer,
	                       (uint64_t)count * STORE_BLOCK_BYTES);
}

static status_t do_write(void *context, uint64_t block, uint32_t count, const void *buffer)
{
	(void)context;
	return sys_memory_write(memory, block * STORE_BLOCK_BYTES, buffer,
	                        (uint64_t)count * STORE_BLOCK_BYTES);
}

static status_t do_flush(void *context)
{
	(void)context;
	return OK;
}

status_t memory_disk_begin(struct store_ops *ops, uint64_t blocks)
{
	ops->blocks = blocks;
	ops->read = do_read;
	ops->write = do_write;
	ops->flush = do_flush;
	return sys_memory_create(HANDLE_NONE, blocks * STORE_BLOCK_BYTES, 0, &memory);
}

bool memory_disk_has_room(uint64_t pages)
{
	struct domain_info domain;
	struct system_info system;

	if (sys_domain_info(own_domain(), &domain) != OK || sys_system_info(&system) != OK)
		return false;
	return domain.pages_used + pages + PAGES_TO_LEAVE <= domain.limits.pages &&
	       pages + PAGES_TO_LEAVE <= system.pages_free;
}
