/*
 * The namespace: which objects are bound at which paths. It knows nothing of messages; the service in
 * tree_main.c puts it behind object.ipc.
 *
 * Nodes form a trie of names. A node with bindings shows their objects, a node without is a directory that
 * the bindings below it brought into being. Unions follow Plan 9: a member bound `before` is tried before
 * what the path shows anyway, one bound `after` behind it; a plain binding hides what lies under it.
 *
 * All operations start at a node (`at`), the root of what the caller was given, and never leave it upwards.
 */
#pragma once
#include <base/list.h>
#include <base/tree.h>
#include <microkernel/abi.h>
#include <microkernel/errors.h>

#define NAMESPACE_NODES_MAX 4096u
#define NAMESPACE_MEMBERS_MAX 8u  /* bindings of one node */
#define NAMESPACE_WATCHES_MAX 16u /* of one node */
#define NAMESPACE_DEPTH_MAX 32u   /* components of a path */
#define NAMESPACE_NAME_MAX 255u
#define NAMESPACE_CANDIDATES 3u

#define BIND_BEFORE 1u
#define BIND_AFTER 2u
#define BIND_REPLACE 4u

enum name_order { NAME_BEFORE, NAME_PLAIN, NAME_AFTER };

/* What is bound: an object's handle with its rights. */
struct name_target {
	handle_t object;
	uint32_t rights;
	uint64_t id; /* of the object, and its badge: to tell objects apart */
	uint64_t badge;
	struct name_node *view; /* the object is this directory of the same namespace; else NULL */
};

struct name_binding {
	struct list link;
	struct name_target target;
	enum name_order order;
};

struct name_watch {
	struct list link;
	handle_t event;
	uint64_t bits;
};

struct name_node {
	struct tree_node by_number; /* key: number of the node, never reused; 0 is the root */
	struct name_node *parent;
	struct list siblings;
	struct list children; /* in the order in which they came, so that a cursor stays valid */
	struct list bindings; /* in the order in which they are tried */
	struct list watches;
	bool is_pinned; /* handed out as a directory: stays even when empty */
	bool is_marked; /* by the search for cycles */
	uint8_t name_len;
	char name[];
};

struct namespace_ops {
	void *(*alloc)(void *context, size_t bytes); /* NULL: no memory */
	void (*free)(void *context, void *block);
	void (*release)(void *context,
	                handle_t handle); /* an object or event is not needed any more */
	status_t (*signal)(void *context, handle_t event,
	                   uint64_t bits); /* not OK: drop the watch */
};

struct namespace
{
	const struct namespace_ops *ops;
	void *context;
	struct tree nodes;
	struct name_node *root;
	uint64_t next_number;
};

/* What a path may name, in the order in which to try. binding NULL: the node itself, as a directory. */
struct name_candidate {
	struct name_node *node;
	struct name_binding *binding;
	uint32_t used; /* bytes of the path behind which the walk goes on */
};
struct name_candidates {
	uint32_t count;
	struct name_candidate at[NAMESPACE_CANDIDATES];
};

/* The root is node 0; further nodes get numbers from first_number (at least 1) on. */
status_t namespace_init(struct namespace *ns, const struct namespace_ops *ops, void *context,
                        uint64_t first_number);
void namespace_destroy(struct namespace *ns);

/* The node with this number, or NULL. */
struct name_node *namespace_node(const struct namespace *ns, uint64_t number);
uint64_t name_node_number(const struct name_node *node);
bool name_node_is_directory(const struct name_node *node);
struct name_step;
struct name_node *name_node_child(const struct name_node *node, const struct name_step *step);

/* On OK the namespace owns the target's handle. */
status_t namespace_bind(struct namespace *ns, struct name_node *at, const char *path,
                        const struct name_target *target, uint32_t flags);
/* Removes all bindings at path. */
status_t namespace_unbind(struct namespace *ns, struct name_node *at, const char *path);
status_t namespace_lookup(struct namespace *ns, struct name_node *at, const char *path,
                          struct name_candidates *out);
/* The directory at path, pinned; with may_make it comes into being. E_NOTDIR: an object is bound there. */
status_t namespace_directory(struct namespace *ns, struct name_node *at, const char *path,
                             bool may_make, struct name_node **out);
/* Entries as in object.ipc from cursor on; *out_next 0 at the end. */
status_t namespace_list(const struct name_node *at, uint64_t cursor, uint8_t *buf, uint32_t size,
                        uint32_t *out_len, uint64_t *out_next);
/* On OK the namespace owns the event's handle. */
status_t namespace_watch(struct namespace *ns, struct name_node *at, handle_t event, uint64_t bits);
