/*
 * The node cache: a fixed number of 4 KiB tree nodes, allocated once, found by address.
 *
 * A node is clean (equal to its block), dirty (changed in this transaction; written at
 * the commit) or unused. Only node_cache_reserve() evicts, and only clean nodes; every
 * operation begins with it. So an operation may keep plain pointers to nodes, and never
 * runs out of memory in the middle as long as it stays within what it reserved.
 *
 * A block that the cache holds dirty can be named by a damaged tree as well. Such a
 * pointer differs in birth (the disk cannot hold the birth of a commit to come), and a
 * clean node must match the whole pointer; a mismatch is damage.
 */
#include "node_cache.h"

#include "block.h"
#include "btnode.h"
#include "store_private.h"

/* ---- Lists ---- */

static void list_remove(struct node_list *list, struct node *node)
{
	*(node->prev != NULL ? &node->prev->next : &list->first) = node->next;
	*(node->next != NULL ? &node->next->prev : &list->last) = node->prev;
	list->count--;
}

static void list_push(struct node_list *list, struct node *node)
{
	node->prev = NULL;
	node->next = list->first;
	*(list->first != NULL ? &list->first->prev : &list->last) = node;
	list->first = node;
	list->count++;
}

static struct node **bucket_of(struct node_cache *cache, uint64_t address)
{
	return &cache->bucket[address % NODE_BUCKETS];
}

static struct node *find(struct node_cache *cache, uint64_t address)
{
	struct node *node = *bucket_of(cache, address);

	while (node != NULL && node->ptr.address != address)
		node = node->next_hashed;
	return node;
}

static void hash_in(struct node_cache *cache, struct node *node)
{
	struct node **bucket = bucket_of(cache, node->ptr.address);

	node->next_hashed = *bucket;
	*bucket = node;
}

static void hash_out(struct node_cache *cache, struct node *node)
{
	struct node **link = bucket_of(cache, node->ptr.address);

	while (*link != node)
		link = &(*link)->next_hashed;
	*link = node->next_hashed;
}

/* ---- Life ---- */

status_t node_cache_init(struct store *store, uint32_t limit)
{
	struct node_cache *cache = &store->cache;
	const struct store_ops *ops = &store->ops;

	cache->limit = limit;
	cache->nodes = ops->alloc(ops->context, limit * sizeof(struct node));
	cache->blocks = ops->alloc(ops->context, limit * sizeof(struct disk_node));
	if (cache->nodes == NULL || cache->blocks == NULL)
		return E_NOMEM;
	memset(cache->nodes, 0, limit * sizeof(struct node));
	for (uint32_t i = limit; i > 0; i--) {
		cache->nodes[i - 1].disk = &cache->blocks[i - 1];
		list_push(&cache->unused, &cache->nodes[i - 1]);
	}
	return OK;
}

void node_cache_close(struct store *store)
{
	struct node_cache *cache = &store->cache;
	const struct store_ops *ops = &store->ops;

	if (cache->nodes != NULL)
		ops->free(ops->context, cache->nodes, cache->limit * sizeof(struct node));
	if (cache->blocks != NULL)
		ops->free(ops->context, cache->blocks, cache->limit * sizeof(struct disk_node));
	memset(cache, 0, sizeof(*cache));
}

/* Clean and hashed, or dirty and hashed, to unused. */
static void retire(struct node_cache *cache, struct node *node)
{
	hash_out(cache, node);
	list_remove(node->is_dirty ? &cache->dirty : &cache->clean, node);
	node->is_dirty = false;
	list_push(&cache->unused, node);
}

status_t node_cache_reserve(struct node_cache *cache, uint32_t count)
{
	while (cache->unused.count < count && cache->clean.last != NULL)
		retire(cache, cache->clean.last);
	return cache->unused.count >= count ? OK : E_NOMEM;
}

/* ---- Reading ---- */

static status_t load(struct store *store, const struct block_ptr *ptr, struct node **out)
{
	struct node_cache *cache = &store->cache;
	struct node *node = cache->unused.first;
	struct btnode_limits limits = {store->space.data_first, store->space.blocks,
	                               store->super.commit};
	status_t status;

	if (node == NULL)
		return E_NOMEM;
	status = block_read(&store->ops, ptr, node->disk);
	if (status != OK)
		return status;
	if (!btnode_is_valid(node->disk, ptr->level, &limits))
		return E_CORRUPT;
	list_remove(&cache->unused, node);
	node->ptr = *ptr;
	node->is_dirty = false;
	hash_in(cache, node);
	list_push(&cache->clean, node);
	*out = node;
	return OK;
}

status_t node_get(struct store *store, const struct block_ptr *ptr, struct node **out)
{
	struct node_cache *cache = &store->cache;
	struct node *node = find(cache, ptr->address);

	if (node == NULL)
		return load(store, ptr, out);
	if (node->is_dirty) {
		if (ptr->birth != node->ptr.birth || ptr->level != node->ptr.level)
			return E_CORRUPT;
	} else {
		if (!block_ptr_is_same(ptr, &node->ptr))
			return E_CORRUPT;
		list_remove(&cache->clean, node);
		list_push(&cache->clean, node);
	}
	*out = node;
	return OK;
}

/* ---- Changing ---- */

/* Names a fresh block. A cached node there means the space map is wrong. */
static status_t alloc_block(struct store *store, uint8_t level, struct block_ptr *out)
{
	struct block_ptr ptr = {.level = level,
	                        .logical_sectors = PTR_SECTORS,
	                        .stored_sectors = PTR_SECTORS,
	                        .birth = store->tx};
	status_t status = space_alloc(&store->space, &ptr.address);

	if (status != OK)
		return status;
	if (find(&store->cache, ptr.address) != NULL)
		return E_CORRUPT;
	*out = ptr;
	return OK;
}

static void file_as_dirty(struct store *store, struct node *node, const struct block_ptr *ptr)
{
	node->ptr = *ptr;
	node->is_dirty = true;
	node->disk->head.birth = store->tx;
	hash_in(&store->cache, node);
	list_push(&store->cache.dirty, node);
	store->is_dirty = true;
}

status_t node_new(struct store *store, uint8_t level, struct node **out)
{
	struct node *node = store->cache.unused.first;
	uint64_t store_id;
	struct block_ptr ptr;
	status_t status;

	store->has_touched = true;
	if (node == NULL)
		return E_NOMEM;
	status = alloc_block(store, level, &ptr);
	if (status != OK)
		return status;
	list_remove(&store->cache.unused, node);
	memcpy(&store_id, store->super.uuid, sizeof(store_id));
	btnode_init(node->disk, level, store->tx, store_id);
	file_as_dirty(store, node, &ptr);
	*out = node;
	return OK;
}

status_t node_make_dirty(struct store *store, struct node *node)
{
	uint64_t old = node->ptr.address;
	struct block_ptr ptr;
	status_t status;

	if (node->is_dirty)
		return OK;
	store->has_touched = true;
	status = alloc_block(store, node->ptr.level, &ptr);
	if (status != OK)
		return status;
	hash_out(&store->cache, node);
	list_remove(&store->cache.clean, node);
	file_as_dirty(store, node, &ptr);
	return space_free(&store->space, old);
}

status_t node_drop(struct store *store, struct node *node)
{
	uint64_t address = node->ptr.address;

	store->has_touched = true;
	retire(&store->cache, node);
	return space_free(&store->space, address);
}

void node_written(struct node_cache *cache, struct node *node)
{
	list_remove(&cache->dirty, node);
	list_push(&cache->clean, node);
	node->is_dirty = false;
}
