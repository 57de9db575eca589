/*
 * The object tree as the calling task may use it: object.h's operations, with the task's view (object_view.h) between.
 * What the view does not show is E_NOENT, what it shows and does not grant E_ACCESS. Where the task is null the
 * monitor asks for itself. None may be called with a lock held: each may wait for a service.
 */
#pragma once
#include <object-tree/object.h>

struct task;

uint32_t object_access_rights(struct task *task, const char *path);
/* Whether the name is there for the task, and whether it may read the object. */
status_t object_access_see(struct task *task, const char *path);
status_t object_access_read(struct task *task, const char *path);
status_t object_access_call(struct task *task, const char *path, const char *method,
                            const struct obj_arguments *arguments, struct obj_result *result);
/* Only names that lead to something. */
status_t object_access_list(struct task *task, const char *path, struct obj_names *names);
