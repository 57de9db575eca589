/*
 * The checker's first walk: a table of all inodes, and the blocks of all files. Items of
 * one object come together and the inode first, so an item belongs to the last inode seen
 * or to none.
 */
#include "block.h"
#include "check.h"
#include "inode.h"
#include "store_private.h"

#define FIRST_CAPACITY 64u

static status_t grow(struct checker *checker)
{
	const struct store_ops *ops = &checker->store->ops;
	uint64_t capacity = checker->inode_capacity != 0 ? checker->inode_capacity * 2
	                                                 : FIRST_CAPACITY;
	struct check_inode *more = ops->alloc(ops->context, capacity * sizeof(*more));

	if (more == NULL)
		return E_NOMEM;
	if (checker->inodes != NULL) {
		memcpy(more, checker->inodes, checker->inode_count * sizeof(*more));
		ops->free(ops->context, checker->inodes, checker->inode_capacity * sizeof(*more));
	}
	checker->inodes = more;
	checker->inode_capacity = capacity;
	return OK;
}

static status_t take_inode(struct checker *checker, uint64_t number, const void *data)
{
	struct disk_inode disk;

	memcpy(&disk, data, sizeof(disk));
	if (checker->inode_count == checker->inode_capacity) {
		status_t status = grow(checker);

		if (status != OK)
			return status;
	}
	checker->inodes[checker->inode_count++] = (struct check_inode){
		.number = number,
		.size = disk.size,
		.blocks = disk.blocks,
		.parent = disk.parent,
		.mode = disk.mode,
		.links = disk.links,
	};
	if (inode_is_dir(&disk))
		checker->check->dirs++;
	else
		checker->check->files++;
	if (!inode_makes_sense(&disk))
		check_finding(checker, "inode #: its fields make no sense", number, 0, 0);
	if (number >= checker->store->super.next_inode)
		check_finding(checker, "inode #: its number is yet to be given", number, 0, 0);
	return OK;
}

/* The inode that an item belongs to; reports an item without one. */
static struct check_inode *owner_of(struct checker *checker, struct tree_key key)
{
	uint64_t count = checker->inode_count;

	if (count > 0 && checker->inodes[count - 1].number == key.object)
		return &checker->inodes[count - 1];
	if (!checker->is_incomplete)
		check_finding(checker, "inode # does not exist, but has items of type #",
		              key.object, tree_key_type(key), 0);
	return NULL;
}

static bool data_is_good(struct checker *checker, const struct block_ptr *ptr)
{
	return checker->check->skip_data ||
	       block_read(&checker->store->ops, ptr, checker->data) == OK;
}

static void take_data(struct checker *checker, const struct btree_item *item)
{
	struct check_inode *owner = owner_of(checker, item->key);
	uint64_t position = item->key.where & ITEM_WHERE_MASK;
	struct block_ptr ptr;

	memcpy(&ptr, item->data, sizeof(ptr));
	check_mark(checker, ptr.address);
	checker->check->data_blocks++;
	if (!data_is_good(checker, &ptr))
		check_finding(checker,
		              "inode #: block # of the file (block # of the disk) is damaged",
		              item->key.object, position, ptr.address);
	if (owner == NULL)
		return;
	owner->found_blocks++;
	if ((owner->mode & STORE_TYPE_MASK) != STORE_TYPE_FILE)
		check_finding(checker, "inode # has data, but is no file", owner->number, 0, 0);
}

status_t check_contents(struct checker *checker, const struct btree_item *item)
{
	struct check_inode *owner;

	switch (tree_key_type(item->key)) {
	case ITEM_INODE: return take_inode(checker, item->key.object, item->data);
	case ITEM_DATA: take_data(checker, item); return OK;
	case ITEM_DIRENT:
	case ITEM_SYMLINK:
		owner = owner_of(checker, item->key);
		if (owner != NULL)
			owner->entries += tree_key_type(item->key) == ITEM_DIRENT ? 1
			                                                          : item->length;
		return OK;
	default: return OK;
	}
}
