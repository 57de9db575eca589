/* What the object tree's system calls share (obj_call.c, obj_watch.c). */
#pragma once
#include <stdint.h>
#include <object-tree/object.h>

#define OBJECT_PATH_BYTES 1024

struct task;

struct object_place {
	handle_t root; /* the container's; stays the monitor's */
	char path[OBJECT_PATH_BYTES];
};

/* 0, -EPERM without a namespace, -EFAULT, -ENAMETOOLONG. */
int64_t object_place_get(struct task *task, uint64_t u_path, struct object_place *place);
