/*
 * Every operation on the store begins here and reserves the worst that it can need:
 * cache nodes, so that it never runs out of memory half way, and free blocks, so that it
 * never runs out of space half way. An operation that does not fit is refused whole.
 *
 * Copy-on-write needs free blocks even to delete. So TX_GROW operations leave a reserve
 * that only TX_SHRINK operations may use (half of it TX_KEEP ones too). What these consume comes back at the commit,
 * because the old versions of the changed nodes become free.
 */
#include "tx.h"

#include "btree.h"
#include "store_private.h"

#define RESERVE_MIN 256u  /* 1 MiB: twice the largest operation */
#define RESERVE_MAX 4096u /* 16 MiB */
#define RESERVE_PART 64u  /* of the data area, between the two */
#define READ_NODES 32u    /* nodes an operation looks at without changing them */

uint64_t tx_reserve_blocks(const struct store *store)
{
	uint64_t part = (store->space.blocks - store->space.data_first) / RESERVE_PART;

	if (part < RESERVE_MIN)
		return RESERVE_MIN;
	return min_u64(part, RESERVE_MAX);
}

static uint64_t blocks_to_leave(const struct store *store, enum tx_kind kind)
{
	switch (kind) {
	case TX_GROW: return tx_reserve_blocks(store);
	case TX_KEEP: return tx_reserve_blocks(store) / 2;
	default: return 0;
	}
}

static uint64_t blocks_needed(const struct store *store, enum tx_kind kind, uint64_t nodes,
                              unsigned int data)
{
	return nodes + data + blocks_to_leave(store, kind);
}

bool tx_has_room(const struct store *store, unsigned int changes, unsigned int data)
{
	unsigned int nodes = btree_nodes_for(store, changes);

	return store->cache.dirty.count + nodes + READ_NODES <= store->cache.limit &&
	       store->space.free_now >= blocks_needed(store, TX_GROW, nodes, data);
}

static bool wants_commit(const struct store *store, uint64_t nodes, uint64_t blocks)
{
	const struct space *space = &store->space;

	if (store->cache.dirty.count + nodes + READ_NODES > store->cache.limit)
		return true;
	return space->free_now < blocks && space->free_after > space->free_now;
}

status_t tx_begin(struct store *store, enum tx_kind kind, unsigned int changes, unsigned int data)
{
	unsigned int nodes = btree_nodes_for(store, changes);
	uint64_t blocks = blocks_needed(store, kind, nodes, data);

	if (store->is_read_only || store->broken != OK)
		return E_ROFS;
	if (store->is_dirty && wants_commit(store, nodes, blocks)) {
		status_t status = store_commit(store);

		if (status != OK)
			return status;
	}
	if (store->space.free_now < blocks)
		return E_NOSPC;
	store->has_touched = false;
	space_trim(&store->space);
	return node_cache_reserve(&store->cache, nodes + READ_NODES);
}

status_t tx_begin_read(struct store *store)
{
	space_trim(&store->space);
	return node_cache_reserve(&store->cache, READ_NODES);
}

status_t tx_end(struct store *store, status_t status)
{
	if (status != OK && store->has_touched)
		store->broken = status;
	return status;
}
