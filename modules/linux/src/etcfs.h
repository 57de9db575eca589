/* What programs expect in /etc, made from /cfg. Lies below the store's own /etc. */
#pragma once
#include "vfs.h"

int64_t etcfs_create(struct super **out_super, struct dentry **out_root);
