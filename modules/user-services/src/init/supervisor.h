/*
 * init's state: the parsed manifest, the root capabilities and one instance per service. Everything runs on
 * one thread, so nothing is locked.
 *
 *   IDLE --start--> RUNNING --dies--> RESTING --back-off over--> RUNNING
 *                      |   \--policy spent--> FAILED
 *                      +--stop--> STOPPED
 *
 * A service's endpoint lives as long as init: clients' handles stay good over restarts.
 */
#pragma once
#include "common/service.h"
#include "init/manifest.h"

#include <libanon/archive.h>

enum instance_state {
	INSTANCE_IDLE,
	INSTANCE_RUNNING,
	INSTANCE_RESTING,
	INSTANCE_FAILED,
	INSTANCE_STOPPED
};

#define INSTANCE_HELD_MAX \
	4 /* handles init keeps for a running instance: interrupts and their events */

struct instance {
	const struct manifest_service *conf;
	enum instance_state state;
	handle_t endpoint; /* NONE when the service does not serve */
	handle_t budget;   /* the domain whose limits the manifest sets */
	handle_t domain; /* the one the process is in: the same, or nested when it may manage it */
	handle_t process;
	handle_t
		vault; /* a process without threads, for the handles that outlive an instance; or NONE */
	handle_t vault_domain; /* pays for them; within the budget, which then outlives it, too */
	handle_t held[INSTANCE_HELD_MAX];
	uint32_t held_count;
	handle_t news; /* one of held, or NONE */
	handle_t
		first; /* the tree's: init alone calls it, until all names are bound; one of held, or NONE */
	uint32_t starts;
	uint32_t failures; /* in a row */
	uint64_t started_ns, start_at_ns;
	uint32_t bound; /* how many of its bindings stand in the tree */
};

struct roots {
	handle_t domain, boot, archive, extras, physical, ports, interrupts;
};

struct supervisor {
	struct manifest manifest;
	struct instance instances[MANIFEST_SERVICES_MAX];
	struct roots roots;
	const struct boot_info *boot;
	struct archive archive;
	handle_t endpoint; /* init's own */
	handle_t timer;
	bool is_stopping;
	uint32_t stop_level;
	struct service service; /* bit i of its event: look at instance i */
};

#define SUPERVISOR_TICK (1ul << 63) /* the timer's bit */

/* supervise.c: life and death */
void supervisor_start_all(struct supervisor *sup);
void supervisor_event(struct supervisor *sup, uint64_t bits);
/* End a running service; it comes back as its policy says. */
status_t supervisor_kill(struct supervisor *sup, const char *name);
/* End everything at this level and above, highest first, for good; entries marked `keep` stay. */
void supervisor_stop(struct supervisor *sup, uint32_t level);
void supervisor_set_timer(struct supervisor *sup);
const char *instance_state_name(enum instance_state state);

/* grant.c: what the manifest gives */
struct spawn;
/* On an error the start is to be given up: a service never runs with less than it was declared. */
status_t grant_all(struct supervisor *sup, struct instance *in, struct spawn *spawn);
void grant_withdraw(struct instance *in);
/* The endpoint that a capability's target answers. */
handle_t grant_target(struct supervisor *sup, const char *name);
/* Tell whoever calls this instance that it was started again. */
void grant_tell(struct supervisor *sup, const struct instance *in);
/* Tell the device manager that the driver of these devices is gone. */
void grant_release_devices(struct supervisor *sup, struct instance *in);

/* publish.c: names in the tree */
/* Bind what is not bound yet; true when nothing is left to do. Then the tree answers everybody. */
bool publish_all(struct supervisor *sup);
/* The tree has lost its bindings. */
void publish_forget(struct supervisor *sup);

/* init_object.c */
const struct object_type *init_object_type(struct supervisor *supervisor);
