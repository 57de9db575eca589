/*
 * The model: the simplest thing that behaves like the store. Directories are entries in
 * one list, contents are whole buffers, searching is linear.
 */
#include "model.h"

#include <base/test.h>

void model_init(struct model *model)
{
	memset(model, 0, sizeof(*model));
	model->nodes[MODEL_ROOT] = (struct model_node){.is_used = true,
	                                               .inode = STORE_ROOT_INODE,
	                                               .mode = STORE_TYPE_DIR | 0755,
	                                               .links = 2};
}

void model_free(struct model *model)
{
	for (int i = 0; i < MODEL_NODES; i++)
		free(model->nodes[i].data);
}

bool model_is_dir(const struct model *model, int node)
{
	return (model->nodes[node].mode & STORE_TYPE_MASK) == STORE_TYPE_DIR;
}

bool model_is_file(const struct model *model, int node)
{
	return (model->nodes[node].mode & STORE_TYPE_MASK) == STORE_TYPE_FILE;
}

static int find_entry(const struct model *model, int dir, const char *name)
{
	for (int i = 0; i < MODEL_ENTRIES; i++)
		if (model->entries[i].is_used && model->entries[i].dir == dir &&
		    strcmp(model->entries[i].name, name) == 0)
			return i;
	return -1;
}

int model_find(const struct model *model, int dir, const char *name)
{
	int entry = find_entry(model, dir, name);

	return entry < 0 ? -1 : model->entries[entry].node;
}

static bool is_empty(const struct model *model, int dir)
{
	for (int i = 0; i < MODEL_ENTRIES; i++)
		if (model->entries[i].is_used && model->entries[i].dir == dir)
			return false;
	return true;
}

static int free_entry(const struct model *model)
{
	for (int i = 0; i < MODEL_ENTRIES; i++)
		if (!model->entries[i].is_used)
			return i;
	return -1;
}

static int free_node(const struct model *model)
{
	for (int i = 0; i < MODEL_NODES; i++)
		if (!model->nodes[i].is_used)
			return i;
	return -1;
}

static void add_entry(struct model *model, int entry, int dir, const char *name, int node)
{
	struct model_entry *e = &model->entries[entry];

	*e = (struct model_entry){.is_used = true, .dir = dir, .node = node};
	strcpy(e->name, name);
	if (model_is_dir(model, node)) {
		model->nodes[dir].links++;
		model->nodes[node].parent = dir;
	}
}

static void cut_entry(struct model *model, int entry)
{
	struct model_entry *e = &model->entries[entry];

	e->is_used = false;
	if (model_is_dir(model, e->node))
		model->nodes[e->dir].links--;
}

static void drop_if_dead(struct model *model, int node)
{
	struct model_node *n = &model->nodes[node];

	if (n->links > 0 || n->open > 0)
		return;
	free(n->data);
	memset(n, 0, sizeof(*n));
}

static void lose_name(struct model *model, int node)
{
	struct model_node *n = &model->nodes[node];

	n->links = model_is_dir(model, node) ? 0 : n->links - 1;
	drop_if_dead(model, node);
}

void model_close(struct model *model, int node)
{
	model->nodes[node].open--;
	drop_if_dead(model, node);
}

/* ---- Names ---- */

static status_t dir_check(const struct model *model, int dir)
{
	if (!model_is_dir(model, dir))
		return E_NOTDIR;
	return model->nodes[dir].links == 0 ? E_NOENT : OK;
}

status_t model_make(struct model *model, int dir, const char *name, const struct store_new *how,
                    int *out_node)
{
	int node = free_node(model);
	int entry = free_entry(model);
	status_t status = dir_check(model, dir);
	bool is_dir = (how->mode & STORE_TYPE_MASK) == STORE_TYPE_DIR;

	if (node < 0 || entry < 0)
		return E_LIMIT;
	if (status != OK)
		return status;
	if (find_entry(model, dir, name) >= 0)
		return E_EXIST;
	model->nodes[node] = (struct model_node){
		.is_used = true, .mode = how->mode, .uid = how->uid, .links = is_dir ? 2 : 1};
	add_entry(model, entry, dir, name, node);
	*out_node = node;
	return OK;
}

status_t model_link(struct model *model, int dir, const char *name, int node)
{
	int entry = free_entry(model);
	status_t status = dir_check(model, dir);

	if (entry < 0)
		return E_LIMIT;
	if (status != OK)
		return status;
	if (find_entry(model, dir, name) >= 0)
		return E_EXIST;
	if (model_is_dir(model, node))
		return E_ISDIR;
	if (model->nodes[node].links == 0)
		return E_NOENT;
	add_entry(model, entry, dir, name, node);
	model->nodes[node].links++;
	return OK;
}

static status_t remove_check(const struct model *model, int node, bool is_rmdir)
{
	if (is_rmdir && !model_is_dir(model, node))
		return E_NOTDIR;
	if (!is_rmdir && model_is_dir(model, node))
		return E_ISDIR;
	return is_rmdir && !is_empty(model, node) ? E_NOTEMPTY : OK;
}

status_t model_remove(struct model *model, int dir, const char *name, bool is_rmdir)
{
	int entry = find_entry(model, dir, name);
	status_t status = dir_check(model, dir);

	if (status != OK)
		return status;
	if (entry < 0)
		return E_NOENT;
	status = remove_check(model, model->entries[entry].node, is_rmdir);
	if (status != OK)
		return status;
	cut_entry(model, entry);
	lose_name(model, model->entries[entry].node);
	return OK;
}

static bool is_below(const struct model *model, int node, int dir)
{
	while (dir != node && dir != MODEL_ROOT)
		dir = model->nodes[dir].parent;
	return dir == node;
}

static status_t rename_check(const struct model *model, int from_dir, const char *from, int to_dir,
                             const char *to, uint32_t flags)
{
	int source = model_find(model, from_dir, from);
	int target = model_find(model, to_dir, to);

	if (source < 0)
		return E_NOENT;
	if (model_is_dir(model, source) && from_dir != to_dir && is_below(model, source, to_dir))
		return E_INVAL;
	if (target < 0)
		return OK;
	if ((flags & STORE_RENAME_NOREPLACE) != 0)
		return E_EXIST;
	if (target == source)
		return OK;
	if (target == from_dir)
		return E_NOTEMPTY;
	return remove_check(model, target, model_is_dir(model, source));
}

static status_t exchange(struct model *model, int from_dir, const char *from, int to_dir,
                         const char *to)
{
	int left = find_entry(model, from_dir, from);
	int right = find_entry(model, to_dir, to);
	int left_node;
	int right_node;

	if (left < 0 || right < 0)
		return E_NOENT;
	left_node = model->entries[left].node;
	right_node = model->entries[right].node;
	if (from_dir != to_dir &&
	    ((model_is_dir(model, left_node) && is_below(model, left_node, to_dir)) ||
	     (model_is_dir(model, right_node) && is_below(model, right_node, from_dir))))
		return E_INVAL;
	cut_entry(model, left);
	cut_entry(model, right);
	add_entry(model, left, from_dir, from, right_node);
	add_entry(model, right, to_dir, to, left_node);
	return OK;
}

status_t model_rename(struct model *model, int from_dir, const char *from, int to_dir,
                      const char *to, uint32_t flags)
{
	status_t status = dir_check(model, from_dir);
	int source;
	int replaced;

	if (status == OK)
		status = dir_check(model, to_dir);
	if (status == OK && (flags & STORE_RENAME_EXCHANGE) != 0)
		return exchange(model, from_dir, from, to_dir, to);
	if (status == OK)
		status = rename_check(model, from_dir, from, to_dir, to, flags);
	if (status != OK)
		return status;
	source = find_entry(model, from_dir, from);
	replaced = find_entry(model, to_dir, to);
	if (replaced >= 0 && model->entries[replaced].node == model->entries[source].node)
		return OK;
	if (replaced >= 0) {
		cut_entry(model, replaced);
		lose_name(model, model->entries[replaced].node);
	}
	cut_entry(model, source);
	add_entry(model, source, to_dir, to, model->entries[source].node);
	return OK;
}

/* ---- Contents ---- */

static void need_data(struct model_node *node)
{
	if (node->data == NULL)
		node->data = calloc(1, MODEL_FILE_MAX);
}

status_t model_write(struct model *model, int node, uint64_t offset, const uint8_t *data,
                     size_t bytes)
{
	struct model_node *n = &model->nodes[node];

	if (!model_is_file(model, node))
		return model_is_dir(model, node) ? E_ISDIR : E_INVAL;
	need_data(n);
	memcpy(n->data + offset, data, bytes);
	if (offset + bytes > n->size)
		n->size = offset + bytes;
	return OK;
}

status_t model_truncate(struct model *model, int node, uint64_t size)
{
	struct model_node *n = &model->nodes[node];

	if (!model_is_file(model, node))
		return model_is_dir(model, node) ? E_ISDIR : E_INVAL;
	need_data(n);
	if (size < n->size)
		memset(n->data + size, 0, n->size - size);
	n->size = size;
	return OK;
}
