/*
 * Intrusive doubly linked circular lists. The head is a node like any other; an unlinked node points at
 * itself, so removing twice is harmless and list_is_linked tells the truth after list_remove.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name) \
	{ \
		&(name), &(name) \
	}

/* The structure that holds `member` at `ptr`. */
#define container_of(ptr, type, member) \
	({ \
		__typeof__(((type *)0)->member) *member_pointer_ = (ptr); \
		(type *)(void *)((char *)member_pointer_ - offsetof(type, member)); \
	})
#define list_entry(node, type, member) container_of(node, type, member)

/* `pos` is a struct list *; the body must not unlink it. */
#define list_for_each(pos, head) for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)
/* The body may unlink and free `pos`. */
#define list_for_each_safe(pos, following, head) \
	for ((pos) = (head)->next, (following) = (pos)->next; (pos) != (head); \
	     (pos) = (following), (following) = (pos)->next)

static inline void list_init(struct list *node)
{
	node->next = node;
	node->prev = node;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline bool list_is_linked(const struct list *node)
{
	return node->next != node;
}

static inline void list_insert_before(struct list *node, struct list *before)
{
	node->next = before;
	node->prev = before->prev;
	before->prev->next = node;
	before->prev = node;
}

static inline void list_push_back(struct list *head, struct list *node)
{
	list_insert_before(node, head);
}

static inline void list_push_front(struct list *head, struct list *node)
{
	list_insert_before(node, head->next);
}

static inline void list_remove(struct list *node)
{
	struct list *next = node->next;
	struct list *prev = node->prev;

	prev->next = next;
	next->prev = prev;
	list_init(node);
}

/* Null when the list is empty. */
static inline struct list *list_first(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->next;
}

static inline struct list *list_last(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->prev;
}

/* Appends all of `from` to `to`; `from` is empty afterwards. */
static inline void list_splice(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}
