/*
 * Vnode: a file or directory that somebody uses, or whose pages are cached.
 *
 * A vnode with references stands for fids. Without references it lives on while it has a page cache, until
 * the cache is evicted. It keeps the inode in the store, so a file that was unlinked goes on working.
 */
#pragma once
#include <base/list.h>
#include <base/tree.h>
#include <distributed-fs/file_ipc.h>
#include <distributed-fs/store.h>
#include <libanon/syscall.h>

struct vnode {
	struct tree_node by_inode; /* key: the inode */
	uint32_t references;       /* fids */
	uint32_t type;             /* STORE_TYPE_* */
	bool is_unlinked;          /* its last name went */
	struct list lingering;     /* linked while only mappings keep an unlinked file */

	/* The page cache (cache.c); memory NONE: none. */
	handle_t memory;
	uint64_t kept;         /* its number in the vault */
	struct list recent;    /* in the cache's list by use; linked while there is memory */
	uint64_t size;         /* of the file, in bytes */
	uint64_t next_read;    /* where a sequential reader would go on */
	uint32_t window_pages; /* read at once */
	uint64_t next_write;   /* the same for a writer */

	/* Write-back (writeback.c). */
	struct list dirty;   /* linked while pages may be dirty */
	uint64_t dirty_from; /* while linked: none are before this offset */
	uint64_t reserved;   /* blocks promised to dirty pages that lie in holes */
	int64_t written_ns;  /* written through a mapping then, and not told yet; or 0 */
	status_t error;      /* of a write-back, for the next sync */
};

static inline uint64_t vnode_inode(const struct vnode *node)
{
	return node->by_inode.key;
}

/* The node of an inode, with one more reference. E_STALE, E_NOMEM. */
status_t vnode_get(uint64_t inode, struct vnode **out);
void vnode_put(struct vnode *node);
/* The node of an inode, made without a reference; it is to get pages or to go. */
status_t vnode_get_unused(uint64_t inode, struct vnode **out);
/* The node if there is one, without a reference. */
struct vnode *vnode_find(uint64_t inode);
/* Lets go of a node that nobody uses any more: no references, no mappings. */
void vnode_drop_unused(struct vnode *node);
/* Unlinked files that only mappings keep; sweep lets go of those without. */
bool vnode_has_lingering(void);
void vnode_sweep(void);
/* The same for all nodes of unlinked files: after a restart. */
void vnode_drop_all_unused(void);
/* The last name of this inode may have gone. */
void vnode_unlinked(uint64_t inode);
status_t vnode_attr(struct vnode *node, struct file_attr *out);
