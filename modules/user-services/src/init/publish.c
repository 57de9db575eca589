/*
 * Names: every serving service is bound at /srv/NAME and at the paths its entry lists. What is bound is the
 * endpoint that init keeps, so a binding outlives its service's deaths and callers simply wait for the next
 * instance. When the tree service itself was restarted, everything is bound again; it answers nobody else before.
 */
#include "init/supervisor.h"

#include <base/format.h>
#include <libanon/log.h>
#include <libanon/time.h>
#include <object-tree/object_ipc.h>

#define BIND_PATIENCE_MS 1000
#define BIND_AFTER 2u
#define BIND_REPLACE 4u
#define RIGHTS_BOUND (RIGHT_CALL | RIGHT_DERIVE | RIGHT_TRANSFER)

static status_t bind(handle_t tree, handle_t endpoint, const char *path, uint64_t badge,
                     uint32_t flags)
{
	handle_t object;
	status_t status = sys_handle_derive(endpoint, RIGHTS_BOUND, badge, &object);

	if (status != OK)
		return status;
	status = object_bind_until(tree, deadline_in_ms(BIND_PATIENCE_MS), path + 1, object,
	                           RIGHTS_BOUND, flags);
	(void)sys_handle_close(object);
	/* Of a union: bound by an attempt whose answer was lost. */
	return status == E_EXIST ? OK : status;
}

/* Binding number `at` of an instance: /srv/NAME, then the listed ones. */
static status_t bind_number(handle_t tree, const struct instance *in, uint32_t at)
{
	char path[MANIFEST_NAME + 8];
	const struct manifest_bind *listed = &in->conf->binds[at ? at - 1 : 0];

	if (at != 0)
		return bind(tree, in->endpoint, listed->path, listed->badge,
		            listed->is_union ? BIND_AFTER : BIND_REPLACE);
	format_string(path, sizeof(path), "/srv/%s", in->conf->name);
	return bind(tree, in->endpoint, path, 0, BIND_REPLACE);
}

/* Bind what is missing of one instance; false when the tree did not answer. */
static bool publish(handle_t tree, struct instance *in)
{
	while (in->bound < 1 + in->conf->bind_count) {
		status_t status = bind_number(tree, in, in->bound);

		if (status == E_TIMEOUT || status == E_GONE)
			return false;
		if (status != OK)
			log_error("%s: binding %u: %s", in->conf->name, in->bound,
			          status_name(status));
		in->bound++;
	}
	return true;
}

static struct instance *find_tree(struct supervisor *sup)
{
	for (uint32_t i = 0; i < sup->manifest.count; i++) {
		struct instance *in = &sup->instances[i];

		if (in->conf->is_directory)
			return in->state == INSTANCE_RUNNING ? in : NULL;
	}
	return NULL;
}

static bool publish_in(struct supervisor *sup, handle_t tree)
{
	for (uint32_t i = 0; i < sup->manifest.count; i++) {
		struct instance *in = &sup->instances[i];

		/* The tree is where names are looked up, not one of them. */
		if (in->conf->is_directory || handle_is_none(in->endpoint) || in->starts == 0)
			continue;
		if (!publish(tree, in))
			return false;
	}
	return true;
}

bool publish_all(struct supervisor *sup)
{
	struct instance *tree = find_tree(sup);

	if (!tree)
		return true; /* its start, if there is one, brings us back here */
	if (handle_is_none(tree->first))
		return publish_in(sup, tree->endpoint);
	if (!publish_in(sup, tree->first))
		return false;
	(void)sys_handle_revoke(tree->first);
	tree->first = HANDLE_NONE; /* closed with all that is held */
	return true;
}

void publish_forget(struct supervisor *sup)
{
	for (uint32_t i = 0; i < sup->manifest.count; i++)
		sup->instances[i].bound = 0;
}
