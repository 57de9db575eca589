/* Character devices by number, and devfs, the file system that names them. */
#pragma once
#include "file.h"

/* Sets the operations of a file whose inode is a device; -ENXIO when there is no such device. */
int64_t device_open(struct task *task, struct file *file);
extern const struct file_ops kmsg_ops;
/* A new tree of the devices: references. */
int64_t devfs_create(struct super **out_super, struct dentry **out_root);
