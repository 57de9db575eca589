/* The object tree as directories: /obj. */
#pragma once
#include "vfs.h"

int64_t objfs_create(struct super **out_super, struct dentry **out_root);
