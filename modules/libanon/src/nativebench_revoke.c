/*
 * 100,000 handles in four processes, all derived from one and a hundred deep, taken back by one system call: what that costs
 * for each of them, and how long somebody more important waits meanwhile.
 */
#include <base/bits.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include "nativebench.h"

#define HANDLES 100000u
#define HOLDERS 4u
#define DEPTH 100u
#define SAMPLES_PERIOD_NS 77777u /* no part of what a step takes */

static handle_t holders[HOLDERS];
static handle_t root;

/* From each handle of a chain, as many as there are to be at that depth, one process after the other. */
static void grow_tree(void)
{
	handle_t parent = root, child = HANDLE_NONE;

	for (unsigned depth = 0; depth < DEPTH; depth++) {
		for (unsigned i = 1; i < HANDLES / DEPTH; i++)
			must(sys_handle_install(holders[i % HOLDERS], parent, ~0u, 0, &child),
			     "handle_install");
		must(sys_handle_derive(parent, ~0u, 0, &child), "handle_derive");
		parent = child;
	}
}

static void revoke_tree(void)
{
	must(sys_handle_revoke(root), "handle_revoke");
}

static uint32_t handles_of(handle_t domain)
{
	struct domain_info info;

	must(sys_domain_info(domain, &info), "domain_info");
	return info.handles_used;
}

static handle_t make_holders(void)
{
	struct domain_limits limits = {8192, 2 * HANDLES, 16, 256, 0};
	handle_t domain = HANDLE_NONE;

	must(sys_domain_create(HANDLE_NONE, &limits, &domain), "domain_create");
	must(sys_event_create(&root), "event_create");
	for (unsigned i = 0; i < HOLDERS; i++)
		must(sys_process_create(domain, "holder", 6, &holders[i]), "process_create");
	return domain;
}

void measure_revoke(void)
{
	handle_t domain = make_holders();
	uint64_t spent, before = handles_of(own_domain());

	grow_tree();
	must(handles_of(own_domain()) == before + HANDLES ? OK : E_INVAL, "100,000 handles");
	spent = ticks();
	revoke_tree();
	spent = ticks() - spent;
	must(handles_of(own_domain()) == before && !handles_of(domain) ? OK : E_INVAL,
	     "no handle left");
	print_row("native_revoke_per_handle", spent * 10 / HANDLES);
	grow_tree();
	print_row("native_revoke_delay_max",
	          longest_delay_during(revoke_tree, SAMPLES_PERIOD_NS) * 10);
	must(handles_of(own_domain()) == before ? OK : E_INVAL, "no handle left");
	must(sys_domain_kill(domain), "domain_kill");
}
