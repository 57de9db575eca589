/*
 * What the core of the monitor (fork, exec, exit, mm, container) asks of files, and nothing more: the
 * file half implements these in files.c, fs_struct.c and vfs.c. Results are negated errnos.
 *
 * struct file is one open file description, reference-counted; files and fs likewise.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <microkernel/abi.h>

struct task;
struct file;
struct files;
struct fs;

/* --- descriptor tables and fs structs: create, share (get), copy (fork), give up (put) --- */
struct files *files_create(void);
struct files *files_copy(struct files *from);
int64_t files_unshare(struct task *task); /* a copy for the caller, unless the table is its own */
void files_get(struct files *files);
void files_put(struct files *files);
void files_close_on_exec(struct files *files);
struct file *files_lookup(struct files *files, int32_t fd); /* a reference, or null */
int64_t files_install(struct files *files, struct file *file,
                      int32_t fd); /* takes the reference; fd -1: lowest */

struct fs *fs_create(void); /* cwd and root: the container's root; umask 022 */
struct fs *fs_copy(struct fs *from);
/* A private copy of the mounts it sees, for an fs that nobody else has yet; is_own: to bind in without privilege. */
int64_t fs_copy_mounts(struct fs *fs, bool is_own);
/* The caller's own copy from here on; with mounts that are shared, copied, or its own as above. */
enum fs_mounts { FS_MOUNTS_SHARED, FS_MOUNTS_COPIED, FS_MOUNTS_OWN };
int64_t fs_unshare(struct task *task, enum fs_mounts mounts);
void fs_get(struct fs *fs);
void fs_put(struct fs *fs);
int64_t fs_chdir(struct task *task, const char *path); /* for starting programs */

void file_get(struct file *file);
void file_put(struct file *file);

/* --- exec and mmap --- */
/* Open a regular file that the task may execute (-EACCES, -ENOENT, ...). */
int64_t vfs_open_exec(struct task *task, const char *path, struct file **out_file);
/* The same relative to a descriptor, for execveat. flags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW. */
int64_t vfs_open_exec_at(struct task *task, int32_t dir_fd, const char *path, uint32_t flags,
                         struct file **out_file);
/* Read at an offset into monitor memory; never moves the position. Bytes read, 0 at the end. */
int64_t file_pread(struct file *file, void *buffer, size_t bytes, uint64_t offset);
/*
 * The file's content as a memory object to map: a page cache, or the memory a tmpfs file is made of. The handle
 * stays the file's and lives as long as a reference to it. -ENODEV: this file cannot be mapped (then a private
 * mapping is read in by the core if it is a regular file). is_writable: shared and written.
 */
int64_t file_memory(struct file *file, bool is_writable, handle_t *out_memory);
bool file_can_read(struct file *file);
bool file_can_write(struct file *file);
bool file_is_regular(struct file *file);
/* Permission bits incl. set-uid, and the owners. */
struct file_owner {
	uint32_t mode, uid, gid;
	bool may_set_ids; /* the set-id bits count: not on a nosuid mount */
	uint64_t inode, size;
	uint64_t device;
};
int64_t file_owner(struct file *file, struct file_owner *out_owner);
/* The path in the task's namespace, NUL-terminated, for /proc and AT_EXECFN; length or negated errno. */
int64_t file_path(struct file *file, char *buffer, size_t size);
/* msync of a shared mapping: content on disk when it returns. */
int64_t file_sync_range(struct file *file, uint64_t offset, uint64_t bytes);
/* /dev/zero and the like: mmap gives anonymous memory. */
bool file_maps_as_zero(struct file *file);

/* --- start of a container (container.c calls these once, in this order) --- */
int64_t vfs_start(void); /* mounts the root, /proc, /dev, /tmp... from the start handles */
/* The console's tty, opened read-write: a reference, or null. When the task leads a session that has no terminal, it
 * becomes that session's controlling one and the task's group its foreground group, as opening a tty does. */
struct file *console_open(struct task *task);
/* A stream capability (user-services/stream.ipc) as an open file; takes the handle. is_writable: its direction. */
struct file *stream_open(handle_t stream, bool is_writable);

/* --- exit --- */
void vfs_sync_all(void); /* everything written back, as sync */
/* The leader of a session exits: give up the terminal, SIGHUP to its foreground group. */
void tty_session_exit(struct task *task);
