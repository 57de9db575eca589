/*
 * Directory entries: an item each, keyed by a hash of the name, so that directories of any
 * size are searched in one descent and listed in a stable order. The low bits of the key
 * tell apart names with the same hash. The hash is seeded per store: nobody can prepare
 * colliding names without seeing the disk.
 */
#include "dirent.h"

#include "btree.h"
#include "hash.h"
#include "inode.h"
#include "store_private.h"
#include "tx.h"

#define PROBES (1u << DIRENT_PROBE_BITS)

struct entry_buffer {
	struct disk_dirent head;
	uint8_t name[STORE_NAME_MAX];
} __attribute__((packed));

status_t name_check(struct name name)
{
	if (name.len == 0)
		return E_INVAL;
	if (name.len > STORE_NAME_MAX)
		return E_NAMETOOLONG;
	for (size_t i = 0; i < name.len; i++)
		if (name.bytes[i] == '/' || name.bytes[i] == '\0')
			return E_INVAL;
	if (name.bytes[0] == '.' && (name.len == 1 || (name.len == 2 && name.bytes[1] == '.')))
		return E_INVAL;
	return OK;
}

uint64_t name_hash(const struct store *store, struct name name)
{
	struct hash128 hash = hash128_of(name.bytes, name.len, store->super.name_seed);

	return hash.half[0] & DIRENT_HASH_MASK;
}

static bool is_named(const struct disk_dirent *entry, struct name name)
{
	return entry->name_len == name.len && memcmp(entry->name, name.bytes, name.len) == 0;
}

static bool same_hash(struct tree_key left, struct tree_key right)
{
	return left.object == right.object &&
	       left.where >> DIRENT_PROBE_BITS == right.where >> DIRENT_PROBE_BITS;
}

static void place_take(struct dirent_place *place, const struct btree_item *item)
{
	const struct disk_dirent *entry = item->data;

	place->key = item->key;
	place->inode = entry->inode;
	place->type = (uint32_t)entry->type << 12;
}

status_t dirent_find(struct store *store, uint64_t dir, struct name name, struct dirent_place *out)
{
	uint64_t hash = name_hash(store, name);
	struct tree_key free = tree_key(dir, ITEM_DIRENT, hash << DIRENT_PROBE_BITS);
	struct btree_path path;
	struct btree_item item;
	status_t status = btree_seek(store, free, &path, &item);

	for (unsigned int n = 0; n < PROBES && status == OK && same_hash(item.key, free); n++) {
		if (is_named(item.data, name)) {
			place_take(out, &item);
			return OK;
		}
		if (item.key.where == free.where && free.where % PROBES != PROBES - 1)
			free.where++;
		status = btree_next(store, &path, &item);
	}
	if (status != OK && status != E_NOENT)
		return status;
	out->key = free;
	return E_NOENT;
}

static unsigned int entry_fill(struct entry_buffer *buffer, struct name name, uint64_t inode,
                               uint32_t mode)
{
	buffer->head.inode = inode;
	buffer->head.type = (uint8_t)(mode >> 12);
	buffer->head.name_len = (uint8_t)name.len;
	memcpy(buffer->name, name.bytes, name.len);
	return (unsigned int)(sizeof(buffer->head) + name.len);
}

status_t dirent_insert(struct store *store, struct tree_key key, struct name name, uint64_t inode,
                       uint32_t mode)
{
	struct entry_buffer buffer;
	unsigned int length = entry_fill(&buffer, name, inode, mode);
	status_t status = btree_insert(store, key, &buffer, length);

	return status == E_EXIST ? E_LIMIT : status;
}

status_t dirent_replace(struct store *store, struct tree_key key, struct name name, uint64_t inode,
                        uint32_t mode)
{
	struct entry_buffer buffer;
	unsigned int length = entry_fill(&buffer, name, inode, mode);

	return btree_update(store, key, &buffer, length);
}

/* ---- Listing ---- */

/* Refuses a name that could mean something else to whoever uses it as a path. */
static status_t dirent_export(const struct btree_item *item, struct store_dirent *out)
{
	const struct disk_dirent *entry = item->data;
	struct name name = {(const char *)entry->name, entry->name_len};

	out->inode = entry->inode;
	out->type = (uint32_t)entry->type << 12;
	out->name_len = entry->name_len;
	memcpy(out->name, entry->name, entry->name_len);
	out->name[entry->name_len] = '\0';
	return name_check(name) == OK ? OK : E_CORRUPT;
}

/* The path's item, if it is an entry of the directory, and those behind it, until `take` has enough. */
static status_t take_entries(struct store *store, uint64_t dir, struct btree_path *path,
                             struct btree_item *item, uint64_t *cursor, store_take_dirent *take,
                             void *context)
{
	struct store_dirent entry;
	status_t status = OK;
	bool goes_on = true;

	while (status == OK && goes_on) {
		if (item->key.object != dir || tree_key_type(item->key) != ITEM_DIRENT)
			return E_NOENT;
		*cursor = (item->key.where & ITEM_WHERE_MASK) + 1;
		status = dirent_export(item, &entry);
		if (status != OK)
			break;
		goes_on = take(context, &entry, *cursor);
		if (goes_on)
			status = btree_next(store, path, item);
	}
	return status;
}

status_t store_list(struct store *store, uint64_t dir, uint64_t *cursor, store_take_dirent *take,
                    void *context)
{
	struct tree_key from = tree_key(dir, ITEM_DIRENT, *cursor & ITEM_WHERE_MASK);
	struct btree_path path;
	struct btree_item item;
	struct disk_inode inode;
	status_t status = tx_begin_read(store);

	if (status == OK && *cursor == 0)
		status = inode_get_dir(store, dir, &inode);
	if (status == OK && *cursor > ITEM_WHERE_MASK)
		status = E_NOENT;
	if (status == OK)
		status = btree_seek(store, from, &path, &item);
	return status == OK ? take_entries(store, dir, &path, &item, cursor, take, context)
	                    : status;
}

static bool take_one(void *context, const struct store_dirent *entry, uint64_t behind)
{
	struct store_dirent *out = context;

	(void)behind;
	*out = *entry;
	return false;
}

status_t store_readdir(struct store *store, uint64_t dir, uint64_t *cursor,
                       struct store_dirent *out)
{
	return store_list(store, dir, cursor, take_one, out);
}
