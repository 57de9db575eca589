/*
 * Tables of descriptors, and the files that a system call works on.
 *
 * Locks: [t] files->lock  [a] atomic
 */
#pragma once
#include "file.h"
#include "task.h"

struct descriptor {
	struct file *file; /* a reference; null: free */
	bool is_close_on_exec;
};

struct files {
	uint32_t references;      /* [a] */
	struct mutex lock;        /* RANK_FILES */
	int32_t size;             /* [t] of the table */
	int32_t lowest;           /* [t] no free one below */
	struct descriptor *table; /* [t] */
};

/*
 * A descriptor's file for the length of one system call. While the table is the task's alone nobody else can
 * close it, so neither the lock nor a reference is needed.
 */
struct fd {
	struct file *file; /* null: not open */
	bool has_reference;
};

static inline struct fd fd_get(struct task *task, int32_t fd)
{
	struct files *files = task->files;
	if (__atomic_load_n(&files->references, __ATOMIC_ACQUIRE) > 1)
		return (struct fd){files_lookup(files, fd), true};
	bool is_inside = (uint32_t)fd < (uint32_t)files->size;
	return (struct fd){is_inside ? files->table[fd].file : NULL, false};
}

static inline void fd_put(struct fd fd)
{
	if (fd.has_reference)
		file_put(fd.file);
}
