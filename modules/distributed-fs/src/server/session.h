/*
 * File sessions (file.ipc): each starts at a directory and reaches nothing outside it.
 */
#pragma once
#include "kept.h"
#include "vnode.h"

#include <libanon/wire.h>

#define FIDS_MAX 16384u /* of a session; also the largest number of a fid, plus one */
#define FIDS_PER_CHUNK 64u

struct fid {
	struct vnode *node; /* null: free */
	uint32_t kept;      /* its place in the kept table */
};

struct session {
	struct tree_node by_number;
	struct list recent; /* by use, the latest last */
	bool is_read_only;
	uint32_t kept; /* its place in the kept table */
	uint32_t fid_count;
	struct fid *chunks[FIDS_MAX / FIDS_PER_CHUNK];
};

/* A handle to a new session whose fid 0 is the directory. */
status_t session_open(uint64_t inode, bool is_read_only, handle_t *out);
/* After a restart: the sessions that there were, and then each of their fids. */
status_t session_adopt_all(void);
status_t session_adopt_fid(const struct kept_fid *entry, uint32_t place);
/* Answers a request; value is the session's number. */
status_t session_dispatch(uint64_t value, struct ipc_message *m, void *page);

/* fids, for the operations. E_STALE: the fid stands for nothing. */
status_t session_vnode(const struct session *session, uint32_t fid, struct vnode **out);
/* Room for a new fid: E_EXIST when it is in use, E_LIMIT, E_NOMEM. */
status_t session_reserve(struct session *session, uint32_t fid);
/* A reserved fid takes the caller's reference to the node. */
void session_set(struct session *session, uint32_t fid, struct vnode *node);
status_t session_clunk(struct session *session, uint32_t fid);
/* The node that a fid stands for, in a session that may change it. */
status_t session_vnode_to_change(const struct session *session, uint32_t fid, struct vnode **out);

/* file.ipc, in three parts. The context is the session. */
status_t names_walk(void *context, uint64_t badge, uint32_t fid, uint32_t new_fid,
                    struct ipc_text path, uint32_t *used, struct file_attr *a);
status_t names_create(void *context, uint64_t badge, uint32_t fid, uint32_t new_fid,
                      struct ipc_text name, uint32_t mode, uint32_t uid, uint32_t gid,
                      uint64_t rdev, uint64_t request, struct file_attr *a);
status_t names_symlink(void *context, uint64_t badge, uint32_t fid, struct ipc_text name,
                       struct ipc_text target, uint32_t uid, uint32_t gid, uint64_t request,
                       struct file_attr *a);
status_t names_readlink(void *context, uint64_t badge, uint32_t fid, struct ipc_out *target);
status_t names_link(void *context, uint64_t badge, uint32_t fid, uint32_t dir_fid,
                    struct ipc_text name, uint64_t request);
status_t names_unlink(void *context, uint64_t badge, uint32_t fid, struct ipc_text name,
                      uint32_t flags, uint64_t request);
status_t names_rename(void *context, uint64_t badge, uint32_t fid, struct ipc_text name,
                      uint32_t to_fid, struct ipc_text to_name, uint32_t flags, uint64_t request);
status_t names_readdir(void *context, uint64_t badge, uint32_t fid, uint64_t cursor, uint64_t *next,
                       struct ipc_out *entries);
status_t data_getattr(void *context, uint64_t badge, uint32_t fid, struct file_attr *a);
status_t data_setattr(void *context, uint64_t badge, uint32_t fid, uint32_t mask,
                      const struct file_attr *a, struct file_attr *now);
status_t data_open(void *context, uint64_t badge, uint32_t fid, uint32_t flags, handle_t *pages,
                   struct file_attr *a);
status_t data_grow(void *context, uint64_t badge, uint32_t fid, uint64_t size, struct file_attr *a);
status_t data_touch(void *context, uint64_t badge, uint32_t fid, struct file_attr *a);
status_t data_sync(void *context, uint64_t badge, uint32_t fid, uint32_t flags);
status_t data_sync_all(void *context, uint64_t badge);
status_t data_statfs(void *context, uint64_t badge, uint32_t fid, uint64_t *blocks,
                     uint64_t *blocks_free, uint64_t *files_used, uint32_t *block_bytes,
                     uint32_t *flags, uint64_t *id);
status_t data_read(void *context, uint64_t badge, uint32_t fid, uint64_t offset, uint32_t bytes,
                   struct ipc_out *data);
status_t data_write(void *context, uint64_t badge, uint32_t fid, uint64_t offset,
                    struct ipc_bytes data);
status_t data_generations(void *context, uint64_t badge, handle_t *counters);
status_t data_seek(void *context, uint64_t badge, uint32_t fid, uint64_t offset, uint32_t whence,
                   uint64_t *found);
