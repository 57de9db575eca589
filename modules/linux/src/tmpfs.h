/* File systems in memory: tmpfs, and the directories that other resident file systems are made of. */
#pragma once
#include "vfs.h"

/* A new, empty one; both are references. type is what /proc/mounts calls it. */
int64_t tmpfs_create(const char *type, int64_t magic, uint32_t mode, struct super **out_super,
                     struct dentry **out_root);
/* For mount(2). */
int64_t tmpfs_mount(struct task *task, const char *options, struct super **out_super,
                    struct dentry **out_root);
/* Content that the monitor puts in at start: makes name in dir (a reference in *out unless that is null). */
int64_t tmpfs_make(struct dentry *dir, const char *name, uint32_t mode, uint64_t rdev,
                   const char *target, struct dentry **out);
/* A file that has no name in any directory: a reference, or null. */
struct dentry *tmpfs_make_nameless(const char *name, const struct new_inode *new);
