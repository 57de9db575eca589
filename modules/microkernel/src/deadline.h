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
	bool is_set;
	void (*expire)(struct deadline *deadline);
};

void deadline_init(void);
void deadline_set(struct deadline *deadline, uint64_t ns, void (*expire)(struct deadline *deadline));
void deadline_clear(struct deadline *deadline);
void deadline_changed(void); /* the hardware timer may have to be programmed again */
void deadline_program(void); /* does it */
