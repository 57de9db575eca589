/*
 * Super-blocks.
 *
 * Each area holds two equal copies, so one damaged copy costs nothing: falling back to
 * the other area would silently undo a commit. When both copies of the newest area are
 * unreadable the older area is used; that is what a device that tears sectors leaves
 * behind after a power cut in a commit, and then the older commit is whole.
 */
#include "super.h"

#include <distributed-fs/store.h>

#include "block.h"
#include "hash.h"
#include "message.h"

#define COPIES 4u

static const uint64_t copy_address[COPIES] = {
	SUPER_AREA_0,
	SUPER_AREA_0 + SUPER_AREA_BLOCKS - 1,
	SUPER_AREA_1,
	SUPER_AREA_1 + SUPER_AREA_BLOCKS - 1,
};

static const uint8_t magic[16] = SUPER_MAGIC;

/* What the four copies look like together. */
struct survey {
	bool has_valid;
	bool has_magic;
	uint32_t other_version; /* of a valid copy that we cannot read; 0 if none */
};

static struct hash128 super_tag(const struct disk_super *super)
{
	return hash128_of(super, offsetof(struct disk_super, tag), 0);
}

static bool super_is_sealed(const struct disk_super *super)
{
	struct hash128 tag = super_tag(super);

	return tag.half[0] == super->tag[0] && tag.half[1] == super->tag[1];
}

static void survey_copy(struct survey *survey, const struct disk_super *copy,
                        struct disk_super *best)
{
	if (memcmp(copy->magic, magic, sizeof(magic)) != 0)
		return;
	survey->has_magic = true;
	if (!super_is_sealed(copy))
		return;
	if (copy->version != FORMAT_VERSION || copy->features != 0 ||
	    copy->block_bytes != BLOCK_BYTES) {
		survey->other_version = copy->version;
		return;
	}
	if (!survey->has_valid || copy->commit > best->commit)
		*best = *copy;
	survey->has_valid = true;
}

static status_t survey_device(const struct store_ops *ops, struct survey *survey,
                              struct disk_super *best, void *block)
{
	struct disk_super copy;

	for (unsigned int i = 0; i < COPIES && copy_address[i] < ops->blocks; i++) {
		status_t status = ops->read(ops->context, copy_address[i], 1, block);

		if (status != OK)
			return status;
		memcpy(&copy, block, sizeof(copy));
		survey_copy(survey, &copy, best);
	}
	return OK;
}

/* Fields that a correct library never writes are refused, however well sealed. */
static status_t super_validate(const struct store_ops *ops, const struct disk_super *super,
                               struct store_message *message)
{
	if (super->blocks < STORE_BLOCKS_MIN || super->commit == 0 ||
	    super->commit >= UINT64_MAX / 2 || super->next_inode <= STORE_ROOT_INODE ||
	    super->next_inode > ITEM_WHERE_MASK || super->free_blocks > super->blocks ||
	    super->tree.level >= NODE_LEVELS_MAX) {
		message_set(message, "the super-block is sealed but makes no sense");
		return E_CORRUPT;
	}
	if (super->blocks > ops->blocks) {
		message_set(message, "truncated: the store has ");
		message_number(message, super->blocks);
		message_add(message, " blocks of 4 KiB, the device only ");
		message_number(message, ops->blocks);
		return E_CORRUPT;
	}
	return OK;
}

static status_t nothing_valid(const struct store_ops *ops, const struct survey *survey,
                              struct store_message *message, void *block)
{
	status_t status;

	if (survey->other_version != 0) {
		message_set(message, "this store has format version ");
		message_number(message, survey->other_version);
		message_add(message,
		            " or features that this program does not know (it reads version ");
		message_number(message, FORMAT_VERSION);
		message_add(message, ")");
		return E_VERSION;
	}
	if (survey->has_magic) {
		message_set(message, "an anonymOS store, but every super-block is damaged");
		return E_CORRUPT;
	}
	status = super_areas_are_blank(ops, block);
	if (status == OK) {
		message_set(message, "blank: the first MiB and both super-block areas are zero");
		return E_BLANK;
	}
	if (status == E_FOREIGN)
		message_set(message, "not an anonymOS store, and not blank");
	return status;
}

status_t super_find(const struct store_ops *ops, struct disk_super *out,
                    struct store_message *message)
{
	struct survey survey = {0};
	void *block = ops->alloc(ops->context, BLOCK_BYTES);
	status_t status;

	if (block == NULL)
		return E_NOMEM;
	status = survey_device(ops, &survey, out, block);
	if (status == OK && survey.has_valid)
		status = super_validate(ops, out, message);
	else if (status == OK)
		status = nothing_valid(ops, &survey, message, block);
	else
		message_set(message, "the device cannot be read");
	ops->free(ops->context, block, BLOCK_BYTES);
	return status;
}

static bool is_zero(const uint64_t *words, size_t count)
{
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		all |= words[i];
	return all == 0;
}

/* A copy that is neither blank nor a super-block; an older commit's is merely old. */
static bool copy_is_damaged(const struct disk_super *copy, const void *block)
{
	if (memcmp(copy->magic, magic, sizeof(magic)) == 0)
		return !super_is_sealed(copy);
	return !is_zero(block, BLOCK_BYTES / 8);
}

unsigned int super_damaged_copies(const struct store_ops *ops, void *block)
{
	struct disk_super copy;
	unsigned int damaged = 0;

	for (unsigned int i = 0; i < COPIES; i++) {
		status_t status = ops->read(ops->context, copy_address[i], 1, block);

		memcpy(&copy, block, sizeof(copy));
		damaged += status != OK || copy_is_damaged(&copy, block);
	}
	return damaged;
}

status_t super_repair(const struct store_ops *ops, const struct disk_super *super, void *block)
{
	struct disk_super copy;
	unsigned int good = 0;
	status_t status;

	for (unsigned int i = 0; i < COPIES; i++) {
		if (ops->read(ops->context, copy_address[i], 1, block) != OK)
			continue;
		memcpy(&copy, block, sizeof(copy));
		good += memcmp(&copy, super, sizeof(copy)) == 0;
	}
	if (good >= 2)
		return OK;
	copy = *super;
	status = super_write(ops, &copy, block);
	return status == OK ? ops->flush(ops->context) : status;
}

status_t super_write(const struct store_ops *ops, struct disk_super *super, void *block)
{
	unsigned int first = (super->commit - 1) % 2 * 2;
	struct hash128 tag;
	status_t status = OK;

	memcpy(super->magic, magic, sizeof(magic));
	super->version = FORMAT_VERSION;
	super->block_bytes = BLOCK_BYTES;
	tag = super_tag(super);
	super->tag[0] = tag.half[0];
	super->tag[1] = tag.half[1];
	memset(block, 0, BLOCK_BYTES);
	memcpy(block, super, sizeof(*super));
	for (unsigned int i = 0; i < 2 && status == OK; i++)
		status = ops->write(ops->context, copy_address[first + i], 1, block);
	return status;
}

status_t super_areas_are_blank(const struct store_ops *ops, void *block)
{
	for (uint64_t i = 0; i < min_u64(SUPER_END, ops->blocks); i++) {
		status_t status = ops->read(ops->context, i, 1, block);

		if (status != OK)
			return status;
		if (!is_zero(block, BLOCK_BYTES / 8))
			return E_FOREIGN;
	}
	return OK;
}

status_t super_areas_erase(const struct store_ops *ops, void *block)
{
	status_t status = OK;

	memset(block, 0, BLOCK_BYTES);
	for (unsigned int i = 0; i < COPIES && status == OK; i++)
		status = ops->write(ops->context, copy_address[i], 1, block);
	if (status == OK)
		status = ops->flush(ops->context);
	for (uint64_t i = 0; i < SUPER_END && status == OK; i++)
		status = ops->write(ops->context, i, 1, block);
	if (status == OK)
		status = ops->flush(ops->context);
	return status;
}
