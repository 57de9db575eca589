/*
 * Memory figures: what the kernel counts for the whole machine, and, through init, for each service.
 */
#include "common/client.h"
#include "common/service.h"

#include <base/bits.h>

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

static const struct object_method methods[] = {
	{"stats", "Bytes and counts of the whole machine.", NULL,
         "{faults: uint, free: uint, handles: uint, kernel: uint, objects: uint, total: uint}",
         OBJECT_MAY_READ, method_stats},
	{"domains", "What each service's domain uses.", "from?: uint",
         "{next: uint, services: [map]}", OBJECT_MAY_READ, client_pass_on_services},
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
