/* Making a name where a walk ended (open.c). */
#pragma once
#include "vfs.h"

/* mode with its type, before the umask. A reference in *out unless that is null. */
int64_t make_in_walk(struct walk *walk, uint32_t mode, uint64_t rdev, const char *target,
                     struct dentry **out);
