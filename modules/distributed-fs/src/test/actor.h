/* Does random things to a store and its model, and checks that they answer alike. */
#pragma once

#include <base/random.h>
#include <distributed-fs/store.h>

#include "model.h"

struct actor {
	struct store *store;
	struct model *model;
	struct random random;
	uint8_t *buffer;   /* MODEL_FILE_MAX bytes */
	size_t write_max;  /* bytes of the largest write */
	uint64_t file_max; /* bytes of the largest file */
};

void actor_init(struct actor *actor, struct store *store, struct model *model, uint64_t seed);
void actor_free(struct actor *actor);
/* One random operation. Without `has_refs`, nothing is held open. */
void actor_step(struct actor *actor, bool has_refs);
/* What a reopened store forgets. */
void actor_forget_refs(struct actor *actor);
