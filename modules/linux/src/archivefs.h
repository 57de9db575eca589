/* The boot archive as a read-only file system. */
#pragma once
#include "vfs.h"

/* The directory `top` of the archive ("bin") becomes the root. References; -ENOENT when there is no archive. */
int64_t archivefs_create(const char *top, struct super **out_super, struct dentry **out_root);
