/*
 * The way from a task to the container's object tree (object_access.h), for system calls (obj_call.c), files (objfs.c)
 * and what else the monitor asks services for in a task's name. A task without a view pays nothing: its calls go straight
 * on. For others a method's right is looked up in the description of the very object that is then called.
 */
#include "object_access.h"
#include "object_view.h"
#include "task.h"
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/start.h>
#include <object-tree/object_serve.h>

#define DESCRIPTION_MAX 16384u
#define PATH_BYTES 1280 /* a path and a name in it */

static const struct object_view *view_of(const struct task *task)
{
	return task ? task->object_view : NULL;
}

uint32_t object_access_rights(struct task *task, const char *path)
{
	return object_view_rights(view_of(task), path);
}

status_t object_access_see(struct task *task, const char *path)
{
	return object_view_shows(view_of(task), path) ? OK : E_NOENT;
}

status_t object_access_read(struct task *task, const char *path)
{
	status_t status = object_access_see(task, path);

	if (status != OK)
		return status;
	return object_access_rights(task, path) & OBJECT_MAY_READ ? OK : E_ACCESS;
}

static status_t call_limited(const char *path, const char *method, uint32_t rights,
                             const struct obj_arguments *arguments, struct obj_result *result)
{
	struct obj_limit limit = {rights, heap_alloc(DESCRIPTION_MAX), DESCRIPTION_MAX};

	if (!limit.room)
		return E_NOMEM;
	status_t status = obj_call_limited(start_handle("root"), path, method, &limit, arguments,
	                                   result);

	heap_free(limit.room);
	return status;
}

status_t object_access_call(struct task *task, const char *path, const char *method,
                            const struct obj_arguments *arguments, struct obj_result *result)
{
	uint32_t rights = object_access_rights(task, path);
	status_t status = object_access_see(task, path);

	if (status != OK)
		return status;
	if (rights == 0)
		return E_ACCESS;
	if (rights == OBJECT_MAY_ALL)
		return obj_call(start_handle("root"), path, method, arguments, result);
	return call_limited(path, method, rights, arguments, result);
}

static bool shows_entry(struct task *task, const char *path, const char *name, uint32_t len)
{
	char full[PATH_BYTES];
	size_t path_len = strlen(path);

	if (path_len + 1 + len >= sizeof(full))
		return false;
	memcpy(full, path, path_len);
	full[path_len] = '/';
	memcpy(full + path_len + 1, name, len);
	full[path_len + 1 + len] = 0;
	return object_view_shows(view_of(task), full);
}

/* Entries move down over those that are not shown. */
static void keep_shown(struct task *task, const char *path, struct obj_names *names)
{
	uint32_t at = 0, start = 0, kept = 0, len;
	uint8_t kind;
	const char *name;

	for (; obj_names_next(names, &at, &kind, &name, &len); start = at) {
		if (!shows_entry(task, path, name, len))
			continue;
		memmove(names->at + kept, names->at + start, at - start);
		kept += at - start;
	}
	names->len = kept;
}

status_t object_access_list(struct task *task, const char *path, struct obj_names *names)
{
	status_t status = object_access_see(task, path);

	if (status == OK)
		status = obj_list(start_handle("root"), path, names);
	if (status == OK && view_of(task))
		keep_shown(task, path, names);
	return status;
}
