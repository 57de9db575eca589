/*
 * The monitor's session with the file server (file.ipc), as calls that return negated errnos. Its own
 * translation unit because the generated names are the monitor's too.
 *
 * A call that its server died with is made again: sessions and fids outlive it. STORE_GONE from any call: the
 * session is lost all the same. store_reconnect makes a new one with a new epoch; fids of an earlier one mean nothing
 * any more and are walked to again.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <microkernel/abi.h>

#define STORE_GONE (-4001)
#define STORE_ENTRIES_MAX 4000

struct store_attr {
	uint64_t inode, size, allocated, atime, mtime, ctime, rdev;
	uint32_t mode, uid, gid, links, generation;
};

int64_t store_connect(void); /* -ENOENT when the container's root is no store */
int64_t store_reconnect(uint32_t seen_epoch);
uint32_t store_epoch(void); /* of the current session */
/* The page of generations (distributed-fs/generations.h) of the current session, or null. */
extern const uint64_t *store_generations;

uint32_t store_fid_alloc(void);                 /* 0: none left */
void store_fid_free(uint32_t fid);              /* the number only */
void store_clunk(uint32_t fid, uint32_t epoch); /* and what it stands for */
int64_t store_clunk_only(uint32_t fid);         /* what it stands for; the number stays taken */

int64_t store_walk(uint32_t fid, uint32_t new_fid, const char *path, uint32_t *used,
                   struct store_attr *a);
int64_t store_getattr(uint32_t fid, struct store_attr *a);
int64_t store_setattr(uint32_t fid, uint32_t mask, const struct store_attr *a,
                      struct store_attr *now);
int64_t store_create(uint32_t dir, uint32_t new_fid, const char *name,
                     const struct store_attr *wanted, struct store_attr *a);
int64_t store_symlink(uint32_t dir, const char *name, const char *target, uint32_t uid,
                      uint32_t gid);
int64_t store_readlink(uint32_t fid, char *target, size_t size); /* length */
int64_t store_link(uint32_t fid, uint32_t dir, const char *name);
int64_t store_unlink(uint32_t dir, const char *name, bool is_directory);
int64_t store_rename(uint32_t dir, const char *name, uint32_t to_dir, const char *to_name,
                     uint32_t flags);
int64_t store_readdir(uint32_t dir, uint64_t cursor, uint64_t *next, uint8_t *entries,
                      uint32_t *len);
int64_t store_open(uint32_t fid, bool is_writable, handle_t *pages);
int64_t store_grow(uint32_t fid, uint64_t size, struct store_attr *a);
int64_t store_touch(uint32_t fid, struct store_attr *a);
int64_t store_sync(uint32_t fid, bool is_data_only);
int64_t store_sync_all(void);
struct store_space {
	uint64_t blocks, blocks_free, files, id;
	uint32_t block_bytes, flags;
};
int64_t store_statfs(uint32_t fid, struct store_space *out);
int64_t store_seek(uint32_t fid, uint64_t offset, int whence, uint64_t *found);
