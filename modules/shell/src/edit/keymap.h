/*
 * Which key runs which command.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edit/command.h"

enum { KEYMAP_SIZE = 256 };

struct binding {
	uint32_t key;
	const struct command *command;
};

struct keymap {
	struct binding bindings[KEYMAP_SIZE];
	size_t count;
};

/* The bindings that people expect, see docs/modules/shell-editing.md. */
void keymap_init(struct keymap *keymap);
/* NULL if the key is not bound. With Alt, a capital letter that is not bound counts as the small one. */
const struct command *keymap_find(const struct keymap *keymap, uint32_t key);
/* A NULL command unbinds. False when there is no room. */
bool keymap_bind(struct keymap *keymap, uint32_t key, const struct command *command);
