/*
 * Granting capabilities: each kind of the manifest becomes one or two named handles in the new process.
 * Interrupts are created here, so that no driver holds the interrupt control: it gets the interrupt as
 * NAME and the event that it signals (bit 0) as NAME.event. init keeps its own handles to both until the
 * instance is gone and then closes them.
 */
#include "init/supervisor.h"

#include <base/string.h>
#include <libanon/log.h>
#include <libanon/spawn.h>
#include <libanon/time.h>
#include <user-services/device_ipc.h>

#define RIGHTS_PASS (RIGHT_DERIVE | RIGHT_TRANSFER)
#define RIGHTS_SERVE (RIGHT_RECEIVE | RIGHT_CALL | RIGHT_BADGE | RIGHTS_PASS)
#define RIGHTS_IMAGE (RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP | RIGHTS_PASS)
#define RIGHTS_DEVICE (RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHTS_PASS)
#define RIGHTS_EVENT (RIGHT_READ | RIGHT_WRITE | RIGHT_WAIT | RIGHTS_PASS)
#define RELEASE_PATIENCE_MS 2000

struct grant {
	struct supervisor *sup;
	struct instance *in;
	struct spawn *spawn;
	const struct manifest_cap *cap;
};

/* Give a handle of ours as the capability's name. */
static status_t give(struct grant *g, handle_t handle, uint32_t rights, uint64_t badge)
{
	if (handle_is_none(handle))
		return E_NOENT;
	spawn_give(g->spawn, g->cap->name, handle, rights, badge);
	return OK;
}

/* The same for a handle made only for this: its child in the process outlives it. */
static status_t give_away(struct grant *g, handle_t handle, uint32_t rights)
{
	status_t status = give(g, handle, rights, 0);

	(void)sys_handle_close(handle);
	return status;
}

static status_t hold(struct instance *in, status_t made, handle_t handle)
{
	if (made == OK)
		in->held[in->held_count++] = handle;
	return made;
}

/* What is made for the instance alone stays init's, too, until the instance is gone. */
static status_t make_held(struct instance *in, status_t (*make)(handle_t *out), handle_t *out)
{
	if (in->held_count == INSTANCE_HELD_MAX)
		return E_LIMIT;
	return hold(in, make(out), *out);
}

handle_t grant_target(struct supervisor *sup, const char *name)
{
	int at = manifest_find(&sup->manifest, name);

	return at < 0 ? HANDLE_NONE : sup->instances[at].endpoint;
}

/* In whose place init's own bindings come first: a new instance knows no name, and what is not bound yet is not absent. */
static status_t give_first(struct grant *g)
{
	status_t status = make_held(g->in, sys_endpoint_create, &g->in->first);

	if (status == OK)
		spawn_give(g->spawn, "serve.first", g->in->first, RIGHT_RECEIVE, 0);
	return status;
}

static status_t give_serve(struct grant *g)
{
	status_t status = g->in->conf->is_directory ? give_first(g) : OK;

	return status == OK ? give(g, g->in->endpoint, RIGHTS_SERVE, 0) : status;
}

/* The log tells its writers apart by badge. */
static uint64_t endpoint_badge(const struct grant *g)
{
	if (g->cap->badge == 0 && strcmp(g->cap->target, "log") == 0)
		return 1 + (uint64_t)(g->in - g->sup->instances);
	return g->cap->badge;
}

/* A service that this boot does not start has no endpoint for anybody: its clients find no handle. */
static status_t give_endpoint(struct grant *g)
{
	int at = manifest_find(&g->sup->manifest, g->cap->target);

	if (at >= 0 && g->sup->instances[at].state == INSTANCE_FAILED)
		return OK;
	if (at >= 0 && !manifest_wanted(&g->sup->manifest.services[at], g->sup->boot->cmdline))
		return OK;
	return give(g, grant_target(g->sup, g->cap->target), RIGHT_CALL | RIGHTS_PASS,
	            endpoint_badge(g));
}

static status_t give_domain(struct grant *g)
{
	return give(g, g->in->domain, RIGHT_READ | RIGHT_MANAGE | RIGHT_LOG | RIGHT_DERIVE, 0);
}

/*
 * What the service leaves in its vault is there for its next instance. It is within the budget, but not in the domain
 * that is killed with an instance.
 */
static status_t make_vault(struct instance *in)
{
	const struct manifest_service *conf = in->conf;
	const struct domain_limits limits = {
		.pages = conf->pages, .handles = conf->handles, .share = conf->share};
	status_t status = OK;

	if (handle_is_none(in->vault_domain))
		status = sys_domain_create(in->budget, &limits, &in->vault_domain);
	if (status == OK && handle_is_none(in->vault))
		status = sys_process_create(in->vault_domain, conf->name, strlen(conf->name),
		                            &in->vault);
	return status;
}

static status_t give_vault(struct grant *g)
{
	char name[MANIFEST_NAME + 8];
	status_t status = make_vault(g->in);

	if (status != OK)
		return status;
	string_copy(name, g->cap->name, sizeof(name));
	string_copy(name + strlen(name), ".domain", sizeof(name) - strlen(name));
	spawn_give(g->spawn, name, g->in->vault_domain, RIGHT_READ | RIGHT_MANAGE, 0);
	return give(g, g->in->vault, RIGHT_READ | RIGHT_MANAGE, 0);
}

static status_t give_ports(struct grant *g)
{
	handle_t ports;
	status_t status = sys_ioport_slice(g->sup->roots.ports, g->cap->first, g->cap->count,
	                                   &ports);

	return status == OK ? give_away(g, ports, RIGHT_READ | RIGHT_WRITE | RIGHTS_PASS) : status;
}

static status_t give_irq(struct grant *g)
{
	char name[MANIFEST_NAME + 8];
	handle_t event, line;
	status_t status;

	if (g->in->held_count + 2 > INSTANCE_HELD_MAX)
		return E_LIMIT;
	status = make_held(g->in, sys_event_create, &event);
	if (status != OK)
		return status;
	status = sys_interrupt_create(g->sup->roots.interrupts, g->cap->first, g->cap->count, event,
	                              1, &line);
	status = hold(g->in, status, line);
	if (status != OK)
		return status;
	string_copy(name, g->cap->name, sizeof(name));
	string_copy(name + strlen(name), ".event", sizeof(name) - strlen(name));
	spawn_give(g->spawn, name, event, RIGHTS_EVENT, 0);
	return give(g, line, RIGHT_READ | RIGHT_WRITE, 0);
}

static status_t give_interrupts(struct grant *g)
{
	return give(g, g->sup->roots.interrupts, RIGHT_MANAGE | RIGHT_READ | RIGHT_WRITE, 0);
}

static status_t give_physical(struct grant *g)
{
	return give(g, g->sup->roots.physical, RIGHTS_DEVICE | RIGHT_PHYSICAL, 0);
}

static status_t give_slice(struct grant *g, uint64_t first, uint64_t bytes, uint32_t flags)
{
	handle_t slice;
	status_t status = sys_memory_slice(g->sup->roots.physical, first, bytes, flags, &slice);

	return status == OK ? give_away(g, slice, RIGHTS_DEVICE) : status;
}

static status_t give_memory(struct grant *g)
{
	return give_slice(g, g->cap->first, g->cap->count, g->cap->flags);
}

/* Whole pages around the pixels; a machine without a screen gives nothing, and the service copes. */
static status_t give_framebuffer(struct grant *g)
{
	const struct boot_framebuffer *fb = &g->sup->boot->framebuffer;
	uint64_t first = fb->address & ~(PAGE_SIZE - 1);
	uint64_t end = fb->address + (uint64_t)fb->pitch * fb->height;

	if (fb->address == 0)
		return OK;
	end = (end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	return give_slice(g, first, end - first, MEMORY_WRITECOMBINE);
}

static status_t give_archive(struct grant *g)
{
	return give(g, g->sup->roots.archive, RIGHTS_IMAGE, 0);
}

/* To read, and to empty: their pages are then the machine's. A boot without extras gives nothing. */
static status_t give_extras(struct grant *g)
{
	if (handle_is_none(g->sup->roots.extras))
		return OK;
	return give(g, g->sup->roots.extras, RIGHT_READ | RIGHT_WRITE | RIGHT_MAP, 0);
}

static status_t give_boot(struct grant *g)
{
	return give(g, g->sup->roots.boot, RIGHT_READ | RIGHT_MAP, 0);
}

static status_t give_news(struct grant *g)
{
	status_t status = make_held(g->in, sys_event_create, &g->in->news);

	return status == OK ? give(g, g->in->news, RIGHTS_EVENT, 0) : status;
}

static status_t (*const givers[])(struct grant *g) = {
	[CAP_SERVE] = give_serve,
	[CAP_ENDPOINT] = give_endpoint,
	[CAP_HOLD] = give_endpoint,
	[CAP_DOMAIN] = give_domain,
	[CAP_PORTS] = give_ports,
	[CAP_IRQ] = give_irq,
	[CAP_INTERRUPTS] = give_interrupts,
	[CAP_PHYSICAL] = give_physical,
	[CAP_MEMORY] = give_memory,
	[CAP_FRAMEBUFFER] = give_framebuffer,
	[CAP_ARCHIVE] = give_archive,
	[CAP_EXTRAS] = give_extras,
	[CAP_BOOT] = give_boot,
	[CAP_NEWS] = give_news,
	[CAP_PCI] = give_endpoint,
	[CAP_VAULT] = give_vault,
};

status_t grant_all(struct supervisor *sup, struct instance *in, struct spawn *spawn)
{
	struct grant g = {.sup = sup, .in = in, .spawn = spawn};

	for (uint32_t i = 0; i < in->conf->cap_count; i++) {
		status_t status;

		g.cap = &in->conf->caps[i];
		status = givers[g.cap->kind](&g);
		if (status != OK) {
			log_error("%s: capability %s: %s", in->conf->name, g.cap->name,
			          status_name(status));
			return status;
		}
	}
	return OK;
}

void grant_withdraw(struct instance *in)
{
	while (in->held_count) {
		handle_t held = in->held[--in->held_count];

		(void)sys_handle_revoke(
			held); /* others may have it: they are to see that it is gone */
		(void)sys_handle_close(held);
	}
	in->news = HANDLE_NONE;
	in->first = HANDLE_NONE;
}

static bool calls(const struct instance *in, const char *name)
{
	for (uint32_t i = 0; i < in->conf->cap_count; i++) {
		if (in->conf->caps[i].kind == CAP_ENDPOINT &&
		    strcmp(in->conf->caps[i].target, name) == 0)
			return true;
	}
	return false;
}

void grant_tell(struct supervisor *sup, const struct instance *in)
{
	for (uint32_t i = 0; i < sup->manifest.count; i++) {
		struct instance *other = &sup->instances[i];

		if (other->state == INSTANCE_RUNNING && !handle_is_none(other->news) &&
		    calls(other, in->conf->name) && sys_event_signal(other->news, 1) != OK)
			log_warn("%s cannot be told that %s is back", other->conf->name,
			         in->conf->name);
	}
}

static void release_device(struct supervisor *sup, const struct manifest_cap *cap)
{
	const struct instance *manager =
		&sup->instances[manifest_find(&sup->manifest, cap->target)];
	handle_t device;
	status_t status;

	if (manager->state != INSTANCE_RUNNING)
		return; /* its next instance stops every device before it answers */
	status = sys_handle_derive(manager->endpoint, RIGHT_CALL, cap->badge, &device);
	if (status == OK) {
		status = device_release_until(device, deadline_in_ms(RELEASE_PATIENCE_MS));
		(void)sys_handle_close(device);
	}
	if (status != OK && status != E_NOENT)
		log_warn("%s: a device was not released: %s", cap->target, status_name(status));
}

void grant_release_devices(struct supervisor *sup, struct instance *in)
{
	for (uint32_t i = 0; i < in->conf->cap_count; i++) {
		if (in->conf->caps[i].kind == CAP_PCI)
			release_device(sup, &in->conf->caps[i]);
	}
}
