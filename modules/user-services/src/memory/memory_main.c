/*
 * Memory figures: what the kernel counts for the whole machine, and, through init, for each service.
 */
#include "common/client.h"
#include "common/service.h"

#include <base/bits.h>
#include <libanon/start.h>
#include <libanon/time.h>

#define PATIENCE_MS 2000

static struct service self;

static status_t method_stats(struct object_call *call)
{
	struct cbor_mark map;
	struct system_info info;
	status_t status = sys_system_info(&info);

	if (status != OK)
		return status;
	map = cbor_open_map(&call->result);
	service_put_uint(&call->result, "faults", info.faults);
	service_put_uint(&call->result, "free", info.pages_free * PAGE_SIZE);
	service_put_uint(&call->result, "handles", info.handles);
	service_put_uint(&call->result, "kernel", info.kernel_pages * PAGE_SIZE);
	service_put_uint(&call->result, "objects", info.objects);
	service_put_uint(&call->result, "total", info.pages_total * PAGE_SIZE);
	cbor_close(&call->result, map);
	return OK;
}

/* init knows the domains; its answer is passed on. */
static status_t method_domains(struct object_call *call)
{
	struct client_call ask;
	uint64_t from = 0;
	status_t status = object_arg_uint(call, "from", &from);

	if (status != OK)
		return status;
	client_begin(&ask);
	client_put_uint(&ask, "from", from);
	status = client_call(&ask, start_handle("init"), "services", deadline_in_ms(PATIENCE_MS));
	if (status != OK)
		return status;
	cbor_put_raw(&call->result, ask.result, ask.result_len);
	return OK;
}

static const struct object_method methods[] = {
	{"stats", "Bytes and counts of the whole machine.", NULL,
         "{faults: uint, free: uint, handles: uint, kernel: uint, objects: uint, total: uint}",
         OBJECT_MAY_READ, method_stats},
	{"domains", "What each service's domain uses.", "from?: uint",
         "{next: uint, services: [map]}", OBJECT_MAY_READ, method_domains},
};
static const struct object_type type = {.name = "memory",
                                        .doc = "Memory figures.",
                                        .methods = methods,
                                        .method_count = ARRAY_SIZE(methods)};

int main(int argc, char **argv)
{
	(void)argc, (void)argv;
	if (service_begin(&self, HANDLE_NONE, NULL, NULL) != OK)
		return 1;
	return service_run(&self, &type);
}
