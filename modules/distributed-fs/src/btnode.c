/*
 * Tree nodes as blocks of bytes. Nothing here knows of caches, allocation or devices.
 *
 *   leaf     header | slot 0, slot 1, ... -->   free   <-- ..., payload 1, payload 0 |
 *   branch   header | (key, child pointer) 0, 1, ...                                 |
 *
 * The payloads lie in slot order without gaps, each rounded up to 8 bytes, so a node's
 * layout follows from its lengths alone. btnode_is_valid() insists on that: after it, the
 * editing functions cannot leave the block, whoever wrote it.
 */
#include "btnode.h"

#include "block.h"

int tree_key_compare(struct tree_key left, struct tree_key right)
{
	if (left.object != right.object)
		return left.object < right.object ? -1 : 1;
	if (left.where != right.where)
		return left.where < right.where ? -1 : 1;
	return 0;
}

void btnode_init(struct disk_node *node, uint8_t level, uint64_t birth, uint64_t store)
{
	memset(node, 0, sizeof(*node));
	node->head.magic = NODE_MAGIC;
	node->head.level = level;
	node->head.birth = birth;
	node->head.store = store;
}

struct tree_key btnode_key(const struct disk_node *node, unsigned int index)
{
	return node->head.level == 0 ? node->slot[index].key : node->branch[index].key;
}

static unsigned int round8(unsigned int bytes)
{
	return (bytes + 7u) & ~7u;
}

unsigned int leaf_item_bytes(unsigned int length)
{
	return (unsigned int)sizeof(struct leaf_slot) + round8(length);
}

/* Offset of the lowest payload byte among the first `count` slots. */
static unsigned int payload_start(const struct disk_node *node, unsigned int count)
{
	return count == 0 ? BLOCK_BYTES : node->slot[count - 1].offset;
}

unsigned int btnode_used(const struct disk_node *node)
{
	unsigned int count = node->head.count;

	if (node->head.level > 0)
		return count * (unsigned int)sizeof(struct branch);
	return count * (unsigned int)sizeof(struct leaf_slot) + BLOCK_BYTES -
	       payload_start(node, count);
}

/* ---- Validation ---- */

static bool item_is_valid(const struct disk_node *node, unsigned int index,
                          const struct btnode_limits *limits)
{
	const struct leaf_slot *slot = &node->slot[index];
	const uint8_t *payload = (const uint8_t *)node + slot->offset;
	struct block_ptr ptr;

	switch (slot->key.where >> ITEM_TYPE_SHIFT) {
	case ITEM_INODE:
		return slot->length == sizeof(struct disk_inode) && slot->key.object != 0 &&
		       (slot->key.where & ITEM_WHERE_MASK) == 0;
	case ITEM_DIRENT:
		return slot->length > sizeof(struct disk_dirent) && slot->key.object != 0 &&
		       slot->length == sizeof(struct disk_dirent) +
		                               ((const struct disk_dirent *)payload)->name_len;
	case ITEM_DATA:
		if (slot->length != sizeof(ptr) || slot->key.object == 0)
			return false;
		memcpy(&ptr, payload, sizeof(ptr));
		return ptr.level == 0 &&
		       block_ptr_is_sane(&ptr, limits->first, limits->end, limits->commit);
	case ITEM_SYMLINK:
		return slot->length > 0 && slot->length <= ITEM_BYTES_MAX && slot->key.object != 0;
	case ITEM_ORPHAN: return slot->length == 0 && slot->key.object == 0;
	default: return false;
	}
}

static bool leaf_is_valid(const struct disk_node *node, const struct btnode_limits *limits)
{
	unsigned int end = BLOCK_BYTES;
	unsigned int slots_end;

	if (node->head.count > LEAF_SLOTS_MAX)
		return false;
	slots_end = (unsigned int)sizeof(node->head) +
	            node->head.count * (unsigned int)sizeof(struct leaf_slot);
	for (unsigned int i = 0; i < node->head.count; i++) {
		const struct leaf_slot *slot = &node->slot[i];

		if (slot->length > ITEM_BYTES_MAX || round8(slot->length) > end - slots_end ||
		    slot->offset != end - round8(slot->length) || !item_is_valid(node, i, limits))
			return false;
		end = slot->offset;
	}
	return true;
}

static bool branch_is_valid(const struct disk_node *node, const struct btnode_limits *limits)
{
	if (node->head.count == 0 || node->head.count > BRANCHES_MAX)
		return false;
	for (unsigned int i = 0; i < node->head.count; i++) {
		const struct block_ptr *child = &node->branch[i].child;

		if (child->level != node->head.level - 1 ||
		    !block_ptr_is_sane(child, limits->first, limits->end, limits->commit))
			return false;
	}
	return true;
}

/* The key of a branch's first child says nothing: that child holds all that is smaller. */
static unsigned int first_used_key(const struct disk_node *node)
{
	return node->head.level > 0 ? 1 : 0;
}

bool btnode_is_valid(const struct disk_node *node, unsigned int level,
                     const struct btnode_limits *limits)
{
	if (node->head.magic != NODE_MAGIC || node->head.level != level)
		return false;
	if (level > 0 ? !branch_is_valid(node, limits) : !leaf_is_valid(node, limits))
		return false;
	for (unsigned int i = first_used_key(node) + 1; i < node->head.count; i++)
		if (tree_key_compare(btnode_key(node, i - 1), btnode_key(node, i)) >= 0)
			return false;
	return true;
}

bool btnode_is_within(const struct disk_node *node, struct tree_key low, struct tree_key high)
{
	unsigned int first = first_used_key(node);
	unsigned int count = node->head.count;

	return count <= first || (tree_key_compare(btnode_key(node, first), low) >= 0 &&
	                          tree_key_compare(btnode_key(node, count - 1), high) < 0);
}

/* ---- Runs of entries ---- */

static void leaf_append(struct disk_node *node, const struct disk_node *source, unsigned int from,
                        unsigned int to)
{
	unsigned int count = node->head.count;
	unsigned int start = payload_start(source, to);
	unsigned int bytes = payload_start(source, from) - start;
	unsigned int target = payload_start(node, count) - bytes;

	memcpy((uint8_t *)node + target, (const uint8_t *)source + start, bytes);
	for (unsigned int i = from; i < to; i++) {
		struct leaf_slot *slot = &node->slot[count + i - from];

		*slot = source->slot[i];
		slot->offset = (uint16_t)(slot->offset - start + target);
	}
}

void btnode_append(struct disk_node *node, const struct disk_node *source, unsigned int from,
                   unsigned int to)
{
	if (from == to)
		return;
	if (node->head.level == 0)
		leaf_append(node, source, from, to);
	else
		memcpy(&node->branch[node->head.count], &source->branch[from],
		       (to - from) * sizeof(struct branch));
	node->head.count = (uint16_t)(node->head.count + to - from);
	ASSERT(btnode_used(node) <= NODE_BODY_BYTES);
}

/* Zeroes what becomes free, so that a node's bytes depend on its entries alone. */
void btnode_truncate(struct disk_node *node, unsigned int count)
{
	uint8_t *bytes = (uint8_t *)node;
	unsigned int old = node->head.count;

	if (count >= old)
		return;
	if (node->head.level == 0) {
		unsigned int start = payload_start(node, old);

		memset(bytes + start, 0, payload_start(node, count) - start);
		memset(&node->slot[count], 0, (old - count) * sizeof(struct leaf_slot));
	} else {
		memset(&node->branch[count], 0, (old - count) * sizeof(struct branch));
	}
	node->head.count = (uint16_t)count;
}

/* ---- Leaves ---- */

unsigned int leaf_search(const struct disk_node *node, struct tree_key key)
{
	unsigned int low = 0;
	unsigned int high = node->head.count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (tree_key_compare(node->slot[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *leaf_payload(struct disk_node *node, unsigned int index)
{
	return (uint8_t *)node + node->slot[index].offset;
}

/* Moves the payloads of slots [index, count) by `delta` bytes. */
static void shift_payloads(struct disk_node *node, unsigned int index, int delta)
{
	uint8_t *bytes = (uint8_t *)node;
	unsigned int count = node->head.count;
	unsigned int start = payload_start(node, count);

	if (index == count)
		return;
	memmove(bytes + start + delta, bytes + start, payload_start(node, index) - start);
	for (unsigned int i = index; i < count; i++)
		node->slot[i].offset = (uint16_t)(node->slot[i].offset + delta);
}

void leaf_insert(struct disk_node *node, unsigned int index, struct tree_key key, const void *data,
                 unsigned int length)
{
	unsigned int size = round8(length);
	unsigned int offset = payload_start(node, index) - size;
	struct leaf_slot *slot = &node->slot[index];

	ASSERT(btnode_used(node) + leaf_item_bytes(length) <= NODE_BODY_BYTES);
	shift_payloads(node, index, -(int)size);
	memmove(slot + 1, slot, (node->head.count - index) * sizeof(*slot));
	*slot = (struct leaf_slot){
		.key = key, .offset = (uint16_t)offset, .length = (uint16_t)length};
	memset((uint8_t *)node + offset, 0, size);
	if (length > 0)
		memcpy((uint8_t *)node + offset, data, length);
	node->head.count++;
}

void leaf_remove(struct disk_node *node, unsigned int index)
{
	unsigned int count = node->head.count;
	unsigned int size = round8(node->slot[index].length);
	unsigned int start = payload_start(node, count);

	if (index + 1 < count)
		shift_payloads(node, index + 1, (int)size);
	memset((uint8_t *)node + start, 0, size);
	memmove(&node->slot[index], &node->slot[index + 1],
	        (count - index - 1) * sizeof(struct leaf_slot));
	memset(&node->slot[count - 1], 0, sizeof(struct leaf_slot));
	node->head.count--;
}

/* ---- Branches ---- */

unsigned int branch_search(const struct disk_node *node, struct tree_key key)
{
	unsigned int low = 0;
	unsigned int high = node->head.count - 1u;

	while (low < high) {
		unsigned int middle = (low + high + 1) / 2;

		if (tree_key_compare(node->branch[middle].key, key) <= 0)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

void branch_insert(struct disk_node *node, unsigned int index, struct tree_key key,
                   const struct block_ptr *child)
{
	struct branch *branch = &node->branch[index];

	ASSERT(node->head.count < BRANCHES_MAX);
	memmove(branch + 1, branch, (node->head.count - index) * sizeof(*branch));
	branch->key = key;
	branch->child = *child;
	node->head.count++;
}

void branch_remove(struct disk_node *node, unsigned int index)
{
	unsigned int count = node->head.count;

	memmove(&node->branch[index], &node->branch[index + 1],
	        (count - index - 1) * sizeof(struct branch));
	memset(&node->branch[count - 1], 0, sizeof(struct branch));
	node->head.count--;
}
