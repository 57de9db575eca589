/*
 * Making durable: what is dirty in the caches goes to the store, and the store commits.
 */
#pragma once
#include "vnode.h"

status_t writeback_begin(void);
/* Arms the timer when something waits to be written. */
void writeback_schedule(void);
void writeback_tick(void);

/* Before a page becomes dirty: is there space to write it? */
status_t writeback_reserve(struct vnode *node, uint64_t offset);
/* Lets pages for which there is space become dirty. */
status_t writeback_permit(struct vnode *node, uint64_t offset, uint64_t bytes);
/* Before the store grows by something else: promises made to dirty pages are kept. */
void writeback_make_room(void);
uint64_t writeback_reserved(void);

/* Pages of the node are dirty that we did not permit: they are a dead instance's. */
void writeback_adopt(struct vnode *node);
/* Writes the node's dirty pages into the store; failures are kept in node->error. */
void writeback_vnode(struct vnode *node);
/* The node's pages go: nothing of it needs to be written. */
void writeback_forget(struct vnode *node);
/* Tells the store when the file was written through a mapping. */
status_t writeback_note_time(struct vnode *node);

/* Until durable. The status is that of the node's own pages, or of the commit. */
status_t writeback_sync(struct vnode *node);
status_t writeback_sync_all(void);
