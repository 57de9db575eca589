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

bool derivation_insert(struct kobject *object, struct derivation *parent, struct derivation *node)
{
	bool is_allowed;

	spin_lock(&object->lock);
	is_allowed = !(parent && parent->is_revoking) && !object->is_dead;
	if (is_allowed)
		link_below(object, parent, node);
	spin_unlock(&object->lock);
	return is_allowed;
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

void derivation_remove(struct kobject *object, struct derivation *node)
{
	struct derivation *child;

	spin_lock(&object->lock);
	unlink_node(object, node);
	while ((child = node->children) != NULL) {
		unlink_node(object, child);
		link_below(object, node->parent, child);
	}
	node->parent = NULL;
	spin_unlock(&object->lock);
}

void derivation_replace(struct kobject *object, struct derivation *old, struct derivation *node)
{
	spin_lock(&object->lock);
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
	spin_unlock(&object->lock);
}

/* Each kind knows how to let go of itself; all of them end in derivation_remove. */
static void undo(struct derivation *node)
{
	switch ((enum derivation_kind)node->kind) {
	case DERIVATION_HANDLE:
		handle_undo(node);
		return;
	case DERIVATION_MAPPING:
		mapping_undo(node);
		return;
	case DERIVATION_TIMER:
		timer_undo(node);
		return;
	case DERIVATION_INTERRUPT:
		interrupt_undo(node);
		return;
	case DERIVATION_WATCH:
		process_watch_undo(node);
		return;
	}
	ASSERT(!"a derivation node of no kind");
}

static struct derivation *leftmost_leaf(struct derivation *node)
{
	while (node->children)
		node = node->children;
	return node;
}

bool derivation_revoke(struct kobject *object, struct derivation *node, unsigned budget)
{
	(void)object;
	node->is_revoking = true;
	while (node->children) {
		if (budget-- == 0)
			return false;
		undo(leftmost_leaf(node->children));
	}
	node->is_revoking = false;
	return true;
}

void derivation_remove_all(struct kobject *object)
{
	while (object->roots)
		undo(leftmost_leaf(object->roots));
}
