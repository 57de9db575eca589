/*
 * The table of nodes, by inode. Each holds one reference in the store.
 */
#include "vnode.h"
#include "cache.h"
#include "files.h"
#include "writeback.h"

#include <libanon/heap.h>
#include <libanon/log.h>

static struct tree nodes = TREE_INIT;
static struct list lingering = LIST_INIT(lingering);

struct vnode *vnode_find(uint64_t inode)
{
	struct tree_node *found = tree_find(&nodes, inode);

	return found != NULL ? tree_entry(found, struct vnode, by_inode) : NULL;
}

static status_t vnode_make(uint64_t inode, struct vnode **out)
{
	struct store_attr attr;
	struct vnode *node;
	status_t status = store_getattr(fs.store, inode, &attr);

	if (status != OK)
		return status;
	node = heap_zalloc(sizeof(*node));
	if (node == NULL)
		return E_NOMEM;
	status = store_open_ref(fs.store, inode);
	if (status != OK) {
		heap_free(node);
		return status;
	}
	node->type = attr.mode & STORE_TYPE_MASK;
	node->is_unlinked = attr.links == 0;
	node->size = attr.size;
	list_init(&node->recent);
	list_init(&node->dirty);
	list_init(&node->lingering);
	(void)tree_insert(&nodes, &node->by_inode, inode);
	*out = node;
	return OK;
}

status_t vnode_get(uint64_t inode, struct vnode **out)
{
	struct vnode *node = vnode_find(inode);
	status_t status = node != NULL ? OK : vnode_make(inode, &node);

	if (status != OK)
		return status;
	node->references++;
	*out = node;
	return OK;
}

status_t vnode_get_unused(uint64_t inode, struct vnode **out)
{
	*out = vnode_find(inode);
	return *out != NULL ? OK : vnode_make(inode, out);
}

static void vnode_free(struct vnode *node)
{
	cache_close(node);
	tree_remove(&nodes, &node->by_inode);
	list_remove(&node->lingering);
	if (store_close_ref(fs.store, vnode_inode(node)) != OK)
		log_debug("inode %lu stays an orphan",
		          vnode_inode(node)); /* until the next start */
	heap_free(node);
}

void vnode_drop_unused(struct vnode *node)
{
	if (node->references > 0)
		return;
	if (cache_is_mapped(node)) {
		if (node->is_unlinked && !list_is_linked(&node->lingering))
			list_push_back(&lingering, &node->lingering);
		return;
	}
	if (!node->is_unlinked)
		writeback_vnode(node);
	if (node->is_unlinked || !list_is_linked(&node->dirty) || fs.is_read_only)
		vnode_free(node);
}

bool vnode_has_lingering(void)
{
	return !list_is_empty(&lingering);
}

void vnode_sweep(void)
{
	struct list *at, *next;

	list_for_each_safe (at, next, &lingering)
		vnode_drop_unused(list_entry(at, struct vnode, lingering));
}

void vnode_put(struct vnode *node)
{
	if (--node->references > 0)
		return;
	if (node->is_unlinked || handle_is_none(node->memory))
		vnode_drop_unused(node);
}

void vnode_unlinked(uint64_t inode)
{
	struct vnode *node = vnode_find(inode);
	struct store_attr attr;

	if (node == NULL) {
		if (store_free_orphan(fs.store, inode) != OK)
			log_debug("inode %lu stays an orphan", inode);
		return;
	}
	if (store_getattr(fs.store, inode, &attr) != OK || attr.links > 0)
		return;
	node->is_unlinked = true;
	vnode_drop_unused(node);
}

void vnode_drop_all_unused(void)
{
	struct tree_node *at = tree_first(&nodes);

	while (at != NULL) {
		struct vnode *node = tree_entry(at, struct vnode, by_inode);

		at = tree_next(at);
		if (node->references == 0 && (node->is_unlinked || handle_is_none(node->memory)))
			vnode_drop_unused(node);
	}
}

status_t vnode_attr(struct vnode *node, struct file_attr *out)
{
	struct store_attr attr;
	status_t status = writeback_note_time(node);

	if (status == OK || status == E_ROFS)
		status = store_getattr(fs.store, vnode_inode(node), &attr);
	if (status != OK)
		return status;
	*out = (struct file_attr){
		.inode = attr.inode,
		.size = attr.size,
		.allocated = (attr.blocks + node->reserved) * STORE_BLOCK_BYTES,
		.atime = (uint64_t)attr.atime_ns,
		.mtime = (uint64_t)attr.mtime_ns,
		.ctime = (uint64_t)attr.ctime_ns,
		.rdev = attr.rdev,
		.mode = attr.mode,
		.uid = attr.uid,
		.gid = attr.gid,
		.links = attr.links,
		.generation = (uint32_t)attr.generation,
	};
	return OK;
}
