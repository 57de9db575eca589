/*
 * The namespace's structure: nodes, bindings and watches come and go.
 *
 * A change either happens whole or not at all: what it needs is allocated first, and nodes that were made
 * for it are pruned again when it is refused. A node without bindings, children, watches and holders has
 * no reason to be there; prune() takes it and its parents away.
 */
#include "namespace.h"
#include "name_path.h"
#include <base/assert.h>
#include <base/string.h>

uint64_t name_node_number(const struct name_node *node)
{
	return node->by_number.key;
}

struct name_node *namespace_node(const struct namespace *ns, uint64_t number)
{
	struct tree_node *found = tree_find(&ns->nodes, number);

	return found == NULL ? NULL : tree_entry(found, struct name_node, by_number);
}

bool name_node_is_directory(const struct name_node *node)
{
	return node->is_pinned || !list_is_empty(&node->children) || list_is_empty(&node->bindings);
}

/* --- nodes --- */

static struct name_node *node_create(struct namespace *ns, struct name_node *parent,
                                     const struct name_step *step)
{
	struct name_node *node = NULL;

	if (ns->nodes.count < NAMESPACE_NODES_MAX)
		node = ns->ops->alloc(ns->context, sizeof(*node) + step->len + 1);
	if (node == NULL)
		return NULL;
	*node = (struct name_node){.parent = parent, .name_len = (uint8_t)step->len};
	memcpy(node->name, step->name, step->len);
	node->name[step->len] = 0;
	list_init(&node->siblings);
	list_init(&node->children);
	list_init(&node->bindings);
	list_init(&node->watches);
	bool is_new = tree_insert(&ns->nodes, &node->by_number, ns->next_number++);
	ASSERT(is_new);
	if (parent != NULL)
		list_push_back(&parent->children, &node->siblings);
	return node;
}

static void node_free(struct namespace *ns, struct name_node *node)
{
	ASSERT(list_is_empty(&node->children) && list_is_empty(&node->bindings) &&
	       list_is_empty(&node->watches));
	list_remove(&node->siblings);
	tree_remove(&ns->nodes, &node->by_number);
	ns->ops->free(ns->context, node);
}

struct name_node *name_node_child(const struct name_node *node, const struct name_step *step)
{
	struct list *pos;

	list_for_each (pos, &node->children) {
		struct name_node *child = list_entry(pos, struct name_node, siblings);
		if (child->name_len == step->len && memcmp(child->name, step->name, step->len) == 0)
			return child;
	}
	return NULL;
}

/* --- watches --- */

static void watch_free(struct namespace *ns, struct name_watch *watch)
{
	list_remove(&watch->link);
	ns->ops->release(ns->context, watch->event);
	ns->ops->free(ns->context, watch);
}

static void notify(struct namespace *ns, struct name_node *node)
{
	struct list *pos, *following;

	list_for_each_safe (pos, following, &node->watches) {
		struct name_watch *watch = list_entry(pos, struct name_watch, link);
		if (ns->ops->signal(ns->context, watch->event, watch->bits) != OK)
			watch_free(ns, watch);
	}
}

static uint32_t list_count(const struct list *head)
{
	const struct list *pos;
	uint32_t count = 0;

	list_for_each (pos, head)
		count++;
	return count;
}

status_t namespace_watch(struct namespace *ns, struct name_node *at, handle_t event, uint64_t bits)
{
	if (list_count(&at->watches) >= NAMESPACE_WATCHES_MAX)
		return E_LIMIT;
	struct name_watch *watch = ns->ops->alloc(ns->context, sizeof(*watch));
	if (watch == NULL)
		return E_NOMEM;
	*watch = (struct name_watch){.event = event, .bits = bits};
	list_push_back(&at->watches, &watch->link);
	return OK;
}

/* --- making and pruning paths --- */

static void prune(struct namespace *ns, struct name_node *node)
{
	while (node->parent != NULL && !node->is_pinned && list_is_empty(&node->children) &&
	       list_is_empty(&node->bindings) && list_is_empty(&node->watches)) {
		struct name_node *parent = node->parent;
		node_free(ns, node);
		notify(ns, parent);
		node = parent;
	}
}

static status_t find(struct name_node *at, const char *path, struct name_node **out)
{
	struct name_path rest = name_path_start(path);
	struct name_step step;
	status_t status = name_path_check(path);

	while (status == OK && (status = name_path_next(&rest, &step)) == OK) {
		at = name_node_child(at, &step);
		if (at == NULL)
			return E_NOENT;
	}
	if (status == E_NOENT) {
		*out = at;
		return OK;
	}
	return status;
}

static status_t make(struct namespace *ns, struct name_node *at, const char *path,
                     struct name_node **out)
{
	struct name_path rest = name_path_start(path);
	struct name_step step;
	status_t status = name_path_check(path);

	if (status != OK)
		return status;
	while (name_path_next(&rest, &step) == OK) {
		struct name_node *child = name_node_child(at, &step);
		if (child == NULL)
			child = node_create(ns, at, &step);
		if (child == NULL) {
			prune(ns, at);
			return ns->nodes.count < NAMESPACE_NODES_MAX ? E_NOMEM : E_LIMIT;
		}
		at = child;
	}
	*out = at;
	return OK;
}

status_t namespace_directory(struct namespace *ns, struct name_node *at, const char *path,
                             bool may_make, struct name_node **out)
{
	struct name_node *node;
	status_t status = find(at, path, &node);

	if (status == E_NOENT && may_make)
		status = make(ns, at, path, &node);
	else if (status == OK && !name_node_is_directory(node))
		status = E_NOTDIR;
	if (status != OK)
		return status;
	node->is_pinned = true;
	*out = node;
	if (node->parent != NULL)
		notify(ns, node->parent);
	return OK;
}

/* --- bindings --- */

static void binding_free(struct namespace *ns, struct name_binding *binding)
{
	list_remove(&binding->link);
	ns->ops->release(ns->context, binding->target.object);
	ns->ops->free(ns->context, binding);
}

static void unbind_all(struct namespace *ns, struct name_node *node)
{
	while (!list_is_empty(&node->bindings))
		binding_free(ns,
		             list_entry(list_first(&node->bindings), struct name_binding, link));
}

/* Marks what a walk from a marked node can reach: its children, and directories bound at it. */
static bool spread_marks(struct namespace *ns)
{
	struct tree_node *pos;
	struct list *member;
	bool has_changed = false;

	tree_for_each (pos, &ns->nodes) {
		struct name_node *node = tree_entry(pos, struct name_node, by_number);
		if (!node->is_marked && node->parent != NULL && node->parent->is_marked) {
			node->is_marked = true;
			has_changed = true;
		}
		if (!node->is_marked)
			continue;
		list_for_each (member, &node->bindings) {
			struct name_node *view =
				list_entry(member, struct name_binding, link)->target.view;
			if (view != NULL && !view->is_marked) {
				view->is_marked = true;
				has_changed = true;
			}
		}
	}
	return has_changed;
}

/* Would a walk from view come back to node? */
static bool reaches(struct namespace *ns, struct name_node *view, const struct name_node *node)
{
	struct tree_node *pos;

	tree_for_each (pos, &ns->nodes)
		tree_entry(pos, struct name_node, by_number)->is_marked = false;
	view->is_marked = true;
	while (!node->is_marked && spread_marks(ns))
		;
	return node->is_marked;
}

static status_t may_bind(struct namespace *ns, struct name_node *node,
                         const struct name_target *target, uint32_t flags)
{
	struct list *pos;

	if (flags != 0 && flags != BIND_BEFORE && flags != BIND_AFTER && flags != BIND_REPLACE)
		return E_INVAL;
	if (flags == 0 && !list_is_empty(&node->bindings))
		return E_EXIST;
	if (target->view != NULL && reaches(ns, target->view, node))
		return E_LOOP;
	if (flags == BIND_REPLACE)
		return OK;
	list_for_each (pos, &node->bindings) {
		const struct name_binding *other = list_entry(pos, struct name_binding, link);
		if (other->target.id == target->id && other->target.badge == target->badge)
			return E_EXIST;
	}
	return list_count(&node->bindings) < NAMESPACE_MEMBERS_MAX ? OK : E_LIMIT;
}

static void insert_binding(struct name_node *node, struct name_binding *binding, uint32_t flags)
{
	binding->order = flags == BIND_BEFORE  ? NAME_BEFORE
	                 : flags == BIND_AFTER ? NAME_AFTER
	                                       : NAME_PLAIN;
	if (flags == BIND_BEFORE)
		list_push_front(&node->bindings, &binding->link);
	else
		list_push_back(&node->bindings, &binding->link);
}

static status_t add_binding(struct namespace *ns, struct name_node *node,
                            const struct name_target *target, uint32_t flags)
{
	status_t status = may_bind(ns, node, target, flags);

	if (status != OK)
		return status;
	struct name_binding *binding = ns->ops->alloc(ns->context, sizeof(*binding));
	if (binding == NULL)
		return E_NOMEM;
	*binding = (struct name_binding){.target = *target};
	if (flags == BIND_REPLACE)
		unbind_all(ns, node);
	insert_binding(node, binding, flags);
	return OK;
}

static void notify_with_parent(struct namespace *ns, struct name_node *node)
{
	notify(ns, node);
	if (node->parent != NULL)
		notify(ns, node->parent);
}

status_t namespace_bind(struct namespace *ns, struct name_node *at, const char *path,
                        const struct name_target *target, uint32_t flags)
{
	struct name_node *node;
	status_t status = make(ns, at, path, &node);

	if (status != OK)
		return status;
	status = add_binding(ns, node, target, flags);
	if (status == OK)
		notify_with_parent(ns, node);
	else
		prune(ns, node);
	return status;
}

status_t namespace_unbind(struct namespace *ns, struct name_node *at, const char *path)
{
	struct name_node *node;
	status_t status = find(at, path, &node);

	if (status != OK)
		return status;
	if (list_is_empty(&node->bindings))
		return E_NOENT;
	unbind_all(ns, node);
	notify_with_parent(ns, node);
	prune(ns, node);
	return OK;
}

/* --- the whole --- */

status_t namespace_init(struct namespace *ns, const struct namespace_ops *ops, void *context,
                        uint64_t first_number)
{
	static const struct name_step nameless = {"", 0};

	*ns = (struct namespace){.ops = ops, .context = context};
	tree_init(&ns->nodes);
	ns->root = node_create(ns, NULL, &nameless);
	if (ns->root == NULL)
		return E_NOMEM;
	ns->root->is_pinned = true;
	ns->next_number = first_number;
	return OK;
}

void namespace_destroy(struct namespace *ns)
{
	struct tree_node *pos;

	while ((pos = tree_last(&ns->nodes)) !=
	       NULL) { /* children have higher numbers than their parents */
		struct name_node *node = tree_entry(pos, struct name_node, by_number);
		unbind_all(ns, node);
		while (!list_is_empty(&node->watches))
			watch_free(ns,
			           list_entry(list_first(&node->watches), struct name_watch, link));
		node_free(ns, node);
	}
}
