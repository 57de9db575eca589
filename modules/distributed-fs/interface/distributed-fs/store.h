/*
 * The store: one file system on one raw block device.
 *
 * The library has no operating system below it: memory, blocks, time and random
 * numbers come from `struct store_ops`. It is single-threaded; a caller serialises.
 *
 * Files are named by inode number, never by path. Nothing is durable before
 * store_commit() returns OK; everything before it is durable afterwards, at once.
 * The library may also commit by itself between two operations, when memory or
 * free blocks run short.
 *
 * Refusals (E_NOENT, E_EXIST, E_NOSPC, ...) change nothing. When a change fails half
 * way because a block is damaged or the device fails, the store refuses all further
 * changes (E_ROFS); what was committed stays as it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microkernel/errors.h>

#define STORE_BLOCK_BYTES 4096u
#define STORE_BLOCKS_MIN 2048u /* 8 MiB, the smallest device that can be formatted */
#define STORE_NAME_MAX 255u
#define STORE_SYMLINK_MAX 4095u
#define STORE_LINK_MAX 1000000u
#define STORE_FILE_BYTES_MAX (1ull << 60)
#define STORE_ROOT_INODE 1ull
#define STORE_CACHE_NODES_DEFAULT 256u /* tree nodes of 4 KiB held in memory */
#define STORE_CACHE_NODES_MIN 256u

#define STORE_CHECKED __attribute__((warn_unused_result))

/* File types, in the bits that every Unix uses. */
#define STORE_TYPE_MASK 0170000u
#define STORE_TYPE_FIFO 0010000u
#define STORE_TYPE_CHAR 0020000u
#define STORE_TYPE_DIR 0040000u
#define STORE_TYPE_BLOCK 0060000u
#define STORE_TYPE_FILE 0100000u
#define STORE_TYPE_SYMLINK 0120000u
#define STORE_TYPE_SOCKET 0140000u

struct store;

/*
 * What the library needs from its surroundings. All block numbers are in 4 KiB. `write` may
 * return before the device is done if it has copied the data: reads must see it, and `flush`
 * must wait for it and report what failed. None of them may call back into the store.
 */
struct store_ops {
	void *context;
	uint64_t blocks; /* size of the device */
	void *(*alloc)(void *context, size_t bytes);
	void (*free)(void *context, void *memory, size_t bytes);
	status_t (*read)(void *context, uint64_t block, uint32_t count, void *buffer);
	status_t (*write)(void *context, uint64_t block, uint32_t count, const void *buffer);
	status_t (*flush)(void *context);
	int64_t (*now)(void *context); /* ns since 1970 */
	void (*random)(void *context, void *buffer, size_t bytes);
};

struct store_options {
	uint32_t cache_nodes; /* 0: STORE_CACHE_NODES_DEFAULT */
	bool is_read_only;    /* never write, not even to free orphans */
	bool keeps_orphans;   /* free them only when told: store_reap(), store_free_orphan() */
};

struct store_format_options {
	uint64_t blocks;    /* 0: the whole device */
	uint8_t uuid[16];   /* all zero: random */
	bool may_overwrite; /* erase whatever is there */
};

/* A sentence for the user, always terminated. */
struct store_message {
	char text[200];
};

struct store_attr {
	uint64_t inode;
	uint64_t generation;
	uint64_t size;   /* bytes; of a directory, its entries */
	uint64_t blocks; /* 4 KiB blocks of data held */
	uint64_t rdev;
	int64_t atime_ns;
	int64_t mtime_ns;
	int64_t ctime_ns;
	int64_t btime_ns;
	uint32_t mode; /* type and permissions */
	uint32_t uid;
	uint32_t gid;
	uint32_t links;
};

/* Which fields of a store_attr store_setattr() takes. */
#define STORE_SET_MODE 1u /* permission bits only */
#define STORE_SET_UID 2u
#define STORE_SET_GID 4u
#define STORE_SET_ATIME 8u
#define STORE_SET_MTIME 16u

/* The owner and kind of something new. */
struct store_new {
	uint32_t mode; /* type and permissions */
	uint32_t uid;
	uint32_t gid;
	uint64_t rdev; /* of device nodes */
};

struct store_dirent {
	uint64_t inode;
	uint32_t type; /* STORE_TYPE_* */
	uint32_t name_len;
	char name[STORE_NAME_MAX + 1];
};

struct store_statfs {
	uint64_t blocks;      /* of the whole device */
	uint64_t data_blocks; /* that files and the tree can ever use */
	uint64_t free;        /* not in use */
	uint64_t available;   /* free, less the reserve that keeps deletion possible */
	uint64_t inodes;
	uint64_t commit;
	uint8_t uuid[16];
};

#define STORE_RENAME_NOREPLACE 1u
#define STORE_RENAME_EXCHANGE 2u /* both names stay and change places */

/*
 * Life. store_open answers OK, E_BLANK (format it), E_FOREIGN, E_CORRUPT, E_VERSION or
 * what the device said; `message` (may be NULL) explains. store_format leaves a store
 * that is in memory only: it is on the device after the first store_commit, and a power
 * cut before that leaves the device blank. store_close forgets what is not committed.
 */
STORE_CHECKED status_t store_open(const struct store_ops *ops, const struct store_options *options,
                                  struct store **out_store, struct store_message *message);
STORE_CHECKED status_t store_format(const struct store_ops *ops,
                                    const struct store_format_options *options,
                                    struct store **out_store, struct store_message *message);
STORE_CHECKED status_t store_commit(struct store *store);
bool store_is_dirty(const struct store *store);
uint64_t store_commits(const struct store *store); /* the number of the last commit */
void store_close(struct store *store);
void store_statfs(const struct store *store, struct store_statfs *out);
/* Blocks that were hashed so far, to be written or when read, in all stores of this program. */
uint64_t store_hashed_blocks(void);

/* Fills a fresh store with the default tree (see layout.c). Does not commit. */
STORE_CHECKED status_t store_layout_default(struct store *store);

/* Names. "." and ".." can be looked up, but not made or removed. */
STORE_CHECKED status_t store_lookup(struct store *store, uint64_t dir, const char *name,
                                    size_t name_len, uint64_t *out_inode);
STORE_CHECKED status_t store_resolve(struct store *store, const char *path, uint64_t *out_inode);
/* The directory that `path` lies in, and its last component. */
STORE_CHECKED status_t store_resolve_parent(struct store *store, const char *path,
                                            uint64_t *out_dir, const char **out_name);
/* Start with *cursor 0; E_NOENT after the last entry. Cursors survive changes and commits. */
STORE_CHECKED status_t store_readdir(struct store *store, uint64_t dir, uint64_t *cursor,
                                     struct store_dirent *out);
/* The same for many entries: takes one after the other until `take`, told the cursor behind it, wants no more. */
typedef bool store_take_dirent(void *context, const struct store_dirent *entry, uint64_t behind);
STORE_CHECKED status_t store_list(struct store *store, uint64_t dir, uint64_t *cursor,
                                  store_take_dirent *take, void *context);
STORE_CHECKED status_t store_create(struct store *store, uint64_t dir, const char *name,
                                    size_t name_len, const struct store_new *how,
                                    uint64_t *out_inode);
STORE_CHECKED status_t store_mkdir(struct store *store, uint64_t dir, const char *name,
                                   size_t name_len, const struct store_new *how,
                                   uint64_t *out_inode);
STORE_CHECKED status_t store_symlink(struct store *store, uint64_t dir, const char *name,
                                     size_t name_len, const char *target, size_t target_len,
                                     const struct store_new *how, uint64_t *out_inode);
STORE_CHECKED status_t store_readlink(struct store *store, uint64_t inode, char *buffer,
                                      size_t bytes, size_t *out_len);
STORE_CHECKED status_t store_link(struct store *store, uint64_t dir, const char *name,
                                  size_t name_len, uint64_t inode);
STORE_CHECKED status_t store_unlink(struct store *store, uint64_t dir, const char *name,
                                    size_t name_len);
STORE_CHECKED status_t store_rmdir(struct store *store, uint64_t dir, const char *name,
                                   size_t name_len);
STORE_CHECKED status_t store_rename(struct store *store, uint64_t from_dir, const char *from,
                                    size_t from_len, uint64_t to_dir, const char *to, size_t to_len,
                                    uint32_t flags);

/* Inodes. An inode that does not exist (any more) is E_STALE. */
STORE_CHECKED status_t store_getattr(struct store *store, uint64_t inode, struct store_attr *out);
STORE_CHECKED status_t store_setattr(struct store *store, uint64_t inode, uint32_t which,
                                     const struct store_attr *attr);
/* An inode without names lives on while it is referenced, at most until the next open. */
STORE_CHECKED status_t store_open_ref(struct store *store, uint64_t inode);
STORE_CHECKED status_t store_close_ref(struct store *store, uint64_t inode);
/*
 * Frees inodes that have neither names nor references: all, or this one if it is one. store_open, store_unlink,
 * store_rmdir and store_rename do it by themselves unless told not to (keeps_orphans).
 */
STORE_CHECKED status_t store_reap(struct store *store);
STORE_CHECKED status_t store_free_orphan(struct store *store, uint64_t inode);

/* Contents. Reads stop at the end of the file; writes may stop early with *out_len > 0. */
STORE_CHECKED status_t store_read(struct store *store, uint64_t inode, uint64_t offset,
                                  void *buffer, size_t bytes, size_t *out_len);
STORE_CHECKED status_t store_write(struct store *store, uint64_t inode, uint64_t offset,
                                   const void *buffer, size_t bytes, size_t *out_len);
/* The whole of it, or the reason why not; some may then be written. */
STORE_CHECKED status_t store_write_all(struct store *store, uint64_t inode, uint64_t offset,
                                       const void *buffer, size_t bytes);
STORE_CHECKED status_t store_truncate(struct store *store, uint64_t inode, uint64_t size);
/* The first data (hole) at or after *offset; E_NOENT when there is none before the end. */
STORE_CHECKED status_t store_next_data(struct store *store, uint64_t inode, uint64_t *offset);
STORE_CHECKED status_t store_next_hole(struct store *store, uint64_t inode, uint64_t *offset);

/* The checker: reads everything that is committed and tells every disagreement it finds. */
struct store_check {
	void (*finding)(void *context, const char *text);
	void *context;
	bool skip_data;    /* do not read file contents */
	uint64_t findings; /* results from here on */
	uint64_t nodes;
	uint64_t data_blocks;
	uint64_t files;
	uint64_t dirs;
	uint64_t orphans;
};

STORE_CHECKED status_t store_check(struct store *store, struct store_check *check);
