/*
 * Deadlines: the times at which something must happen on this CPU (a wait ends, a timer fires), in order.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <base/list.h>
#include <base/tree.h>

struct deadline {
	struct tree_node node; /* key: ns */
	struct list same;      /* ring of those at the same time */
	bool is_set;
	bool is_in_tree; /* the one of that ring */
	void (*expire)(struct deadline *deadline);
};

void deadline_init(void);
void deadline_set(struct deadline *deadline, uint64_t ns,
                  void (*expire)(struct deadline *deadline));
void deadline_clear(struct deadline *deadline);
void deadline_changed(void); /* the hardware timer may have to be programmed again */
void deadline_program(void); /* does it */
