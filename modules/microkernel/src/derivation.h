/*
 * Derivation: the tree of ways by which an object is held. A handle derived from another is its child; a mapping
 * or a binding made through a handle is that handle's child too, so revoking the handle undoes it. Closing a node
 * hands its children to its parent. It changes under the exclusive kernel lock only; look-ups of handles do with the
 * shared one.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct kobject;

enum derivation_kind {
	DERIVATION_HANDLE = 1,
	DERIVATION_MAPPING,
	DERIVATION_TIMER,     /* a timer made through an event handle */
	DERIVATION_INTERRUPT, /* an interrupt bound through an event handle */
	DERIVATION_WATCH,     /* a process watch bound through an event handle */
};

struct derivation {
	struct derivation *parent;
	struct derivation *children;
	struct derivation *next;
	struct derivation *prev;
	uint32_t number; /* of a handle: that by which its process knows it, or will */
	uint16_t
		rights; /* RIGHT_* bits: of a handle, or what its children may have; a free slot has none */
	uint8_t kind;            /* enum derivation_kind; 0: not in a tree */
	uint8_t state : 7;       /* of a handle: enum handle_state */
	uint8_t is_revoking : 1; /* nothing new below it */
};

/* Whether a node can be linked below parent (null: as a root). Not when that, or one above it, is being revoked. */
bool derivation_may_insert(const struct kobject *object, const struct derivation *parent);
/* Links node below parent. False when it may not be. */
bool derivation_insert(struct kobject *object, struct derivation *parent, struct derivation *node);
/* Links node beside of: the same way of holding the object, now in two pieces. */
void derivation_insert_beside(struct kobject *object, struct derivation *of,
                              struct derivation *node);
/* Takes node out; its children become its parent's. */
void derivation_remove(struct kobject *object, struct derivation *node);
/* Puts node in the place of old, children included. */
void derivation_replace(struct kobject *object, struct derivation *old, struct derivation *node);
/* Undoes nodes below node, leaves first, within a budget, which it counts down. True when none is left. */
bool derivation_revoke(struct kobject *object, struct derivation *node, unsigned *budget);
/* The same with all nodes of the object. */
bool derivation_remove_all(struct kobject *object, unsigned *budget);
/* Gives node's children to its parent, as derivation_remove does, within a budget. True when none is left. */
bool derivation_hand_over(struct kobject *object, struct derivation *node, unsigned *budget);
