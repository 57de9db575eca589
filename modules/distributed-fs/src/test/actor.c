/*
 * The actor: picks an operation, does it to the model and to the store, and fails the test
 * when the two disagree in status or in what they read. Few names in few directories make
 * collisions, replacements and refusals common.
 */
#include "actor.h"

#include <base/test.h>

void actor_init(struct actor *actor, struct store *store, struct model *model, uint64_t seed)
{
	*actor = (struct actor){
		.store = store, .model = model, .write_max = 100000, .file_max = MODEL_FILE_MAX};
	actor->buffer = malloc(MODEL_FILE_MAX);
	random_seed(&actor->random, seed);
}

void actor_free(struct actor *actor)
{
	free(actor->buffer);
}

static unsigned int pick(struct actor *actor, unsigned int bound)
{
	return (unsigned int)random_below(&actor->random, bound);
}

/* Any node that exists; -1 when a few tries find none that is `wanted`. */
static int pick_node(struct actor *actor, bool (*wanted)(const struct model *, int))
{
	for (int tries = 0; tries < 200; tries++) {
		int node = (int)pick(actor, MODEL_NODES);

		if (actor->model->nodes[node].is_used &&
		    (wanted == NULL || wanted(actor->model, node)))
			return node;
	}
	return -1;
}

static int pick_dir(struct actor *actor)
{
	int dir = pick_node(actor, pick(actor, 20) == 0 ? NULL : model_is_dir);

	return dir < 0 ? MODEL_ROOT : dir;
}

static void pick_name(struct actor *actor, char out[STORE_NAME_MAX + 1])
{
	unsigned int number = pick(actor, 40);
	size_t len = number == 7 ? STORE_NAME_MAX : 1 + number;

	memset(out, 'a' + (int)(number % 26), len);
	out[len] = '\0';
}

static uint64_t inode_of(const struct actor *actor, int node)
{
	return actor->model->nodes[node].inode;
}

/* ---- Names ---- */

static uint32_t pick_type(struct actor *actor)
{
	static const uint32_t types[] = {STORE_TYPE_FILE, STORE_TYPE_FILE, STORE_TYPE_DIR,
	                                 STORE_TYPE_FIFO, STORE_TYPE_CHAR};

	return types[pick(actor, sizeof(types) / sizeof(types[0]))];
}

static void act_make(struct actor *actor)
{
	struct store_new how = {.mode = pick_type(actor) | 0640, .uid = pick(actor, 5)};
	int dir = pick_dir(actor);
	uint64_t dir_inode = inode_of(actor, dir);
	char name[STORE_NAME_MAX + 1];
	uint64_t inode = 0;
	status_t expected;
	int node = 0;

	pick_name(actor, name);
	expected = model_make(actor->model, dir, name, &how, &node);
	if (expected == E_LIMIT)
		return;
	if ((how.mode & STORE_TYPE_MASK) == STORE_TYPE_DIR)
		CHECK_EQ(store_mkdir(actor->store, dir_inode, name, strlen(name), &how, &inode),
		         expected);
	else
		CHECK_EQ(store_create(actor->store, dir_inode, name, strlen(name), &how, &inode),
		         expected);
	if (expected == OK)
		actor->model->nodes[node].inode = inode;
}

static void act_symlink(struct actor *actor)
{
	struct store_new how = {.mode = STORE_TYPE_SYMLINK | 0777};
	size_t len = 1 + pick(actor, pick(actor, 4) == 0 ? STORE_SYMLINK_MAX : 60);
	int dir = pick_dir(actor);
	char name[STORE_NAME_MAX + 1];
	uint64_t inode = 0;
	status_t expected;
	int node = 0;

	pick_name(actor, name);
	memset(actor->buffer, 'a' + (int)pick(actor, 26), len);
	expected = model_make(actor->model, dir, name, &how, &node);
	if (expected == E_LIMIT)
		return;
	CHECK_EQ(store_symlink(actor->store, inode_of(actor, dir), name, strlen(name),
	                       (char *)actor->buffer, len, &how, &inode),
	         expected);
	if (expected != OK)
		return;
	actor->model->nodes[node].inode = inode;
	actor->model->nodes[node].size = len;
	actor->model->nodes[node].data = calloc(1, MODEL_FILE_MAX);
	memcpy(actor->model->nodes[node].data, actor->buffer, len);
}

static void act_link(struct actor *actor)
{
	int dir = pick_dir(actor);
	int node = pick_node(actor, NULL);
	char name[STORE_NAME_MAX + 1];
	status_t expected;

	if (node < 0)
		return;
	pick_name(actor, name);
	expected = model_link(actor->model, dir, name, node);
	if (expected != E_LIMIT)
		CHECK_EQ(store_link(actor->store, inode_of(actor, dir), name, strlen(name),
		                    inode_of(actor, node)),
		         expected);
}

static void act_remove(struct actor *actor)
{
	int dir = pick_dir(actor);
	uint64_t dir_inode = inode_of(actor, dir);
	bool is_rmdir = pick(actor, 3) == 0;
	char name[STORE_NAME_MAX + 1];
	status_t expected;

	pick_name(actor, name);
	expected = model_remove(actor->model, dir, name, is_rmdir);
	if (is_rmdir)
		CHECK_EQ(store_rmdir(actor->store, dir_inode, name, strlen(name)), expected);
	else
		CHECK_EQ(store_unlink(actor->store, dir_inode, name, strlen(name)), expected);
}

static void act_rename(struct actor *actor)
{
	int from_dir = pick_dir(actor);
	int to_dir = pick(actor, 2) == 0 ? from_dir : pick_dir(actor);
	uint64_t from_inode = inode_of(actor, from_dir);
	uint64_t to_inode = inode_of(actor, to_dir);
	static const uint32_t choices[] = {0, 0, 0, STORE_RENAME_NOREPLACE, STORE_RENAME_EXCHANGE};
	uint32_t flags = choices[pick(actor, 5)];
	char from[STORE_NAME_MAX + 1];
	char to[STORE_NAME_MAX + 1];
	status_t expected;

	pick_name(actor, from);
	pick_name(actor, to);
	expected = model_rename(actor->model, from_dir, from, to_dir, to, flags);
	CHECK_EQ(store_rename(actor->store, from_inode, from, strlen(from), to_inode, to,
	                      strlen(to), flags),
	         expected);
}

/* ---- Contents ---- */

static void act_write(struct actor *actor)
{
	int node = pick_node(actor, pick(actor, 20) == 0 ? NULL : model_is_file);
	size_t bytes = 1 + pick(actor, pick(actor, 3) == 0 ? (unsigned int)actor->write_max : 5000);
	uint64_t offset = pick(actor, (unsigned int)(actor->file_max - bytes));
	size_t written = 0;
	status_t expected;

	if (node < 0)
		return;
	if (pick(actor, 2) == 0)
		offset = 0;
	if (pick(actor, 3) == 0) {
		bytes = bytes / STORE_BLOCK_BYTES * STORE_BLOCK_BYTES + STORE_BLOCK_BYTES;
		offset = offset / 2 / STORE_BLOCK_BYTES * STORE_BLOCK_BYTES;
	}
	memset(actor->buffer, (int)pick(actor, 256), bytes);
	actor->buffer[pick(actor, (unsigned int)bytes)] ^= 1;
	expected = model_write(actor->model, node, offset, actor->buffer, bytes);
	CHECK_EQ(store_write(actor->store, inode_of(actor, node), offset, actor->buffer, bytes,
	                     &written),
	         expected);
	CHECK(expected != OK || written == bytes);
}

static void act_truncate(struct actor *actor)
{
	int node = pick_node(actor, model_is_file);
	uint64_t size = pick(actor, pick(actor, 2) == 0 ? (unsigned int)actor->file_max : 20000);

	if (node < 0)
		return;
	CHECK_EQ(store_truncate(actor->store, inode_of(actor, node), size),
	         model_truncate(actor->model, node, size));
}

static void act_read(struct actor *actor)
{
	int node = pick_node(actor, model_is_file);
	uint64_t offset = pick(actor, MODEL_FILE_MAX);
	size_t bytes = pick(actor, MODEL_FILE_MAX);
	const struct model_node *n;
	size_t expected;
	size_t len = 0;

	if (node < 0)
		return;
	n = &actor->model->nodes[node];
	expected = offset >= n->size ? 0 : n->size - offset;
	if (expected > bytes)
		expected = bytes;
	CHECK_EQ(store_read(actor->store, n->inode, offset, actor->buffer, bytes, &len), OK);
	CHECK_EQ(len, expected);
	CHECK(len == 0 || memcmp(actor->buffer, n->data + offset, len) == 0);
}

static void act_setattr(struct actor *actor)
{
	int node = pick_node(actor, NULL);
	struct store_attr attr = {.mode = pick(actor, 07777), .uid = pick(actor, 100)};
	struct model_node *n;

	if (node <= 0)
		return;
	n = &actor->model->nodes[node];
	n->mode = (n->mode & STORE_TYPE_MASK) | attr.mode;
	n->uid = attr.uid;
	CHECK_EQ(store_setattr(actor->store, n->inode, STORE_SET_MODE | STORE_SET_UID, &attr), OK);
}

/* ---- References ---- */

static void act_open(struct actor *actor)
{
	int node = pick_node(actor, NULL);

	if (node <= 0)
		return;
	CHECK_EQ(store_open_ref(actor->store, inode_of(actor, node)), OK);
	actor->model->nodes[node].open++;
}

static void act_close(struct actor *actor)
{
	int node = pick_node(actor, NULL);
	uint64_t inode;

	if (node <= 0 || actor->model->nodes[node].open == 0)
		return;
	inode = inode_of(actor, node);
	model_close(actor->model, node);
	CHECK_EQ(store_close_ref(actor->store, inode), OK);
	if (!actor->model->nodes[node].is_used) {
		struct store_attr attr;

		CHECK_EQ(store_getattr(actor->store, inode, &attr), E_STALE);
	}
}

void actor_forget_refs(struct actor *actor)
{
	for (int i = 0; i < MODEL_NODES; i++)
		while (actor->model->nodes[i].is_used && actor->model->nodes[i].open > 0)
			model_close(actor->model, i);
}

void actor_step(struct actor *actor, bool has_refs)
{
	unsigned int choice = pick(actor, has_refs ? 26 : 22);

	if (choice < 5)
		act_make(actor);
	else if (choice < 6)
		act_symlink(actor);
	else if (choice < 7)
		act_link(actor);
	else if (choice < 10)
		act_remove(actor);
	else if (choice < 12)
		act_rename(actor);
	else if (choice < 17)
		act_write(actor);
	else if (choice < 18)
		act_truncate(actor);
	else if (choice < 20)
		act_read(actor);
	else if (choice < 22)
		act_setattr(actor);
	else if (choice < 24)
		act_open(actor);
	else
		act_close(actor);
}
