/*
 * Starting services, noticing their death and starting them again. Each process signals one bit of init's
 * event when it ends; a bit only says "look", so spurious and merged signals do no harm. An instance that
 * fails again soon waits twice as long as before, up to 64 times its back-off.
 */
#include "init/supervisor.h"

#include "common/text.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/spawn.h>
#include <libanon/time.h>

#define STABLE_NS (10 * NS_PER_S) /* having run this long, earlier failures are forgiven */
#define BACKOFF_DOUBLINGS 6
#define BIND_RETRY_NS (200 * NS_PER_MS)

static uint32_t index_of(const struct supervisor *sup, const struct instance *in)
{
	return (uint32_t)(in - sup->instances);
}

const char *instance_state_name(enum instance_state state)
{
	static const char *const names[] = {"idle", "running", "resting", "failed", "stopped"};

	return names[state];
}

/* Where the program lies in the boot archive. */
static status_t find_program(struct supervisor *sup, const char *program, struct spawn_image *out)
{
	char path[MANIFEST_NAME + 8] = "native/";
	struct archive_entry entry;
	status_t status;

	string_copy(path + strlen(path), program, sizeof(path) - strlen(path));
	status = archive_find(&sup->archive, path, &entry);
	if (status == OK)
		*out = (struct spawn_image){sup->roots.archive, entry.offset, entry.bytes};
	return status;
}

/* Options that come of other directives stand first: a program to run may follow in args. */
static void add_args(struct spawn *spawn, const struct manifest_service *conf)
{
	char word[MANIFEST_ARGS];
	struct text rest = text_of(conf->args);

	if (conf->shares_root) {
		spawn_arg(spawn, "--shared-root");
		spawn_arg(spawn, "yes");
	}
	while (text_argument(&rest, word, sizeof(word)))
		spawn_arg(spawn, word);
}

static bool has_cap(const struct manifest_service *conf, enum cap_kind kind)
{
	for (uint32_t i = 0; i < conf->cap_count; i++) {
		if (conf->caps[i].kind == kind)
			return true;
	}
	return false;
}

/*
 * Whoever manages its domain could raise its limits; the outer domain still holds it to the budget. The vault of one
 * that has one is in the outer domain, beside the one that dies with the instance.
 */
static status_t make_domain(struct supervisor *sup, struct instance *in)
{
	const struct manifest_service *conf = in->conf;
	struct domain_limits limits = {.pages = conf->pages,
	                               .handles = conf->handles,
	                               .threads = conf->threads,
	                               .share = conf->share};
	status_t status = OK;

	if (handle_is_none(in->budget))
		status = sys_domain_create(sup->roots.domain, &limits, &in->budget);
	if (status != OK)
		return status;
	if (has_cap(conf, CAP_DOMAIN) || has_cap(conf, CAP_VAULT))
		return sys_domain_create(in->budget, &limits, &in->domain);
	in->domain = in->budget;
	return OK;
}

/* Create the process with all it is declared to have and let it run. */
static status_t launch(struct supervisor *sup, struct instance *in)
{
	struct spawn_image image;
	struct spawn spawn;
	status_t status = find_program(sup, in->conf->program, &image);

	if (status == OK)
		status = make_domain(sup, in);
	if (status != OK)
		return status;
	spawn_begin(&spawn, in->domain, in->conf->name, image,
	            clock_ns() ^ index_of(sup, in) << 20);
	add_args(&spawn, in->conf);
	status = grant_all(sup, in, &spawn);
	if (status != OK) {
		spawn_abandon(&spawn);
		return status;
	}
	status = spawn_start(&spawn, in->conf->priority, 0, &in->process);
	if (status == OK)
		status = sys_process_watch(in->process, sup->service.event, BIT(index_of(sup, in)));
	return status;
}

static void close(handle_t *handle)
{
	if (!handle_is_none(*handle))
		(void)sys_handle_close(*handle);
	*handle = HANDLE_NONE;
}

static void kill_domain(const struct instance *in, handle_t domain)
{
	if (!handle_is_none(domain) && sys_domain_kill(domain) != OK)
		log_warn("%s: its domain cannot be killed", in->conf->name);
}

/* All that the budget pays for, the vault included. */
static void close_budget(struct instance *in)
{
	kill_domain(in, in->budget);
	if (in->domain.value == in->budget.value)
		in->domain = HANDLE_NONE;
	close(&in->domain);
	close(&in->vault);
	close(&in->vault_domain);
	close(&in->budget);
}

/* Give back all that belonged to the last life of the instance, but for what is in its vault. */
static void bury(struct supervisor *sup, struct instance *in)
{
	if (handle_is_none(in->vault)) {
		close_budget(in);
	} else {
		kill_domain(in, in->domain);
		close(&in->domain);
	}
	close(&in->process);
	grant_withdraw(in);
	grant_release_devices(sup, in);
}

static uint64_t backoff_ns(const struct instance *in)
{
	uint32_t doublings = MIN(in->failures, BACKOFF_DOUBLINGS + 1u);

	return in->conf->backoff_ms * NS_PER_MS << (doublings ? doublings - 1 : 0);
}

/* Whether the policy lets the instance live again. */
static bool may_restart(const struct instance *in)
{
	switch (in->conf->restart) {
	case RESTART_ALWAYS: return true;
	case RESTART_ONCE: return in->starts < 2;
	default: return false;
	}
}

/* Nobody will ever answer: whoever waits, or calls later, is told so. */
static void give_up(struct instance *in)
{
	in->state = INSTANCE_FAILED;
	close_budget(in);
	log_error("%s is not started again", in->conf->name);
	if (handle_is_none(in->endpoint))
		return;
	(void)sys_handle_revoke(in->endpoint);
	(void)sys_handle_close(in->endpoint);
	in->endpoint = HANDLE_NONE;
}

static void rest(struct supervisor *sup, struct instance *in)
{
	if (clock_ns() - in->started_ns > STABLE_NS)
		in->failures = 0;
	in->failures++;
	bury(sup, in);
	if (sup->is_stopping && in->conf->level >= sup->stop_level && !in->conf->is_kept) {
		in->state = INSTANCE_STOPPED;
		return;
	}
	if (!may_restart(in)) {
		give_up(in);
		return;
	}
	in->state = INSTANCE_RESTING;
	in->start_at_ns = clock_ns() + backoff_ns(in);
}

static bool has_device_of(const struct instance *in, const char *manager)
{
	for (uint32_t i = 0; i < in->conf->cap_count; i++) {
		const struct manifest_cap *cap = &in->conf->caps[i];

		if (cap->kind == CAP_PCI && strcmp(cap->target, manager) == 0)
			return true;
	}
	return false;
}

/* The services that got their devices from this one must ask anew. It is not their failure. */
static void restart_dependants(struct supervisor *sup, struct instance *in)
{
	for (uint32_t i = 0; i < sup->manifest.count; i++) {
		struct instance *other = &sup->instances[i];

		if (other->state != INSTANCE_RUNNING || !has_device_of(other, in->conf->name))
			continue;
		other->failures = 0;
		(void)sys_process_kill(other->process, PROCESS_STATUS_KILLED);
	}
}

static void start(struct supervisor *sup, struct instance *in)
{
	status_t status;

	in->starts++;
	in->started_ns = clock_ns();
	status = launch(sup, in);
	if (status != OK) {
		log_error("%s cannot be started: %s", in->conf->name, status_name(status));
		bury(sup, in);
		if (status == E_NOENT)
			give_up(in); /* this image does not have the program */
		else
			rest(sup, in);
		return;
	}
	in->state = INSTANCE_RUNNING;
	if (in->starts == 1)
		return;
	if (in->conf->is_directory)
		publish_forget(sup);
	restart_dependants(sup, in);
	grant_tell(sup, in);
}

/* One line on how an instance ended. */
static void log_end(const struct instance *in, const struct process_info *info)
{
	if (info->state == PROCESS_FAULTED)
		log_error("%s faulted: exception %lu at ip %#lx, address %#lx", in->conf->name,
		          info->status, info->fault_ip, info->fault_address);
	else if (info->status == PROCESS_STATUS_KILLED)
		log_warn("%s was killed", in->conf->name);
	else
		log_warn("%s ended with status %ld", in->conf->name, (long)info->status);
}

static void look_at(struct supervisor *sup, struct instance *in)
{
	struct process_info info;

	if (in->state != INSTANCE_RUNNING)
		return;
	if (sys_process_info(in->process, &info) == OK) {
		if (info.state == PROCESS_RUNNING)
			return;
		log_end(in, &info);
	}
	rest(sup, in);
}

static void start_due(struct supervisor *sup)
{
	uint64_t now = clock_ns();

	for (uint32_t i = 0; i < sup->manifest.count; i++) {
		struct instance *in = &sup->instances[i];

		if (in->state == INSTANCE_RESTING && in->start_at_ns <= now)
			start(sup, in);
	}
}

void supervisor_set_timer(struct supervisor *sup)
{
	uint64_t first = publish_all(sup) ? 0 : clock_ns() + BIND_RETRY_NS;

	for (uint32_t i = 0; i < sup->manifest.count; i++) {
		const struct instance *in = &sup->instances[i];

		if (in->state == INSTANCE_RESTING && (first == 0 || in->start_at_ns < first))
			first = MAX(in->start_at_ns, 1ul);
	}
	if (sys_timer_set(sup->timer, first, 0) != OK)
		log_error("the supervisor's timer cannot be set");
}

void supervisor_event(struct supervisor *sup, uint64_t bits)
{
	for (uint32_t i = 0; i < sup->manifest.count; i++) {
		if (bits & BIT(i))
			look_at(sup, &sup->instances[i]);
	}
	start_due(sup);
	supervisor_set_timer(sup);
}

/* On another CPU a service may look for those below it at once: their names are bound first. */
void supervisor_start_all(struct supervisor *sup)
{
	for (uint32_t level = 0; level <= MANIFEST_LEVEL_MAX; level++) {
		for (uint32_t i = 0; i < sup->manifest.count; i++) {
			struct instance *in = &sup->instances[i];

			if (in->state == INSTANCE_IDLE && in->conf->level == level &&
			    manifest_wanted(in->conf, sup->boot->cmdline))
				start(sup, in);
		}
		(void)publish_all(sup); /* what is not bound yet is tried again by the timer */
	}
	supervisor_set_timer(sup);
}

status_t supervisor_kill(struct supervisor *sup, const char *name)
{
	int at = manifest_find(&sup->manifest, name);

	if (at < 0 || sup->instances[at].state != INSTANCE_RUNNING)
		return E_NOENT;
	sup->instances[at].failures = 0; /* what is asked for is not its failure */
	return sys_process_kill(sup->instances[at].process, PROCESS_STATUS_KILLED);
}

static void stop_level(struct supervisor *sup, uint32_t level)
{
	for (uint32_t i = 0; i < sup->manifest.count; i++) {
		struct instance *in = &sup->instances[i];

		if (in->conf->level != level || in->conf->is_kept)
			continue;
		if (in->state == INSTANCE_RUNNING)
			bury(sup, in);
		close_budget(in);
		if (in->state != INSTANCE_IDLE)
			in->state = INSTANCE_STOPPED;
	}
}

void supervisor_stop(struct supervisor *sup, uint32_t level)
{
	sup->is_stopping = true;
	sup->stop_level = level;
	for (uint32_t at = MANIFEST_LEVEL_MAX + 1; at-- > level;)
		stop_level(sup, at);
}
