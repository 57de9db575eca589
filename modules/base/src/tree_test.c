/*
 * The tree against a sorted array: random insertions, removals and searches, with all AVL invariants
 * checked after each change.
 */
#include <base/random.h>
#include <base/test.h>
#include <base/tree.h>

#define KEYS 300

/* Returns the height; checks order, parents and balance below node. */
static int checked_height(const struct tree_node *node, const struct tree_node *parent)
{
	int left, right;

	if (!node)
		return 0;
	CHECK(node->parent == parent);
	CHECK(!node->left || node->left->key < node->key);
	CHECK(!node->right || node->right->key > node->key);
	left = checked_height(node->left, node);
	right = checked_height(node->right, node);
	CHECK_EQ(node->balance, right - left);
	CHECK(node->balance >= -1 && node->balance <= 1);
	return 1 + (left > right ? left : right);
}

/* The model: which keys 2, 4, 6, ... are in. Odd keys never are. */
struct model {
	struct tree tree;
	struct tree_node nodes[KEYS];
	bool is_in[KEYS];
	size_t count;
};

static uint64_t key_of(unsigned index)
{
	return 2 * (uint64_t)index + 2;
}

static struct tree_node *model_at_or_above(struct model *m, uint64_t key)
{
	for (unsigned i = 0; i < KEYS; i++) {
		if (m->is_in[i] && key_of(i) >= key)
			return &m->nodes[i];
	}
	return NULL;
}

static struct tree_node *model_at_or_below(struct model *m, uint64_t key)
{
	for (unsigned i = KEYS; i-- > 0;) {
		if (m->is_in[i] && key_of(i) <= key)
			return &m->nodes[i];
	}
	return NULL;
}

static void check_walks(struct model *m)
{
	struct tree_node *pos;
	uint64_t last = 0;
	size_t seen = 0;

	tree_for_each (pos, &m->tree) {
		CHECK(pos->key > last);
		last = pos->key;
		seen++;
	}
	CHECK_EQ(seen, m->count);
	for (pos = tree_last(&m->tree); pos; pos = tree_prev(pos)) {
		CHECK_EQ(pos->key, last);
		last = tree_prev(pos) ? tree_prev(pos)->key : 0;
		seen--;
	}
	CHECK_EQ(seen, 0);
}

static void check_searches(struct model *m, struct random *random)
{
	uint64_t key = random_below(random, 2 * KEYS + 4);
	unsigned index = (unsigned)(key / 2 - 1);
	bool is_there = key >= 2 && key % 2 == 0 && index < KEYS && m->is_in[index];

	CHECK(tree_at_or_above(&m->tree, key) == model_at_or_above(m, key));
	CHECK(tree_at_or_below(&m->tree, key) == model_at_or_below(m, key));
	CHECK((tree_find(&m->tree, key) != NULL) == is_there);
}

static void change(struct model *m, unsigned index)
{
	if (m->is_in[index]) {
		struct tree_node other;

		CHECK(!tree_insert(&m->tree, &other, key_of(index)));
		tree_remove(&m->tree, &m->nodes[index]);
		m->count--;
	} else {
		CHECK(tree_insert(&m->tree, &m->nodes[index], key_of(index)));
		m->count++;
	}
	m->is_in[index] = !m->is_in[index];
	CHECK_EQ(m->tree.count, m->count);
	checked_height(m->tree.root, NULL);
}

TEST(random_against_array)
{
	static struct model m;
	struct random random;

	random_seed(&random, test_seed());
	m = (struct model){0};
	for (unsigned round = 0; round < test_rounds(20000); round++) {
		change(&m, (unsigned)random_below(&random, KEYS));
		check_searches(&m, &random);
		if (round % 500 == 0)
			check_walks(&m);
	}
}

TEST(rising_and_falling_keys_stay_flat)
{
	static struct tree_node nodes[1024];
	struct tree tree = TREE_INIT;

	for (unsigned i = 0; i < 1024; i++)
		CHECK(tree_insert(&tree, &nodes[i], i));
	CHECK(checked_height(tree.root, NULL) <= 11);
	for (unsigned i = 0; i < 1024; i += 2)
		tree_remove(&tree, &nodes[i]);
	CHECK(checked_height(tree.root, NULL) <= 12);
	for (unsigned i = 1023; i < 1024; i -= 2)
		tree_remove(&tree, &nodes[i]);
	CHECK(tree_is_empty(&tree));
	CHECK_EQ(tree.count, 0);
}

TEST(extreme_keys)
{
	struct tree_node low, high;
	struct tree tree = TREE_INIT;

	CHECK(!tree_first(&tree) && !tree_last(&tree) && !tree_at_or_above(&tree, 0));
	CHECK(tree_insert(&tree, &high, UINT64_MAX));
	CHECK(tree_insert(&tree, &low, 0));
	CHECK(tree_at_or_above(&tree, 1) == &high);
	CHECK(tree_at_or_below(&tree, UINT64_MAX - 1) == &low);
	CHECK(tree_next(&low) == &high && !tree_next(&high) && !tree_prev(&low));
}

TEST_MAIN();
