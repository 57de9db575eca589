/*
 * Deadlines: the times at which something must happen (a wait ends, a timer fires), in order. Each CPU has a queue and
 * a hardware timer; a deadline is in the queue of the CPU that set it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <base/list.h>
#include <base/tree.h>

struct deadline_queue {
	struct tree by_time;
	uint64_t programmed_ns; /* what the hardware timer was set to */
};

struct deadline {
	struct tree_node node;        /* key: ns */
	struct list same;             /* ring of those at the same time */
	struct deadline_queue *queue; /* null: not set */
	bool is_in_tree;              /* the one of that ring */
	void (*expire)(struct deadline *deadline);
};

static inline bool deadline_is_set(const struct deadline *deadline)
{
	return deadline->queue;
}

void deadline_init(struct deadline_queue *queue);
void deadline_set(struct deadline *deadline, uint64_t ns,
                  void (*expire)(struct deadline *deadline));
void deadline_clear(struct deadline *deadline);
void deadline_changed(void); /* the hardware timer may have to be programmed again */
void deadline_program(void); /* does it */
