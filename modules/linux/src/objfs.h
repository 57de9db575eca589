/* The object tree as directories: /obj. */
#pragma once
#include "vfs.h"

int64_t objfs_create(struct super **out_super, struct dentry **out_root);
/* Only what is bound below path: to be united with the store's directory of that name. */
int64_t objfs_create_names(const char *path, struct super **out_super, struct dentry **out_root);
