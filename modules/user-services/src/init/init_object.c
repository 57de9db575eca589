/*
 * init as an object: what runs, and, for those whom the manifest gave a handle with badge 1, ending one
 * service or all of them. The handle bound in the tree has badge 0 and can only look.
 */
#include "common/service.h"
#include "init/supervisor.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>

#define BADGE_CONTROL 1ul
#define RESULT_ROOM 3500

static struct supervisor *sup; /* there is one init */

static void put_usage(struct object_call *call, const struct instance *in)
{
	struct domain_info info;

	if (in->state != INSTANCE_RUNNING || sys_domain_info(in->budget, &info) != OK)
		return;
	service_put_uint(&call->result, "cpu", info.cpu_ns);
	service_put_uint(&call->result, "handles", info.handles_used);
	service_put_uint(&call->result, "limit", info.limits.pages);
	service_put_uint(&call->result, "pages", info.pages_used);
	service_put_uint(&call->result, "threads", info.threads_used);
}

/* Nobody supervises init, and who asks it sees it run. */
static const char *state_name(const struct instance *in)
{
	return strcmp(in->conf->name, MANIFEST_SELF) == 0 ? "running"
	                                                  : instance_state_name(in->state);
}

static void put_instance(struct object_call *call, const struct instance *in)
{
	struct cbor_mark map = cbor_open_map(&call->result);

	put_usage(call, in);
	service_put_uint(&call->result, "level", in->conf->level);
	service_put_text(&call->result, "name", in->conf->name);
	service_put_uint(&call->result, "starts", in->starts);
	service_put_text(&call->result, "state", state_name(in));
	cbor_close(&call->result, map);
}

static status_t method_services(struct object_call *call)
{
	struct cbor_mark map;
	struct cbor_mark array;
	uint64_t from = 0;
	uint32_t i;
	status_t status = object_arg_uint(call, "from", &from);

	if (status != OK || from > sup->manifest.count)
		return E_INVAL;
	map = cbor_open_map(&call->result);
	cbor_put_text(&call->result, "services");
	array = cbor_open_array(&call->result);
	for (i = (uint32_t)from; i < sup->manifest.count && call->result.len < RESULT_ROOM; i++)
		put_instance(call, &sup->instances[i]);
	cbor_close(&call->result, array);
	service_put_uint(&call->result, "next", i < sup->manifest.count ? i : 0);
	cbor_close(&call->result, map);
	return OK;
}

static status_t method_kill(struct object_call *call)
{
	char name[MANIFEST_NAME];
	status_t status = object_arg_text(call, "name", name, sizeof(name));

	return status == OK ? supervisor_kill(sup, name) : status;
}

static status_t method_stop(struct object_call *call)
{
	uint64_t level;
	status_t status = object_arg_uint(call, "level", &level);

	if (status != OK || level > MANIFEST_LEVEL_MAX)
		return E_INVAL;
	supervisor_stop(sup, (uint32_t)level);
	return OK;
}

static const struct object_method methods[] = {
	{"services", "Every service, its state and what its domain uses; `next` is 0 at the end.",
         "from?: uint", "{next: uint, services: [map]}", OBJECT_MAY_READ, method_services},
	{"kill", "End a service; it starts again as its policy says. For the process manager.",
         "name: text", NULL, OBJECT_MAY_MANAGE, method_kill},
	{"stop", "End all services from this level up, for good. For the power service.",
         "level: uint", NULL, OBJECT_MAY_MANAGE, method_stop},
};
static const struct object_type type = {.name = "init",
                                        .doc = "The supervisor of the services.",
                                        .methods = methods,
                                        .method_count = ARRAY_SIZE(methods)};

static uint32_t granted(uint64_t badge)
{
	return badge == BADGE_CONTROL ? OBJECT_MAY_ALL : OBJECT_MAY_READ;
}

const struct object_type *init_object_type(struct supervisor *supervisor)
{
	sup = supervisor;
	sup->service.granted = granted;
	return &type;
}
