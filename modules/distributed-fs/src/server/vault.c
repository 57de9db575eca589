/*
 * The vault is a process without threads: its table holds the handles, their badges are the keys. Putting something
 * there is one system call, so a server that is killed has done it or not.
 */
#include "vault.h"

#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>

#define INDEX_MASK 0xffffull

static handle_t vault, domain;

void vault_begin(void)
{
	vault = start_handle("vault");
	domain = start_handle("vault.domain");
}

handle_t vault_domain(void)
{
	return domain;
}

status_t vault_put(handle_t handle, uint64_t key, uint64_t *out_number)
{
	handle_t there;
	status_t status;

	*out_number = 0;
	if (handle_is_none(vault))
		return OK;
	status = sys_handle_install(vault, handle, UINT32_MAX, key, &there);
	if (status == OK)
		*out_number = there.value;
	return status;
}

void vault_remove(uint64_t number)
{
	if (number != 0 && sys_handle_remove(vault, number) != OK)
		log_warn("the vault has no handle %lx", number);
}

/* The next handle from *at on as one of ours, with its key; E_NOENT at the end. */
static status_t next(uint64_t *at, uint64_t *number, handle_t *out, uint64_t *key)
{
	struct handle_info info;
	status_t status = sys_handle_next(vault, *at, number);

	if (status == OK)
		status = sys_handle_take(vault, *number, UINT32_MAX, out);
	if (status != OK)
		return status;
	*at = (*number & INDEX_MASK) + 1;
	status = sys_handle_info(*out, &info);
	*key = info.badge;
	return status;
}

handle_t vault_find(uint64_t key)
{
	uint64_t at = 0, number, found;
	handle_t handle;

	while (!handle_is_none(vault) && next(&at, &number, &handle, &found) == OK) {
		if (found == key)
			return handle;
		(void)sys_handle_close(handle);
	}
	return HANDLE_NONE;
}

void vault_each(void (*each)(handle_t handle, uint64_t key, uint64_t number))
{
	uint64_t at = 0, number, key;
	handle_t handle;

	while (!handle_is_none(vault) && next(&at, &number, &handle, &key) == OK)
		each(handle, key, number);
}

status_t vault_memory(uint64_t key, uint64_t bytes, handle_t *out, void **out_at)
{
	uint64_t number;
	status_t status = OK;

	*out = vault_find(key);
	if (handle_is_none(*out)) {
		status = sys_memory_create(domain, bytes, 0, out);
		if (status == OK)
			status = vault_put(*out, key, &number);
	}
	return status == OK ? memory_map(*out, 0, bytes, MAP_READ | MAP_WRITE, out_at) : status;
}
