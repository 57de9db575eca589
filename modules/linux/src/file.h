/*
 * Open file descriptions: what a descriptor stands for, shared by dup and fork. Operations come from the
 * file's kind (a table); file.c has what is common: references, positions, anonymous files.
 *
 * Locks: [I] fixed at creation  [f] file->lock  [a] atomic
 */
#pragma once
#include <stdbool.h>
#include "file_api.h"
#include "fs_abi.h"
#include "iter.h"
#include "lock.h"
#include "poll.h"
#include "vfs.h"

struct task;
struct file;
struct epoll_watch;

/* Takes directory entries; false when there is no room for this one. next is the position behind it. */
struct dir_sink {
	bool (*emit)(struct dir_sink *sink, const char *name, uint64_t inode, uint8_t type,
	             uint64_t next);
};

#define FILE_STREAM 1u  /* no position: seek and pread answer ESPIPE */
#define FILE_AS_ZERO 2u /* mmap gives anonymous memory */

struct file_ops {
	const char *name;
	uint32_t flags;
	/* At *position, which is moved (streams ignore it). Bytes moved or a negated errno; may sleep. */
	int64_t (*read)(struct file *file, struct iter *to, uint64_t *position);
	int64_t (*write)(struct file *file, struct iter *from, uint64_t *position);
	int64_t (*seek)(struct file *file, int64_t offset, int whence); /* null: seek_generic */
	/* Entries from `cursor` (0 first) on; the emitted next values become cursors. 0 at the end. */
	int64_t (*readdir)(struct file *file, struct dentry *dir, uint64_t cursor,
	                   struct dir_sink *sink);
	uint32_t (*poll)(struct file *file, struct poll_table *table);
	int64_t (*ioctl)(struct task *task, struct file *file, uint32_t command, uint64_t argument);
	int64_t (*memory)(struct file *file, bool is_writable, handle_t *out_memory);
	int64_t (*sync)(struct file *file, bool is_data_only);
	void (*flags_changed)(struct file *file);
	void (*release)(struct file *file);
};

struct file {
	uint32_t references;        /* [a] */
	uint32_t flags;             /* [f] O_* without O_ONCE; O_ACCMODE part [I] */
	const struct file_ops *ops; /* [I] */
	struct path path;           /* [I] */
	struct inode *inode;        /* [I] path.dentry's */
	void *private;              /* [I] after open, the kind's own */
	struct mutex lock;          /* RANK_FILE */
	uint64_t position;          /* [f] */
	bool is_position_busy;      /* [f] a read or write that moves it is under way */
	struct wait_queue position_wait;
	int32_t owner;               /* [f] F_SETOWN */
	struct epoll_watch *watches; /* epoll.c, under its own lock */
};

/* A description of what path names, without asking the kind to open it. Takes references of its own. */
int64_t file_create(const struct path *path, uint32_t flags, const struct file_ops *ops,
                    struct file **out_file);
/* Without a name of its own: pipes, sockets, eventfds ("anon_inode:[eventfd]"). */
int64_t file_create_anonymous(const char *name, uint32_t mode, uint32_t flags,
                              const struct file_ops *ops, void *private, struct file **out_file);
/* Opens what path names: permission is checked already. */
int64_t file_open_path(struct task *task, const struct path *path, uint32_t flags,
                       struct file **out_file);

/* At a position (pread), or at and moving the file's own (read). */
int64_t file_read_at(struct file *file, struct iter *to, uint64_t position);
int64_t file_write_at(struct file *file, struct iter *from, uint64_t position);
int64_t file_read(struct file *file, struct iter *to);
int64_t file_write(struct file *file, struct iter *from);
int64_t file_seek(struct file *file, int64_t offset, int whence);
/* The usual seek for a file of `size` bytes without holes. */
int64_t seek_within(struct file *file, int64_t offset, int whence, uint64_t size);

/* The position belongs to the caller until file_position_unlock; only needed when it is shared. */
int64_t file_position_lock(struct task *task, struct file *file); /* 0 or -ERESTARTSYS */
void file_position_unlock(struct file *file);

static inline bool file_is_readable(const struct file *file)
{
	return !(file->flags & O_PATH) && (file->flags & O_ACCMODE) != O_WRONLY;
}
static inline bool file_is_writable(const struct file *file)
{
	uint32_t access = file->flags & (O_PATH | O_ACCMODE);
	return access == O_WRONLY || access == O_RDWR;
}
bool file_is_nonblocking(struct file *file);
uint32_t file_flags(struct file *file);

/* epoll.c: the description goes away. */
void epoll_forget_file(struct file *file);
/* locks.c: its flock and open-file locks go; a process closes a descriptor: its record locks go. */
void locks_release_file(struct file *file);
void locks_release_process(struct files *files, struct inode *inode);
void locks_free(struct inode *inode);

/* files.c: a descriptor at or above minimum; takes no reference of the caller's on failure. */
int64_t files_add(struct task *task, struct file *file, int32_t minimum, bool is_close_on_exec);
/* The same at the lowest; gives the reference up on failure. */
int64_t files_add_new(struct task *task, struct file *file, bool is_close_on_exec);
bool files_is_open(struct files *files, int32_t fd);
int32_t files_next(struct files *files, int32_t from); /* the first open one, or -1 */
/* Reads the close-on-exec flag, after setting it to *to unless null; -EBADF. */
int64_t files_close_flag(struct files *files, int32_t fd, const bool *to);
int64_t files_remove(struct files *files, int32_t fd); /* close */
