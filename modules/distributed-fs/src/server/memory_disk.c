/*
 * The stand-in for a disk: one anonymous memory object, which outlives the server. It is copied to and from by system calls and not
 * mapped, because running out of memory is then an error and not a fault.
 */
#include "memory_disk.h"
#include "vault.h"

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
	struct memory_info info;
	uint64_t number;
	status_t status;

	ops->blocks = blocks;
	ops->read = do_read;
	ops->write = do_write;
	ops->flush = do_flush;
	memory = vault_find(VAULT_KEY(VAULT_DISK, 0));
	if (!handle_is_none(memory) && sys_memory_info(memory, &info) == OK) {
		ops->blocks = info.bytes / STORE_BLOCK_BYTES;
		return OK;
	}
	status = sys_memory_create(vault_domain(), blocks * STORE_BLOCK_BYTES, 0, &memory);
	return status == OK ? vault_put(memory, VAULT_KEY(VAULT_DISK, 0), &number) : status;
}

bool memory_disk_is_found(void)
{
	handle_t found = vault_find(VAULT_KEY(VAULT_DISK, 0));

	if (handle_is_none(found))
		return false;
	(void)sys_handle_close(found);
	return true;
}

bool memory_disk_has_room(uint64_t pages)
{
	struct domain_info domain;
	handle_t payer = vault_domain();

	if (handle_is_none(payer))
		payer = own_domain();
	return sys_domain_info(payer, &domain) == OK &&
	       pages + PAGES_TO_LEAVE <= domain.pages_available;
}
