/*
 * One number for all that can be seen of a file system: every path in order with type,
 * mode, owner, links, size and contents. The model's and the store's are made by the same
 * function from what each says of an entry.
 */
#include <base/test.h>

#include "hash.h"
#include "model.h"

struct seen {
	uint64_t chain;
};

struct facts {
	uint64_t mode;
	uint64_t uid;
	uint64_t links;
	uint64_t size;
};

static void see(struct seen *seen, const void *bytes, size_t count)
{
	struct hash128 hash = hash128_of(bytes, count, seen->chain);

	seen->chain = hash.half[0] ^ hash.half[1];
}

static void see_entry(struct seen *seen, const char *name, const struct facts *facts,
                      const void *data)
{
	see(seen, name, strlen(name));
	see(seen, facts, sizeof(*facts));
	if (data != NULL && facts->size > 0)
		see(seen, data, facts->size);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* ---- The model's ---- */

static void see_model(const struct model *model, struct seen *seen, int dir);

static void see_model_node(const struct model *model, struct seen *seen, const char *name, int node)
{
	const struct model_node *n = &model->nodes[node];
	struct facts facts = {n->mode, n->uid, n->links, model_is_dir(model, node) ? 0 : n->size};

	see_entry(seen, name, &facts, n->data);
	if (model_is_dir(model, node))
		see_model(model, seen, node);
}

static void see_model(const struct model *model, struct seen *seen, int dir)
{
	const char *names[MODEL_ENTRIES];
	size_t count = 0;

	for (int i = 0; i < MODEL_ENTRIES; i++)
		if (model->entries[i].is_used && model->entries[i].dir == dir)
			names[count++] = model->entries[i].name;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		see_model_node(model, seen, names[i], model_find(model, dir, names[i]));
	see(seen, &count, sizeof(count));
}

uint64_t model_digest(const struct model *model)
{
	struct seen seen = {0};

	see_model(model, &seen, MODEL_ROOT);
	return seen.chain;
}

/* ---- The store's ---- */

static void *store_content(struct store *store, const struct store_attr *attr)
{
	uint32_t type = attr->mode & STORE_TYPE_MASK;
	void *data = calloc(1, attr->size + 1);
	size_t len = 0;

	if (type == STORE_TYPE_FILE)
		CHECK_EQ(store_read(store, attr->inode, 0, data, attr->size + 1, &len), OK);
	if (type == STORE_TYPE_SYMLINK)
		CHECK_EQ(store_readlink(store, attr->inode, data, attr->size + 1, &len), OK);
	if (type == STORE_TYPE_FILE || type == STORE_TYPE_SYMLINK)
		CHECK_EQ(len, attr->size);
	return data;
}

static void see_store(struct store *store, struct seen *seen, uint64_t dir);

static void see_store_node(struct store *store, struct seen *seen, uint64_t dir, const char *name)
{
	struct store_attr attr;
	struct facts facts;
	uint64_t inode;
	void *data = NULL;
	bool is_dir;

	CHECK_EQ(store_lookup(store, dir, name, strlen(name), &inode), OK);
	CHECK_EQ(store_getattr(store, inode, &attr), OK);
	is_dir = (attr.mode & STORE_TYPE_MASK) == STORE_TYPE_DIR;
	if (!is_dir)
		data = store_content(store, &attr);
	facts = (struct facts){attr.mode, attr.uid, attr.links, is_dir ? 0 : attr.size};
	see_entry(seen, name, &facts, data);
	free(data);
	if (is_dir)
		see_store(store, seen, inode);
}

static void see_store(struct store *store, struct seen *seen, uint64_t dir)
{
	char *names[MODEL_ENTRIES];
	struct store_dirent entry;
	uint64_t cursor = 0;
	size_t count = 0;
	status_t status;

	while ((status = store_readdir(store, dir, &cursor, &entry)) == OK && count < MODEL_ENTRIES)
		names[count++] = strdup(entry.name);
	CHECK_EQ(status, E_NOENT);
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		see_store_node(store, seen, dir, names[i]);
		free(names[i]);
	}
	see(seen, &count, sizeof(count));
}

uint64_t store_digest(struct store *store)
{
	struct seen seen = {0};

	see_store(store, &seen, STORE_ROOT_INODE);
	return seen.chain;
}
