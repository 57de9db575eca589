/*
 * Walking a path across servers. Each server says which objects take the walk further (object.ipc, lookup);
 * they are tried depth first, in its order, from a small stack. Nothing bounds what a hostile server may
 * answer but this side: the steps of a walk and the places that wait are limited, and `used` is checked.
 */
#include <base/string.h>
#include <object-tree/object.h>
#include "ask_again.h"

static void close_place(const struct obj_place *place)
{
	if (!place->is_root)
		ipc_close(place->server);
}

static void start_at_root(struct obj_walk *walk)
{
	walk->places[0] = (struct obj_place){walk->root, walk->path, true};
	walk->count = 1;
	walk->has_found = false;
	walk->status = E_NOENT;
}

void obj_walk_begin(struct obj_walk *walk, handle_t root, const char *path)
{
	*walk = (struct obj_walk){.root = root, .path = path, .tries_left = ASK_TRIES};
	start_at_root(walk);
}

void obj_walk_end(struct obj_walk *walk)
{
	while (walk->count > 0)
		close_place(&walk->places[--walk->count]);
}

/* Failures say more than absence: the first one is what the walk ends with if it finds nothing. */
static void note(struct obj_walk *walk, status_t status)
{
	if (walk->status == E_NOENT && status != E_UNSUPPORTED)
		walk->status = status;
	else if (walk->status == E_NOTDIR && status != E_NOENT && status != E_UNSUPPORTED)
		walk->status = status;
}

static void push(struct obj_walk *walk, handle_t server, const char *rest, uint32_t used)
{
	if (handle_is_none(server))
		return;
	if (used > strlen(rest) || walk->count >= OBJ_WALK_MAX) {
		note(walk, used > strlen(rest) ? E_PROTO : E_LIMIT);
		ipc_close(server);
		return;
	}
	walk->places[walk->count++] = (struct obj_place){server, rest + used, false};
}

static void ask(struct obj_walk *walk, const struct obj_place *place)
{
	handle_t found[3];
	uint32_t used[3];
	status_t status;

	ASK_AGAIN(status, object_lookup(place->server, place->rest, NULL, &used[0], &used[1],
	                                &used[2], &found[0], &found[1], &found[2]));
	if (status != OK) {
		note(walk, status);
		return;
	}
	for (unsigned i = 3; i > 0; i--) /* the first goes on top */
		push(walk, found[i - 1], place->rest, used[i - 1]);
}

bool obj_walk_anew(struct obj_walk *walk)
{
	if (walk->tries_left <= 1)
		return false;
	walk->tries_left--;
	obj_walk_end(walk);
	start_at_root(walk);
	return true;
}

/* A directory on the way may have ended with its server, too. */
static bool begin_anew(struct obj_walk *walk)
{
	return !walk->has_found && walk->status == E_GONE && obj_walk_anew(walk);
}

status_t obj_walk_next(struct obj_walk *walk, handle_t *out_object)
{
	while (walk->count > 0 || begin_anew(walk)) {
		struct obj_place place = walk->places[--walk->count];
		if (!place.is_root && place.rest[0] == 0) {
			walk->has_found = true;
			*out_object = place.server;
			return OK;
		}
		if (++walk->steps > OBJ_STEPS_MAX)
			note(walk, E_LOOP);
		else
			ask(walk, &place);
		close_place(&place);
	}
	return walk->status;
}

status_t obj_resolve(handle_t root, const char *path, handle_t *out_object)
{
	struct obj_walk walk;

	obj_walk_begin(&walk, root, path);
	status_t status = obj_walk_next(&walk, out_object);
	obj_walk_end(&walk);
	return status;
}
