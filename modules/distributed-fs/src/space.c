/*
 * The space map: one bit for every block of the store.
 *
 * On the device it is a tree of fixed shape: bitmaps, blocks of 64 pointers to them, and
 * so on up to one root, which the super-block names. Each of its blocks has two fixed
 * homes side by side and a commit writes a changed one to the home that the last commit
 * does not use. So writing the map never needs a free block, and never changes the map.
 * A null pointer stands for a part of which nothing was ever allocated.
 *
 * In memory a changed group has two bitmaps: `now`, and `durable`, which is what the last
 * commit uses. A block may be allocated when it is free in both: what is freed today can
 * be overwritten only when the commit that freed it is durable. A block that was
 * allocated and freed within one transaction is free in both again at once.
 *
 * What lies before the data area or behind the end counts as used whatever a bitmap on
 * the device says, so no image can make us allocate there.
 */
#include "space.h"

#include <distributed-fs/store.h>

#include "block.h"

#define FREE_UNKNOWN UINT32_MAX
#define GROUPS_LOADED_MAX 16u /* clean groups kept by space_trim() */

static uint64_t divide_up(uint64_t value, uint64_t by)
{
	return value / by + (value % by != 0);
}

/* ---- Shape ---- */

static unsigned int shape(uint64_t blocks, uint64_t count[SPACE_LEVELS_MAX], uint64_t *out_nodes)
{
	unsigned int levels = 0;
	uint64_t nodes = 0;

	for (uint64_t n = divide_up(blocks, GROUP_BLOCKS); levels < SPACE_LEVELS_MAX;) {
		count[levels++] = n;
		nodes += n;
		if (n == 1)
			break;
		n = divide_up(n, PTRS_PER_BLOCK);
	}
	*out_nodes = nodes;
	return levels;
}

uint64_t space_data_blocks(uint64_t blocks)
{
	uint64_t count[SPACE_LEVELS_MAX];
	uint64_t nodes;

	shape(blocks, count, &nodes);
	return blocks - SUPER_END - 2 * nodes;
}

/* First home of a block of the map; the second is the next block. */
static uint64_t home(const struct space *space, unsigned int level, uint64_t index)
{
	uint64_t before = 0;

	for (unsigned int l = 0; l < level; l++)
		before += space->count[l];
	return SUPER_END + 2 * (before + index);
}

/* ---- Life ---- */

static void *alloc_zeroed(const struct store_ops *ops, size_t bytes)
{
	void *memory = ops->alloc(ops->context, bytes);

	if (memory != NULL)
		memset(memory, 0, bytes);
	return memory;
}

static void free_if(const struct store_ops *ops, void *memory, size_t bytes)
{
	if (memory != NULL)
		ops->free(ops->context, memory, bytes);
}

status_t space_init(struct space *space, const struct store_ops *ops, uint64_t blocks)
{
	uint64_t nodes;
	bool has_all;

	memset(space, 0, sizeof(*space));
	space->ops = ops;
	space->blocks = blocks;
	space->levels = shape(blocks, space->count, &nodes);
	if (space->count[space->levels - 1] != 1)
		return E_FBIG;
	space->data_first = SUPER_END + 2 * nodes;
	space->cursor = space->data_first;
	space->freed_min = blocks;
	space->scratch = alloc_zeroed(ops, BLOCK_BYTES);
	space->group = alloc_zeroed(ops, space->count[0] * sizeof(*space->group));
	has_all = space->scratch != NULL && space->group != NULL;
	for (unsigned int l = 0; l < space->levels; l++) {
		space->ptr[l] = alloc_zeroed(ops, space->count[l] * sizeof(struct block_ptr));
		space->is_dirty[l] = alloc_zeroed(ops, space->count[l]);
		has_all = has_all && space->ptr[l] != NULL && space->is_dirty[l] != NULL;
	}
	if (!has_all)
		return E_NOMEM;
	for (uint64_t i = 0; i < space->count[0]; i++)
		space->group[i].free = FREE_UNKNOWN;
	space->free_now = space->free_after = blocks - space->data_first;
	return OK;
}

static void group_unload(struct space *space, struct space_group *group)
{
	space->loaded -= group->now != NULL;
	free_if(space->ops, group->now, BLOCK_BYTES);
	free_if(space->ops, group->durable, BLOCK_BYTES);
	group->now = NULL;
	group->durable = NULL;
}

void space_close(struct space *space)
{
	if (space->ops == NULL)
		return;
	for (uint64_t i = 0; space->group != NULL && i < space->count[0]; i++)
		group_unload(space, &space->group[i]);
	for (unsigned int l = 0; l < space->levels; l++) {
		free_if(space->ops, space->ptr[l], space->count[l] * sizeof(struct block_ptr));
		free_if(space->ops, space->is_dirty[l], space->count[l]);
	}
	free_if(space->ops, space->group, space->count[0] * sizeof(*space->group));
	free_if(space->ops, space->scratch, BLOCK_BYTES);
	memset(space, 0, sizeof(*space));
}

/* ---- Loading ---- */

static status_t check_ptr(const struct space *space, unsigned int level, uint64_t index)
{
	const struct block_ptr *ptr = &space->ptr[level][index];
	uint64_t first = home(space, level, index);

	if (block_ptr_is_null(ptr))
		return OK;
	if (ptr->level != level || !block_ptr_is_sane(ptr, first, first + 2, space->commit))
		return E_CORRUPT;
	return OK;
}

/* Reads the pointers that block `index` of `level` holds to the level below. */
static status_t load_children(struct space *space, unsigned int level, uint64_t index)
{
	struct block_ptr *child = space->ptr[level - 1];
	uint64_t first = index * PTRS_PER_BLOCK;
	uint64_t count = min_u64(PTRS_PER_BLOCK, space->count[level - 1] - first);
	status_t status;

	if (block_ptr_is_null(&space->ptr[level][index]))
		return OK;
	status = block_read(space->ops, &space->ptr[level][index], space->scratch);
	if (status != OK)
		return status;
	memcpy(child + first, space->scratch, count * sizeof(*child));
	for (uint64_t i = 0; i < count && status == OK; i++)
		status = check_ptr(space, level - 1, first + i);
	return status;
}

status_t space_load(struct space *space, const struct block_ptr *root, uint64_t commit,
                    uint64_t free_blocks)
{
	status_t status;

	space->commit = commit;
	if (free_blocks > space->blocks - space->data_first)
		return E_CORRUPT;
	space->free_now = space->free_after = free_blocks;
	space->ptr[space->levels - 1][0] = *root;
	status = check_ptr(space, space->levels - 1, 0);
	for (unsigned int l = space->levels - 1; l > 0; l--)
		for (uint64_t i = 0; i < space->count[l] && status == OK; i++)
			status = load_children(space, l, i);
	return status;
}

static void mark_range(uint64_t *bitmap, uint64_t from, uint64_t to)
{
	for (uint64_t bit = from; bit < to; bit++)
		bitmap[bit / 64] |= 1ull << bit % 64;
}

/* Marks what can never be allocated in group `index`. */
static void mark_fixed(const struct space *space, uint64_t index, uint64_t *bitmap)
{
	uint64_t base = index * GROUP_BLOCKS;

	if (base < space->data_first)
		mark_range(bitmap, 0, min_u64(space->data_first - base, GROUP_BLOCKS));
	if (space->blocks - base < GROUP_BLOCKS)
		mark_range(bitmap, space->blocks - base, GROUP_BLOCKS);
}

/* Bits set in a word, without the instruction (or the library call) for it. */
static unsigned int bits_set(uint64_t word)
{
	word -= word >> 1 & 0x5555555555555555ull;
	word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (unsigned int)(word * 0x0101010101010101ull >> 56);
}

static uint32_t count_free(const uint64_t *bitmap)
{
	uint32_t used = 0;

	for (unsigned int i = 0; i < GROUP_WORDS; i++)
		used += bits_set(bitmap[i]);
	return GROUP_BLOCKS - used;
}

static status_t group_load(struct space *space, uint64_t index)
{
	struct space_group *group = &space->group[index];
	const struct block_ptr *ptr = &space->ptr[0][index];
	uint64_t *bitmap;
	status_t status;

	if (group->now != NULL)
		return OK;
	bitmap = alloc_zeroed(space->ops, BLOCK_BYTES);
	if (bitmap == NULL)
		return E_NOMEM;
	status = block_ptr_is_null(ptr) ? OK : block_read(space->ops, ptr, bitmap);
	if (status != OK) {
		free_if(space->ops, bitmap, BLOCK_BYTES);
		return status;
	}
	mark_fixed(space, index, bitmap);
	group->now = bitmap;
	group->free = count_free(bitmap);
	space->loaded++;
	return OK;
}

/* Loads the group and keeps aside what the last commit uses, before the first change. */
static status_t group_prepare_change(struct space *space, uint64_t index)
{
	struct space_group *group = &space->group[index];
	status_t status = group_load(space, index);

	if (status != OK || group->durable != NULL)
		return status;
	group->durable = alloc_zeroed(space->ops, BLOCK_BYTES);
	if (group->durable == NULL)
		return E_NOMEM;
	memcpy(group->durable, group->now, BLOCK_BYTES);
	space->is_dirty[0][index] = 1;
	return OK;
}

/* ---- Allocation ---- */

/* First bit at or after `from` that is free in both bitmaps; GROUP_BLOCKS if none. */
static uint32_t find_free(const struct space_group *group, uint32_t from)
{
	uint64_t mask = ~0ull << from % 64;

	for (uint32_t i = from / 64; i < GROUP_WORDS; i++, mask = ~0ull) {
		uint64_t used = group->now[i] | (group->durable != NULL ? group->durable[i] : 0);
		uint64_t usable = ~used & mask;

		if (usable != 0)
			return i * 64 + (uint32_t)__builtin_ctzll(usable);
	}
	return GROUP_BLOCKS;
}

static void take(struct space *space, uint64_t index, uint32_t bit)
{
	struct space_group *group = &space->group[index];

	group->now[bit / 64] |= 1ull << bit % 64;
	group->free--;
	space->free_now--;
	space->free_after--;
	space->cursor = index * GROUP_BLOCKS + bit + 1;
}

/* Tries one group from bit `from` on; *out_found tells. */
static status_t alloc_in(struct space *space, uint64_t index, uint32_t from, bool *out_found)
{
	struct space_group *group = &space->group[index];
	status_t status;
	uint32_t bit;

	*out_found = false;
	if (group->free == 0)
		return OK;
	status = group_load(space, index);
	if (status != OK)
		return status;
	bit = find_free(group, from);
	if (bit == GROUP_BLOCKS)
		return OK;
	status = group_prepare_change(space, index);
	if (status != OK)
		return status;
	take(space, index, bit);
	*out_found = true;
	return OK;
}

status_t space_alloc(struct space *space, uint64_t *out_block)
{
	uint64_t start = space->cursor < space->blocks ? space->cursor : space->data_first;
	uint64_t first = start / GROUP_BLOCKS;
	bool found = false;

	if (space->free_now == 0)
		return E_NOSPC;
	for (uint64_t n = 0; n <= space->count[0] && !found; n++) {
		uint32_t from = n == 0 ? (uint32_t)(start % GROUP_BLOCKS) : 0;
		status_t status = alloc_in(space, (first + n) % space->count[0], from, &found);

		if (status != OK)
			return status;
	}
	if (!found)
		return E_NOSPC;
	*out_block = space->cursor - 1;
	return OK;
}

status_t space_free(struct space *space, uint64_t block)
{
	uint64_t index = block / GROUP_BLOCKS;
	uint64_t bit = 1ull << block % 64;
	uint32_t word = (uint32_t)(block % GROUP_BLOCKS / 64);
	struct space_group *group = &space->group[index];
	status_t status;

	if (block < space->data_first || block >= space->blocks ||
	    space->free_after >= space->blocks - space->data_first)
		return E_CORRUPT;
	status = group_prepare_change(space, index);
	if (status != OK)
		return status;
	if ((group->now[word] & bit) == 0)
		return E_CORRUPT;
	group->now[word] &= ~bit;
	space->free_after++;
	if ((group->durable[word] & bit) == 0) {
		group->free++;
		space->free_now++;
	}
	space->freed_min = min_u64(space->freed_min, block);
	return OK;
}

status_t space_is_used(struct space *space, uint64_t block, bool *out_used)
{
	const struct space_group *group = &space->group[block / GROUP_BLOCKS];
	status_t status = group_load(space, block / GROUP_BLOCKS);

	if (status == OK)
		*out_used = (group->now[block % GROUP_BLOCKS / 64] >> block % 64 & 1) != 0;
	return status;
}

/* ---- Commit ---- */

static status_t write_node(struct space *space, unsigned int level, uint64_t index, uint64_t birth,
                           const void *data)
{
	struct block_ptr *ptr = &space->ptr[level][index];
	uint64_t first = home(space, level, index);
	uint64_t target = ptr->address == first ? first + 1 : first;
	status_t status = space->ops->write(space->ops->context, target, 1, data);

	if (status != OK)
		return status;
	*ptr = block_seal(data, target, birth, (uint8_t)level);
	if (level + 1 < space->levels)
		space->is_dirty[level + 1][index / PTRS_PER_BLOCK] = 1;
	return OK;
}

static const void *node_content(struct space *space, unsigned int level, uint64_t index)
{
	uint64_t first = index * PTRS_PER_BLOCK;
	uint64_t count;

	if (level == 0)
		return space->group[index].now;
	count = min_u64(PTRS_PER_BLOCK, space->count[level - 1] - first);
	memset(space->scratch, 0, BLOCK_BYTES);
	memcpy(space->scratch, space->ptr[level - 1] + first, count * sizeof(struct block_ptr));
	return space->scratch;
}

status_t space_write(struct space *space, uint64_t birth, struct block_ptr *out_root)
{
	status_t status = OK;

	for (unsigned int l = 0; l < space->levels; l++)
		for (uint64_t i = 0; i < space->count[l] && status == OK; i++)
			if (space->is_dirty[l][i])
				status = write_node(space, l, i, birth, node_content(space, l, i));
	*out_root = space->ptr[space->levels - 1][0];
	return status;
}

void space_committed(struct space *space, uint64_t commit)
{
	for (uint64_t i = 0; i < space->count[0]; i++) {
		struct space_group *group = &space->group[i];

		if (group->durable == NULL)
			continue;
		free_if(space->ops, group->durable, BLOCK_BYTES);
		group->durable = NULL;
		group->free = count_free(group->now);
	}
	for (unsigned int l = 0; l < space->levels; l++)
		memset(space->is_dirty[l], 0, space->count[l]);
	space->commit = commit;
	space->free_now = space->free_after;
	space->cursor = min_u64(space->cursor, space->freed_min);
	space->freed_min = space->blocks;
}

void space_trim(struct space *space)
{
	for (uint64_t i = 0; i < space->count[0] && space->loaded > GROUPS_LOADED_MAX; i++)
		if (space->group[i].now != NULL && space->group[i].durable == NULL)
			group_unload(space, &space->group[i]);
}
