/*
 * Block pointers: made when a block is written, checked when it is read.
 *
 * A pointer from the disk is trusted only after block_ptr_is_sane(), and the bytes it
 * names only after block_matches(). Both must hold before anything else looks at them.
 */
#include "block.h"

#include <distributed-fs/store.h>

#include "hash.h"

static const struct block_ptr null_ptr;

static uint64_t hashed_blocks;

uint64_t store_hashed_blocks(void)
{
	return hashed_blocks;
}

static struct hash128 block_tag(const void *data)
{
	hashed_blocks++;
	return hash128_of(data, BLOCK_BYTES, 0);
}

struct block_ptr block_seal(const void *data, uint64_t address, uint64_t birth, uint8_t level)
{
	struct hash128 tag = block_tag(data);
	struct block_ptr ptr = {
		.address = address,
		.algorithm = PTR_PLAIN,
		.level = level,
		.logical_sectors = PTR_SECTORS,
		.stored_sectors = PTR_SECTORS,
		.birth = birth,
		.tag = {tag.half[0], tag.half[1]},
	};

	return ptr;
}

bool block_matches(const struct block_ptr *ptr, const void *data)
{
	struct hash128 tag = block_tag(data);

	return tag.half[0] == ptr->tag[0] && tag.half[1] == ptr->tag[1];
}

bool block_ptr_is_null(const struct block_ptr *ptr)
{
	return memcmp(ptr, &null_ptr, sizeof(*ptr)) == 0;
}

/* This is asked at every step of every walk down the tree. */
bool block_ptr_is_same(const struct block_ptr *left, const struct block_ptr *right)
{
	return left->address == right->address && left->algorithm == right->algorithm &&
	       left->level == right->level && left->key == right->key &&
	       left->logical_sectors == right->logical_sectors &&
	       left->stored_sectors == right->stored_sectors && left->birth == right->birth &&
	       left->tag[0] == right->tag[0] && left->tag[1] == right->tag[1] &&
	       memcmp(left->nonce, right->nonce, sizeof(left->nonce)) == 0;
}

bool block_ptr_is_sane(const struct block_ptr *ptr, uint64_t first, uint64_t end, uint64_t commit)
{
	return ptr->algorithm == PTR_PLAIN && ptr->key == 0 &&
	       ptr->logical_sectors == PTR_SECTORS && ptr->stored_sectors == PTR_SECTORS &&
	       memcmp(ptr->nonce, null_ptr.nonce, sizeof(ptr->nonce)) == 0 && ptr->birth > 0 &&
	       ptr->birth <= commit && ptr->address >= first && ptr->address < end;
}

status_t block_read(const struct store_ops *ops, const struct block_ptr *ptr, void *data)
{
	status_t status = ops->read(ops->context, ptr->address, 1, data);

	if (status != OK)
		return status;
	return block_matches(ptr, data) ? OK : E_CORRUPT;
}
