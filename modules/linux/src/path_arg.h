/* Paths that come from a guest: copied, then walked. */
#pragma once
#include "guest.h"
#include "vfs.h"

/* Copies a path argument: 0, -EFAULT, -ENAMETOOLONG, and -ENOENT for "" unless that is allowed. */
static inline int64_t copy_path_arg(struct task *task, uint64_t u_path, bool may_be_empty,
                                    char buffer[PATH_MAX])
{
	int64_t len = strncpy_from_guest(task, buffer, u_path, PATH_MAX);
	if (len < 0)
		return len;
	return len == 0 && !may_be_empty ? -ENOENT : 0;
}

static inline int64_t path_from_guest(struct task *task, int32_t dir_fd, uint64_t u_path,
                                      uint32_t flags, struct path *out_path)
{
	char name[PATH_MAX];
	int64_t result = copy_path_arg(task, u_path, flags & LOOKUP_EMPTY, name);
	return result == 0 ? path_lookup(task, dir_fd, name, flags, out_path) : result;
}

/* The walk keeps pointing into `name` until walk_end. */
static inline int64_t walk_from_guest(struct walk *walk, struct task *task, int32_t dir_fd,
                                      uint64_t u_path, char name[PATH_MAX])
{
	walk_init(walk, task);
	int64_t result = copy_path_arg(task, u_path, false, name);
	return result == 0 ? walk_begin(walk, task, dir_fd, name) : result;
}
