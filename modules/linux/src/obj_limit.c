/*
 * A task's view of the object tree by system call (<linux/object_calls.h>): obj_limit gives up rights, obj_limits and
 * obj_rights tell which are left. Threads have views of their own, as they have credentials; fork and exec keep them.
 */
#include "guest.h"
#include "obj_call.h"
#include "object_access.h"
#include "object_view.h"
#include "syscall.h"
#include <base/bits.h>
#include <libanon/heap.h>
#include <linux/object_calls.h>

SYSCALL2(obj_limit, uint64_t, u_rules, uint64_t, len)
{
	uint8_t rules[OBJECT_CALL_ARGS_MAX];
	struct object_view *view;

	if (len > sizeof(rules))
		return -E2BIG;
	if (copy_from_guest(task, rules, u_rules, len) != 0)
		return -EFAULT;
	status_t status = object_view_create(task->object_view, rules, len, &view);

	if (status == E_LIMIT)
		return -E2BIG;
	if (status != OK)
		return errno_from_status(status);
	object_view_put(task->object_view);
	task->object_view = view;
	return 0;
}

/* The view never changes, so its length can be found first. */
SYSCALL2(obj_limits, uint64_t, u_value, uint64_t, max)
{
	struct cbor_writer writer;
	uint32_t room = MIN(max, (uint64_t)OBJECT_LIMITS_MAX);
	uint8_t *value = heap_alloc(MAX(room, 1u));

	if (!value)
		return -ENOMEM;
	cbor_writer_init(&writer, value, room);
	object_view_write(task->object_view, &writer);
	int64_t result = writer.status == OK ? copy_to_guest(task, u_value, value, writer.len)
	                                     : -ERANGE;

	if (result == 0)
		result = (int64_t)writer.len;
	heap_free(value);
	return result;
}

SYSCALL1(obj_rights, uint64_t, u_path)
{
	struct object_place place;
	int64_t result = object_place_get(task, u_path, &place);

	if (result != 0)
		return result;
	status_t status = object_access_see(task, place.path);

	return status == OK ? object_access_rights(task, place.path) : errno_from_status(status);
}
