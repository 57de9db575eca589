/*
 * The checker's walk over the tree: depth first, in key order, one buffer per level and no
 * recursion. It does not use the node cache, so what it sees is what the device holds.
 * A subtree that cannot be read or does not make sense is reported once and passed over.
 */
#include "block.h"
#include "check.h"
#include "store_private.h"

struct walk {
	struct block_ptr ptr[NODE_LEVELS_MAX];
	unsigned int next[NODE_LEVELS_MAX];
	struct tree_key low[NODE_LEVELS_MAX];
	struct tree_key high[NODE_LEVELS_MAX];
};

void check_mark(struct checker *checker, uint64_t address)
{
	uint64_t bit = 1ull << address % 64;

	if ((checker->seen[address / 64] & bit) != 0)
		check_finding(checker, "block # is used twice", address, 0, 0);
	checker->seen[address / 64] |= bit;
}

/* Reads the node that walk->ptr[level] names; false when it is of no use. */
static bool enter(struct checker *checker, struct walk *walk, unsigned int level, bool is_first)
{
	const struct store *store = checker->store;
	struct btnode_limits limits = {store->space.data_first, store->space.blocks,
	                               store->super.commit};
	struct disk_node *node = &checker->nodes[level];
	const char *problem = NULL;

	if (block_read(&store->ops, &walk->ptr[level], node) != OK)
		problem = "block # (a tree node of level #) is damaged";
	else if (!btnode_is_valid(node, level, &limits))
		problem = "block # (a tree node of level #) is sealed but makes no sense";
	else if (!btnode_is_within(node, walk->low[level], walk->high[level]) ||
	         (node->head.count == 0 && level != store->root.level))
		problem = "block # (a tree node of level #) holds keys that belong elsewhere";
	walk->next[level] = 0;
	if (is_first) {
		check_mark(checker, walk->ptr[level].address);
		checker->check->nodes++;
		checker->is_incomplete = checker->is_incomplete || problem != NULL;
		if (problem != NULL)
			check_finding(checker, problem, walk->ptr[level].address, level, 0);
	}
	return problem == NULL;
}

/* Prepares walk->ptr and bounds of the next child of the node at `level`. */
static void next_child(struct checker *checker, struct walk *walk, unsigned int level)
{
	const struct disk_node *node = &checker->nodes[level];
	unsigned int i = walk->next[level]++;

	walk->ptr[level - 1] = node->branch[i].child;
	walk->low[level - 1] = i > 0 ? node->branch[i].key : walk->low[level];
	walk->high[level - 1] = i + 1u < node->head.count ? node->branch[i + 1].key
	                                                  : walk->high[level];
}

static status_t visit_leaf(struct checker *checker, check_visitor *visit)
{
	struct disk_node *leaf = &checker->nodes[0];
	status_t status = OK;

	for (unsigned int i = 0; i < leaf->head.count && status == OK; i++) {
		struct btree_item item = {leaf->slot[i].key, leaf_payload(leaf, i),
		                          leaf->slot[i].length};

		status = visit(checker, &item);
	}
	return status;
}

status_t check_walk(struct checker *checker, bool is_first, check_visitor *visit)
{
	unsigned int top = checker->store->root.level;
	unsigned int level = top;
	struct walk walk;
	status_t status = OK;

	walk.ptr[top] = checker->store->root;
	walk.low[top] = (struct tree_key){0, 0};
	walk.high[top] = (struct tree_key){UINT64_MAX, UINT64_MAX};
	if (!enter(checker, &walk, top, is_first))
		return OK;
	while (level <= top && status == OK) {
		if (level == 0) {
			status = visit_leaf(checker, visit);
			level++;
		} else if (walk.next[level] == checker->nodes[level].head.count) {
			level++;
		} else {
			next_child(checker, &walk, level);
			if (enter(checker, &walk, level - 1, is_first))
				level--;
		}
	}
	return status;
}
