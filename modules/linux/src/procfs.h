/*
 * procfs and its kind: trees of made-up text files (synthfs.c) with the tables of /proc, and /sys.
 */
#pragma once
#include "text.h"
#include "vfs.h"

struct task;
struct process;

/* Whose entry is shown: pid 0 in the trees that are nobody's. */
struct synth_target {
	int32_t pid, tid;
	int32_t number; /* of a descriptor */
};

struct synth_entry {
	const char *name; /* null ends a table */
	uint32_t mode;    /* with its type */
	/* Regular files: the content. reader is null in the monitor's own threads. Errno when there is none. */
	int64_t (*show)(struct task *reader, const struct synth_target *target, struct text *text);
	/* Symbolic links: what readlink says, and where a walk jumps to (null: read and walk it). */
	int64_t (*link)(struct task *reader, const struct synth_target *target, char *buffer,
	                size_t size);
	int64_t (*follow)(struct task *reader, const struct synth_target *target, struct path *out);
	/* Directories: a table, and names that are no table (pids, descriptors). */
	const struct synth_entry *children;
	int64_t (*lookup)(const struct synth_target *target, const char *name,
	                  const struct synth_entry **out_entry, struct synth_target *out_target);
	/* The first dynamic name at or above cursor: false at the end. */
	bool (*next)(const struct synth_target *target, uint64_t *cursor, char name[32],
	             uint8_t *type);
	/* Regular files that may be written. */
	int64_t (*store)(struct task *writer, const struct synth_target *target, const char *text,
	                 size_t len);
};

int64_t synthfs_create(const char *type, int64_t magic, const struct synth_entry *root,
                       struct super **out_super, struct dentry **out_root);

int64_t procfs_create(struct super **out_super, struct dentry **out_root);
int64_t sysfs_create(struct super **out_super, struct dentry **out_root);

/* proc_anonymos.c, proc_pid.c, proc_net.c, proc_sys.c */
extern const struct synth_entry proc_anonymos_entries[];
extern const struct synth_entry proc_pid_entries[];
extern const struct synth_entry proc_net_entries[];
extern const struct synth_entry proc_sys_entries[];
