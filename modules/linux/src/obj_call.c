/*
 * The object tree by system call (<linux/object_calls.h>): what objfs.c offers as files, without the files and with
 * values as CBOR. Paths begin at the container's root directory, whatever the caller's own is; they name objects,
 * not files. Everything may wait for a service: no lock is held.
 */
#include "guest.h"
#include "obj_call.h"
#include "object_access.h"
#include "syscall.h"
#include <base/bits.h>
#include <libanon/heap.h>
#include <libanon/start.h>
#include <linux/object_calls.h>

#define METHOD_BYTES 64

int64_t object_place_get(struct task *task, uint64_t u_path, struct object_place *place)
{
	place->root = start_handle("root");
	if (handle_is_none(place->root))
		return -EPERM;
	int64_t len = strncpy_from_guest(task, place->path, u_path, sizeof(place->path));
	return len < 0 ? len : 0;
}

/* What a call wrote into its own buffer goes to the caller. */
static int64_t give(struct task *task, status_t status, const void *value, uint32_t len,
                    uint64_t u_to)
{
	if (status != OK)
		return errno_from_status(status);
	int64_t result = copy_to_guest(task, u_to, value, len);
	return result == 0 ? len : result;
}

/* A buffer for as much as the caller has room for. */
static uint8_t *value_room(uint64_t *max)
{
	*max = MIN(*max, (uint64_t)OBJECT_CALL_VALUE_MAX);
	return heap_alloc(MAX(*max, 1ul));
}

static int64_t call(struct task *task, const char *method, uint64_t u_args, uint32_t args_len,
                    const struct object_place *place, struct obj_result *result)
{
	uint8_t args[OBJECT_CALL_ARGS_MAX];
	const struct obj_arguments arguments = {.args = args, .args_len = args_len};
	if (copy_from_guest(task, args, u_args, args_len) != 0)
		return -EFAULT;
	if (args_len > 0 && cbor_check(args, args_len) != OK)
		return -EINVAL;
	status_t status = object_access_call(task, place->path, method, &arguments, result);
	if (status == OK && !handle_is_none(result->cap))
		(void)sys_handle_close(result->cap); /* nothing a Linux program could hold */
	return errno_from_status(status);
}

SYSCALL6(obj_call, uint64_t, u_path, uint64_t, u_method, uint64_t, u_args, uint64_t, args_len,
         uint64_t, u_result, uint64_t, max)
{
	struct object_place place;
	char method[METHOD_BYTES];
	int64_t error = object_place_get(task, u_path, &place);
	if (error == 0)
		error = MIN(strncpy_from_guest(task, method, u_method, sizeof(method)), 0l);
	if (error == 0 && args_len > OBJECT_CALL_ARGS_MAX)
		error = -E2BIG;
	if (error != 0)
		return error;
	struct obj_result result = {.at = value_room(&max)};
	if (!result.at)
		return -ENOMEM;
	result.max = (uint32_t)max;
	error = call(task, method, u_args, (uint32_t)args_len, &place, &result);
	if (error == 0)
		error = give(task, OK, result.at, result.len, u_result);
	heap_free(result.at);
	return error;
}

SYSCALL3(obj_list, uint64_t, u_path, uint64_t, u_entries, uint64_t, max)
{
	struct object_place place;
	int64_t result = object_place_get(task, u_path, &place);
	struct obj_names names = {.at = result == 0 ? value_room(&max) : NULL,
	                          .max = (uint32_t)max};
	if (!names.at)
		return result == 0 ? -ENOMEM : result;
	status_t status = object_access_list(task, place.path, &names);
	result = give(task, status, names.at, names.len, u_entries);
	heap_free(names.at);
	return result;
}

SYSCALL3(obj_describe, uint64_t, u_path, uint64_t, u_value, uint64_t, max)
{
	struct object_place place;
	uint32_t len = 0;
	int64_t result = object_place_get(task, u_path, &place);
	uint8_t *value = result == 0 ? value_room(&max) : NULL;
	if (!value)
		return result == 0 ? -ENOMEM : result;
	status_t status = object_access_read(task, place.path);
	if (status == OK)
		status = obj_describe(place.root, place.path, value, (uint32_t)max, &len);
	result = give(task, status, value, len, u_value);
	heap_free(value);
	return result;
}

SYSCALL4(obj_get, uint64_t, u_path, uint64_t, u_property, uint64_t, u_value, uint64_t, max)
{
	struct object_place place;
	char property[METHOD_BYTES];
	uint32_t len = 0;
	int64_t result = object_place_get(task, u_path, &place);
	if (result == 0)
		result = MIN(strncpy_from_guest(task, property, u_property, sizeof(property)), 0l);
	uint8_t *value = result == 0 ? value_room(&max) : NULL;
	if (!value)
		return result == 0 ? -ENOMEM : result;
	status_t status = object_access_read(task, place.path);
	if (status == OK)
		status = obj_get(place.root, place.path, property, value, (uint32_t)max, &len);
	result = give(task, status, value, len, u_value);
	heap_free(value);
	return result;
}
