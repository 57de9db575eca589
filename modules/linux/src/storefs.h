/* The store as a Linux file system. */
#pragma once
#include "vfs.h"

/* Connects and makes the root: references; a negated errno when the container has no store. */
int64_t storefs_create(struct super **out_super, struct dentry **out_root);
