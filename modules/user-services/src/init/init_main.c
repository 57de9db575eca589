/*
 * init, the root task: the one program the kernel starts, with the root capabilities. It reads the image
 * manifest from the boot archive, starts every service with exactly what its entry says, and stays to watch
 * over them. It never calls a service above its own level; the tree and the device manager it calls with a
 * deadline, so no service's misbehaviour can hold it up for good. docs/manifest.md describes the manifest.
 */
#include "init/supervisor.h"

#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>

static struct supervisor sup;
static struct boot_info boot;

static void find_roots(struct roots *roots)
{
	roots->domain = start_handle("domain");
	roots->boot = start_handle("boot");
	roots->archive = start_handle("archive");
	roots->extras = start_handle("extras");
	roots->physical = start_handle("physical");
	roots->ports = start_handle("ports");
	roots->interrupts = start_handle("interrupts");
}

static status_t read_boot(void)
{
	status_t status;
	void *at;

	status = sys_memory_read(sup.roots.boot, 0, &boot, sizeof(boot));
	if (status != OK)
		return status;
	sup.boot = &boot;
	if (boot.magic != START_MAGIC)
		return E_VERSION;
	status = memory_map(sup.roots.archive, 0, boot.archive_bytes, MAP_READ, &at);
	if (status == OK)
		archive_init(&sup.archive, at, boot.archive_bytes);
	return status;
}

static bool read_manifest(void)
{
	struct manifest_error error;
	struct archive_entry entry;

	if (archive_find(&sup.archive, "manifest", &entry) != OK) {
		log_error("the boot archive has no /manifest");
		return false;
	}
	if (manifest_parse(&sup.manifest, (const char *)entry.data, entry.bytes, &error) &&
	    manifest_check(&sup.manifest, &error))
		return true;
	log_error("/manifest:%u: %s", error.line, error.text);
	return false;
}

static status_t make_endpoint(struct instance *in)
{
	return manifest_serves(in->conf) ? sys_endpoint_create(&in->endpoint) : OK;
}

static status_t make_instances(void)
{
	for (uint32_t i = 0; i < sup.manifest.count; i++) {
		struct instance *in = &sup.instances[i];
		status_t status;

		in->conf = &sup.manifest.services[i];
		status = make_endpoint(in);
		if (status != OK)
			return status;
	}
	return OK;
}

/* init's own entry is an instance that is never started. */
static void adopt_self(void)
{
	int at = manifest_find(&sup.manifest, MANIFEST_SELF);

	if (at < 0)
		return;
	sup.instances[at].state = INSTANCE_STOPPED;
	sup.instances[at].starts = 1;
	sup.endpoint = sup.instances[at].endpoint;
}

static void on_event(struct server *server, uint64_t bits)
{
	(void)server;
	supervisor_event(&sup, bits);
}

static status_t make_server(void)
{
	status_t status = service_begin_at(&sup.service, sup.endpoint, HANDLE_NONE, on_event, &sup);

	if (status == OK)
		status = sys_timer_create(sup.service.event, SUPERVISOR_TICK, &sup.timer);
	return status;
}

int main(int argc, char **argv)
{
	status_t status;

	(void)argc, (void)argv;
	find_roots(&sup.roots);
	status = read_boot();
	if (status == OK && !read_manifest())
		return 1;
	if (status == OK)
		status = make_instances();
	adopt_self();
	if (status == OK)
		status = make_server();
	if (status != OK) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	supervisor_start_all(&sup);
	return service_run(&sup.service, init_object_type(&sup));
}
