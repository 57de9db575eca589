/*
 * Asking the namespace: lookup and list.
 *
 * Lookup walks the trie as deep as the path goes and keeps the trail. The candidates then come in this
 * order: the node reached, as a directory, when it is exactly what was asked for; from the deepest node up,
 * its plain bindings and its union members bound before; and last, from the highest node down, the members
 * bound after, which stand behind everything the path showed without them. A plain binding hides all above it.
 */
#include "name_path.h"
#include "namespace.h"
#include <base/string.h>

/* The nodes on the way, and how much of the path was used to reach each. */
struct trail {
	struct name_node *nodes[NAMESPACE_DEPTH_MAX];
	uint32_t used[NAMESPACE_DEPTH_MAX];
	uint32_t count;
	bool is_exact;
};

static void walk(struct name_node *at, const char *path, struct trail *trail)
{
	struct name_path rest = name_path_start(path);
	struct name_step step;

	while (at != NULL) {
		trail->nodes[trail->count] = at;
		trail->used[trail->count++] = rest.pos;
		trail->is_exact = name_path_next(&rest, &step) == E_NOENT;
		at = trail->is_exact ? NULL : name_node_child(at, &step);
	}
}

static void add(struct name_candidates *out, struct name_node *node, struct name_binding *binding,
                uint32_t used)
{
	if (out->count < NAMESPACE_CANDIDATES)
		out->at[out->count++] = (struct name_candidate){node, binding, used};
}

/* Adds the members on one side of the union; true when one of them is plain. */
static bool add_members(struct name_candidates *out, struct name_node *node, uint32_t used,
                        bool is_after)
{
	struct list *pos;
	bool is_opaque = false;

	list_for_each (pos, &node->bindings) {
		struct name_binding *binding = list_entry(pos, struct name_binding, link);
		is_opaque |= binding->order == NAME_PLAIN;
		if ((binding->order == NAME_AFTER) == is_after)
			add(out, node, binding, used);
	}
	return is_opaque;
}

status_t namespace_lookup(struct namespace *ns, struct name_node *at, const char *path,
                          struct name_candidates *out)
{
	struct trail trail = {.count = 0};
	status_t status = name_path_check(path);
	uint32_t top;

	(void)ns;
	out->count = 0;
	if (status != OK)
		return status;
	walk(at, path, &trail);
	top = trail.count - 1;
	if (trail.is_exact && (top == 0 || name_node_is_directory(trail.nodes[top])))
		add(out, trail.nodes[top], NULL, trail.used[top]);
	while (!add_members(out, trail.nodes[top], trail.used[top], false) && top > 0)
		top--;
	for (; top < trail.count; top++)
		(void)add_members(out, trail.nodes[top], trail.used[top], true);
	return out->count > 0 ? OK : E_NOENT;
}

status_t namespace_list(const struct name_node *at, uint64_t cursor, uint8_t *buf, uint32_t size,
                        uint32_t *out_len, uint64_t *out_next)
{
	struct list *pos;
	uint32_t len = 0;

	*out_next = 0;
	list_for_each (pos, &at->children) {
		const struct name_node *child = list_entry(pos, struct name_node, siblings);
		if (name_node_number(child) < cursor)
			continue;
		if (size - len < 2u + child->name_len) {
			*out_next = name_node_number(child);
			break;
		}
		buf[len++] = name_node_is_directory(child)
		                     ? 2
		                     : 0; /* OBJECT_KIND_DIRECTORY or _UNKNOWN */
		buf[len++] = child->name_len;
		memcpy(buf + len, child->name, child->name_len);
		len += child->name_len;
	}
	*out_len = len;
	return OK;
}
