/*
 * The AVL tree of tree.h: balance factors instead of heights, parent pointers instead of a stack.
 *
 * Insertion retraces from the new leaf until a subtree keeps its height; one rotation always ends it.
 * Removal retraces from where a node was unlinked and may rotate at every level.
 */
#include <base/assert.h>
#include <base/tree.h>

/* Puts `child` where `node` hangs below its parent. */
static void replace_link(struct tree *tree, struct tree_node *node, struct tree_node *child)
{
	struct tree_node *parent = node->parent;

	if (!parent)
		tree->root = child;
	else if (parent->left == node)
		parent->left = child;
	else
		parent->right = child;
	if (child)
		child->parent = parent;
}

static void rotate_left(struct tree *tree, struct tree_node *node)
{
	struct tree_node *right = node->right;

	replace_link(tree, node, right);
	node->right = right->left;
	if (node->right)
		node->right->parent = node;
	right->left = node;
	node->parent = right;
}

static void rotate_right(struct tree *tree, struct tree_node *node)
{
	struct tree_node *left = node->left;

	replace_link(tree, node, left);
	node->left = left->right;
	if (node->left)
		node->left->parent = node;
	left->right = node;
	node->parent = left;
}

/* Two levels deeper on the right. Returns the root of the mended subtree. */
static struct tree_node *mend_right(struct tree *tree, struct tree_node *node)
{
	struct tree_node *right = node->right, *middle = right->left;

	if (right->balance >= 0) {
		rotate_left(tree, node);
		node->balance = right->balance == 0 ? 1 : 0;
		right->balance = right->balance == 0 ? -1 : 0;
		return right;
	}
	rotate_right(tree, right);
	rotate_left(tree, node);
	node->balance = middle->balance > 0 ? -1 : 0;
	right->balance = middle->balance < 0 ? 1 : 0;
	middle->balance = 0;
	return middle;
}

static struct tree_node *mend_left(struct tree *tree, struct tree_node *node)
{
	struct tree_node *left = node->left, *middle = left->right;

	if (left->balance <= 0) {
		rotate_right(tree, node);
		node->balance = left->balance == 0 ? -1 : 0;
		left->balance = left->balance == 0 ? 1 : 0;
		return left;
	}
	rotate_left(tree, left);
	rotate_right(tree, node);
	node->balance = middle->balance < 0 ? 1 : 0;
	left->balance = middle->balance > 0 ? -1 : 0;
	middle->balance = 0;
	return middle;
}

static struct tree_node *mend(struct tree *tree, struct tree_node *node)
{
	if (node->balance == 2)
		return mend_right(tree, node);
	if (node->balance == -2)
		return mend_left(tree, node);
	return node;
}

static void retrace_insert(struct tree *tree, struct tree_node *node)
{
	struct tree_node *parent = node->parent;

	while (parent) {
		parent->balance += node == parent->left ? -1 : 1;
		if (parent->balance == 0)
			return;
		if (parent->balance != 1 && parent->balance != -1) {
			mend(tree, parent);
			return;
		}
		node = parent;
		parent = node->parent;
	}
}

/* The subtree at `parent`'s left (or right) has become one level lower. */
static void retrace_remove(struct tree *tree, struct tree_node *parent, bool is_left)
{
	while (parent) {
		parent->balance += is_left ? 1 : -1;
		parent = mend(tree, parent);
		if (parent->balance != 0)
			return;
		is_left = parent->parent && parent->parent->left == parent;
		parent = parent->parent;
	}
}

bool tree_insert(struct tree *tree, struct tree_node *node, uint64_t key)
{
	struct tree_node *parent = NULL, **link = &tree->root;

	while (*link) {
		parent = *link;
		if (key == parent->key)
			return false;
		link = key < parent->key ? &parent->left : &parent->right;
	}
	*node = (struct tree_node){.parent = parent, .key = key};
	*link = node;
	tree->count++;
	retrace_insert(tree, node);
	return true;
}

/* The lowest key of the subtree. */
static struct tree_node *leftmost(struct tree_node *node)
{
	while (node && node->left)
		node = node->left;
	return node;
}

static struct tree_node *rightmost(struct tree_node *node)
{
	while (node && node->right)
		node = node->right;
	return node;
}

/* Unlinks a node that has at most one child. */
static void unlink_single(struct tree *tree, struct tree_node *node)
{
	replace_link(tree, node, node->left ? node->left : node->right);
}

/* `heir` takes over everything but the key. */
static void take_place(struct tree *tree, struct tree_node *heir, struct tree_node *node)
{
	replace_link(tree, node, heir);
	heir->left = node->left;
	heir->right = node->right;
	heir->balance = node->balance;
	if (heir->left)
		heir->left->parent = heir;
	if (heir->right)
		heir->right->parent = heir;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
	struct tree_node *heir = node->left && node->right ? leftmost(node->right) : NULL;
	struct tree_node *gone = heir ? heir : node;
	struct tree_node *parent = gone->parent;
	bool is_left = parent && parent->left == gone;

	DEBUG_ASSERT(tree->count > 0 && tree_find(tree, node->key) == node);
	unlink_single(tree, gone);
	if (heir) {
		take_place(tree, heir, node);
		if (parent == node)
			parent = heir;
	}
	tree->count--;
	*node = (struct tree_node){.key = node->key};
	retrace_remove(tree, parent, is_left);
}

struct tree_node *tree_find(const struct tree *tree, uint64_t key)
{
	struct tree_node *node = tree->root;

	while (node && node->key != key)
		node = key < node->key ? node->left : node->right;
	return node;
}

struct tree_node *tree_at_or_below(const struct tree *tree, uint64_t key)
{
	struct tree_node *node = tree->root, *best = NULL;

	while (node) {
		if (node->key == key)
			return node;
		if (node->key < key) {
			best = node;
			node = node->right;
		} else {
			node = node->left;
		}
	}
	return best;
}

struct tree_node *tree_at_or_above(const struct tree *tree, uint64_t key)
{
	struct tree_node *node = tree->root, *best = NULL;

	while (node) {
		if (node->key == key)
			return node;
		if (node->key > key) {
			best = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return best;
}

struct tree_node *tree_first(const struct tree *tree)
{
	return leftmost(tree->root);
}

struct tree_node *tree_last(const struct tree *tree)
{
	return rightmost(tree->root);
}

struct tree_node *tree_next(const struct tree_node *node)
{
	if (node->right)
		return leftmost(node->right);
	while (node->parent && node->parent->right == node)
		node = node->parent;
	return node->parent;
}

struct tree_node *tree_prev(const struct tree_node *node)
{
	if (node->left)
		return rightmost(node->left);
	while (node->parent && node->parent->left == node)
		node = node->parent;
	return node->parent;
}
