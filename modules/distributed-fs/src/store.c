/*
 * The life of an open store: format, open, close. An open reads the newest super-block and
 * the pointers of the space map, and frees what a crash left without a name.
 */
#include "block.h"
#include "btree.h"
#include "inode.h"
#include "message.h"
#include "store_private.h"
#include "super.h"
#include "tx.h"

static struct store *store_alloc(const struct store_ops *ops)
{
	struct store *store = ops->alloc(ops->context, sizeof(*store));

	if (store == NULL)
		return NULL;
	memset(store, 0, sizeof(*store));
	store->ops = *ops;
	return store;
}

static status_t store_init(struct store *store, const struct disk_super *super, uint32_t nodes)
{
	const struct store_ops *ops = &store->ops;
	status_t status;

	if (nodes < STORE_CACHE_NODES_MIN)
		nodes = STORE_CACHE_NODES_MIN;
	store->super = *super;
	store->tx = super->commit + 1;
	store->root = super->tree;
	store->bounce = ops->alloc(ops->context, BLOCK_BYTES);
	if (store->bounce == NULL)
		return E_NOMEM;
	status = node_cache_init(store, nodes);
	return status == OK ? space_init(&store->space, ops, super->blocks) : status;
}

void store_close(struct store *store)
{
	struct store_ops ops = store->ops;

	open_ref_close_all(store);
	space_close(&store->space);
	node_cache_close(store);
	if (store->bounce != NULL)
		ops.free(ops.context, store->bounce, BLOCK_BYTES);
	ops.free(ops.context, store, sizeof(*store));
}

/* ---- Opening ---- */

/* Reads what every later operation relies on: the space map's pointers, tree root, root inode. */
static status_t load(struct store *store, const struct disk_super *super)
{
	struct disk_inode root;
	status_t status = space_load(&store->space, &super->space, super->commit,
	                             super->free_blocks);

	if (status != OK)
		return status;
	if (!block_ptr_is_sane(&super->tree, store->space.data_first, super->blocks, super->commit))
		return E_CORRUPT;
	status = tx_begin_read(store);
	if (status == OK)
		status = inode_get_dir(store, STORE_ROOT_INODE, &root);
	return status == E_STALE || status == E_NOTDIR || status == E_NOENT ? E_CORRUPT : status;
}

static void explain(struct store_message *message, status_t status)
{
	if (status == E_CORRUPT)
		message_set(message, "damaged: a block does not match what its parent says of it");
	else if (status == E_NOMEM)
		message_set(message, "not enough memory to open the store");
	else if (status != OK)
		message_set(message, "the device failed");
}

status_t store_open(const struct store_ops *ops, const struct store_options *options,
                    struct store **out_store, struct store_message *message)
{
	struct disk_super super;
	struct store *store;
	status_t status;

	message_set(message, "");
	status = super_find(ops, &super, message);
	if (status != OK)
		return status;
	store = store_alloc(ops);
	if (store == NULL)
		return E_NOMEM;
	store->is_read_only = options != NULL && options->is_read_only;
	store->keeps_orphans = options != NULL && options->keeps_orphans;
	status = store_init(store, &super, options != NULL ? options->cache_nodes : 0);
	if (status == OK)
		status = load(store, &super);
	if (status != OK) {
		explain(message, status);
		store_close(store);
		return status;
	}
	if (!store->is_read_only && super_repair(ops, &super, store->bounce) != OK)
		store->is_read_only = true;
	/* A note that cannot be followed is for the checker; the store is usable without. */
	if (!store->is_read_only && !store->keeps_orphans && orphan_reap_all(store) != OK)
		message_set(message, "some blocks of deleted files could not be freed: run fsck");
	*out_store = store;
	return OK;
}

/* ---- Formatting ---- */

static bool is_zero_uuid(const uint8_t uuid[16])
{
	static const uint8_t zero[16];

	return memcmp(uuid, zero, sizeof(zero)) == 0;
}

static void fill_super(const struct store_ops *ops, const struct store_format_options *options,
                       struct disk_super *super)
{
	memset(super, 0, sizeof(*super));
	super->blocks = options->blocks != 0 ? options->blocks : ops->blocks;
	super->next_inode = STORE_ROOT_INODE;
	memcpy(super->uuid, options->uuid, sizeof(super->uuid));
	if (is_zero_uuid(super->uuid))
		ops->random(ops->context, super->uuid, sizeof(super->uuid));
	ops->random(ops->context, &super->name_seed, sizeof(super->name_seed));
}

/* The device must be blank, or is made so. */
static status_t make_blank(struct store *store, bool may_overwrite)
{
	status_t status;

	if (may_overwrite)
		return super_areas_erase(&store->ops, store->bounce);
	status = super_areas_are_blank(&store->ops, store->bounce);
	return status == E_FOREIGN ? E_EXIST : status;
}

static status_t make_root(struct store *store)
{
	static const struct store_new how = {.mode = STORE_TYPE_DIR | 0755};
	uint64_t root;
	status_t status = node_cache_reserve(&store->cache, 2);

	if (status == OK)
		status = btree_init(store);
	if (status == OK)
		status = inode_make(store, &how, STORE_ROOT_INODE, 0, &root);
	return status;
}

status_t store_format(const struct store_ops *ops, const struct store_format_options *options,
                      struct store **out_store, struct store_message *message)
{
	struct disk_super super;
	struct store *store;
	status_t status;

	message_set(message, "");
	fill_super(ops, options, &super);
	if (super.blocks < STORE_BLOCKS_MIN || super.blocks > ops->blocks) {
		message_set(message,
		            "a store takes at least 8 MiB, and no more than the device has");
		return E_NOSPC;
	}
	store = store_alloc(ops);
	if (store == NULL)
		return E_NOMEM;
	status = store_init(store, &super, 0);
	if (status == OK)
		status = make_blank(store, options->may_overwrite);
	if (status == OK)
		status = make_root(store);
	if (status != OK) {
		message_set(message, status == E_EXIST ? "the device is not blank"
		                                       : "the device cannot be formatted");
		store_close(store);
		return status;
	}
	*out_store = store;
	return OK;
}

void store_statfs(const struct store *store, struct store_statfs *out)
{
	uint64_t reserve = tx_reserve_blocks(store);
	uint64_t free = store->space.free_after;

	*out = (struct store_statfs){
		.blocks = store->space.blocks,
		.data_blocks = store->space.blocks - store->space.data_first,
		.free = free,
		.available = free > reserve ? free - reserve : 0,
		.inodes = store->super.inodes,
		.commit = store->super.commit,
	};
	memcpy(out->uuid, store->super.uuid, sizeof(out->uuid));
}
