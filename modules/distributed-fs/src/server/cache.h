/*
 * The page cache of a regular file: one pager-backed memory object per node, shared by all who open it.
 */
#pragma once
#include "vnode.h"

struct ipc_message;

status_t cache_begin(void);
/* A handle to the file's pages for a client. */
status_t cache_open(struct vnode *node, bool is_writable, handle_t *out);
/* Takes back every handle and mapping, and forgets the pages. */
void cache_close(struct vnode *node);
/* After a restart: pages that a dead instance left; then, those of a write that was not committed; then the end. */
status_t cache_adopt(uint64_t inode, handle_t memory, uint64_t number);
void cache_dirty_again(uint64_t inode, uint64_t offset, uint64_t bytes);
void cache_adopted(void);
bool cache_is_mapped(const struct vnode *node);
/* Copies within the pages of an open cache, which are asked for as by a fault. */
status_t cache_read(struct vnode *node, uint64_t offset, void *buffer, size_t bytes);
status_t cache_write(struct vnode *node, uint64_t offset, const void *buffer, size_t bytes);
/* Has the pages' memory object made. */
status_t cache_make(struct vnode *node);
/* Answers a page request; value is the inode. */
status_t cache_dispatch(uint64_t value, struct ipc_message *m);
/*
 * The file's size changes: pages behind the end go, and the rest of the last one becomes zero. Before it grows: what
 * a mapping wrote behind the end becomes zero.
 */
status_t cache_zero_behind_end(struct vnode *node);
status_t cache_resize(struct vnode *node, uint64_t size);
uint64_t cache_pages(void);
uint64_t cache_limit(void); /* of pages */
/* Drops pages until the cache is within its limit again. */
void cache_trim(void);
