/*
 * Derivation trees: linking, closing, and the walk that revokes. Revocation works on the leftmost leaf each time,
 * so it can stop after any node and go on later without remembering where it was.
 */
#include "derivation.h"
#include <stddef.h>
#include <base/assert.h>
#include "handle.h"
#include "interrupt.h"
#include "kobject.h"
#include "mapping.h"
#include "process.h"
#include "progress.h"
#include "timer.h"

static struct derivation **head_of(struct kobject *object, struct derivation *parent)
{
	return parent ? &parent->children : &object->roots;
}

static void link_below(struct kobject *object, struct derivation *parent, struct derivation *node)
{
	struct derivation **head = head_of(object, parent);

	node->parent = parent;
	node->prev = NULL;
	node->next = *head;
	if (*head)
		(*head)->prev = node;
	*head = node;
}

/* What is being revoked grows no further, however deep, or revoking might never end. */
static bool is_being_revoked(const struct kobject *object, const struct derivation *node)
{
	if (object->revokes == 0)
		return false;
	while (node && !node->is_revoking)
		node = node->parent;
	return node != NULL;
}

bool derivation_may_insert(const struct kobject *object, const struct derivation *parent)
{
	return !object->is_dead && !is_being_revoked(object, parent);
}

bool derivation_insert(struct kobject *object, struct derivation *parent, struct derivation *node)
{
	bool is_allowed = derivation_may_insert(object, parent);

	if (is_allowed)
		link_below(object, parent, node);
	return is_allowed;
}

void derivation_insert_beside(struct kobject *object, struct derivation *of,
                              struct derivation *node)
{
	link_below(object, of->parent, node);
}

static void unlink_node(struct kobject *object, struct derivation *node)
{
	if (node->prev)
		node->prev->next = node->next;
	else
		*head_of(object, node->parent) = node->next;
	if (node->next)
		node->next->prev = node->prev;
	node->next = NULL;
	node->prev = NULL;
}

static void set_revoking(struct kobject *object, struct derivation *node, bool is_revoking)
{
	if (node->is_revoking == is_revoking)
		return;
	node->is_revoking = is_revoking;
	object->revokes += is_revoking ? 1 : -1u;
}

void derivation_remove(struct kobject *object, struct derivation *node)
{
	struct derivation *child;

	set_revoking(object, node, false);
	unlink_node(object, node);
	while ((child = node->children) != NULL) {
		unlink_node(object, child);
		link_below(object, node->parent, child);
	}
	node->parent = NULL;
}

void derivation_replace(struct kobject *object, struct derivation *old, struct derivation *node)
{
	node->is_revoking = old->is_revoking;
	old->is_revoking = false;
	node->parent = old->parent;
	node->next = old->next;
	node->prev = old->prev;
	node->children = old->children;
	if (node->prev)
		node->prev->next = node;
	else
		*head_of(object, node->parent) = node;
	if (node->next)
		node->next->prev = node;
	for (struct derivation *child = node->children; child; child = child->next)
		child->parent = node;
	old->parent = old->children = old->next = old->prev = NULL;
}

/* Each kind knows how to let go of itself; all of them end in derivation_remove. False when the budget did not do. */
static bool undo(struct derivation *node, unsigned *budget)
{
	switch ((enum derivation_kind)node->kind) {
	case DERIVATION_HANDLE: handle_undo(node); return true;
	case DERIVATION_MAPPING: return mapping_undo(node, budget);
	case DERIVATION_TIMER: timer_undo(node); return true;
	case DERIVATION_INTERRUPT: interrupt_undo(node); return true;
	case DERIVATION_WATCH: process_watch_undo(node); return true;
	}
	ASSERT(!"a derivation node of no kind");
	return true;
}

static struct derivation *leftmost_leaf(struct derivation *node)
{
	while (node->children)
		node = node->children;
	return node;
}

/* After a leaf comes the next one below its parent: a chain is not walked down again for each of its nodes. */
static struct derivation *undo_leaf(struct derivation *leaf, unsigned *budget)
{
	struct derivation *parent = leaf->parent;

	if (!undo(leaf, budget))
		return leaf;
	return parent ? leftmost_leaf(parent) : NULL;
}

bool derivation_revoke(struct kobject *object, struct derivation *node, unsigned *budget)
{
	struct derivation *at = leftmost_leaf(node);

	set_revoking(object, node, true);
	while (at != node) {
		if (!budget_take(budget))
			return false;
		at = undo_leaf(at, budget);
	}
	set_revoking(object, node, false);
	return true;
}

bool derivation_remove_all(struct kobject *object, unsigned *budget)
{
	struct derivation *at = NULL;

	while (object->roots) {
		if (!budget_take(budget))
			return false;
		at = undo_leaf(at ? at : leftmost_leaf(object->roots), budget);
	}
	return true;
}

bool derivation_hand_over(struct kobject *object, struct derivation *node, unsigned *budget)
{
	struct derivation *child;

	while ((child = node->children) != NULL && budget_take(budget)) {
		unlink_node(object, child);
		link_below(object, node->parent, child);
	}
	return !child;
}
