/*
 * /sys: the few directories that programs look for, empty. The object tree's own /sys lies above it.
 */
#include "fs_abi.h"
#include "procfs.h"

#define FOLDER(n, c) \
	{ \
		.name = (n), .mode = S_IFDIR | 0555, .children = (c) \
	}

static const struct synth_entry empty[] = {{0}};
static const struct synth_entry fs_entries[] = {FOLDER("cgroup", empty), {0}};
static const struct synth_entry class_entries[] = {
	FOLDER("block", empty), FOLDER("net", empty), FOLDER("tty", empty), {0}};
static const struct synth_entry root_entries[] = {
	FOLDER("block", empty),
	FOLDER("bus", empty),
	FOLDER("class", class_entries),
	FOLDER("devices", empty),
	FOLDER("fs", fs_entries),
	FOLDER("module", empty),
	{0},
};
static const struct synth_entry root = FOLDER("/", root_entries);

int64_t sysfs_create(struct super **out_super, struct dentry **out_root)
{
	return synthfs_create("sysfs", SYSFS_MAGIC, &root, out_super, out_root);
}
