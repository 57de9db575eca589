/*
 * Domains: who pays, for how long, and how they end.
 */
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "ktest_fixture.h"
#include "page.h"
#include "timer.h"

static const struct domain_limits limits = {.pages = 60, .handles = 20, .threads = 2, .share = 256};

static struct domain *nested(struct domain *parent)
{
	struct domain *domain = domain_create(parent, &limits);

	KCHECK(domain);
	return domain;
}

/* The page outlives its domain, that domain's parent, and is the grandparent's in the end. */
KTEST(a_shared_page_is_always_paid_for)
{
	struct fixture f = fixture_create(300);
	struct domain *parent = nested(f.domain);
	struct domain *child = nested(parent);
	uint64_t before = f.domain->pages;
	paddr_t page = page_alloc(child);

	kobject_kill(&child->obj);
	kobject_unref(&child->obj);
	kobject_reap_all();
	KCHECK(parent->pages == 1);
	kobject_check(&parent->obj);
	kobject_kill(&parent->obj);
	kobject_unref(&parent->obj);
	kobject_reap_all();
	KCHECK(f.domain->pages == before + 1);
	kobject_check(&f.domain->obj);
	page_unref(page);
	KCHECK(f.domain->pages == before);
	fixture_destroy(&f);
}

KTEST(domains_nest_so_deep_and_no_deeper)
{
	struct fixture f = fixture_create(300);
	struct domain *domains[DOMAIN_DEPTH_MAX + 1];
	unsigned depth = f.domain->depth;

	domains[depth] = f.domain;
	for (; depth < DOMAIN_DEPTH_MAX; depth++)
		domains[depth + 1] = nested(domains[depth]);
	KCHECK(!domain_create(domains[depth], &limits));
	for (; depth > f.domain->depth; depth--)
		kobject_unref(&domains[depth]->obj);
	fixture_destroy(&f);
}

/* More than there are indices, all at once. */
KTEST(there_are_only_so_many_domains)
{
	struct fixture f = fixture_create(4000);
	struct domain *domain;
	unsigned count = 0;
	uint64_t pages;

	while ((domain = domain_create(f.domain, &limits)) != NULL && count < 2 * DOMAINS_MAX) {
		kobject_unref(&domain->obj);
		count++;
	}
	KCHECK(count > DOMAINS_MAX - 20 && count < DOMAINS_MAX);
	pages = f.domain->pages;
	KCHECK(!domain_create(f.domain, &limits));
	kobject_reap_all();
	KCHECK(f.domain->pages <= pages);
	domain = nested(f.domain);
	kobject_unref(&domain->obj);
	fixture_destroy(&f);
}

/* As many domains as there are indices, and more, each leaving a page behind for a while. */
KTEST(indices_of_domains_come_back)
{
	struct fixture f = fixture_create(300);
	paddr_t last = PADDR(0);

	for (unsigned i = 0; i < DOMAINS_MAX + 10; i++) {
		struct domain *domain = domain_create(f.domain, &limits);

		KCHECK(domain);
		if (!domain)
			break;
		if (last.value)
			page_unref(last);
		last = page_alloc(domain);
		kobject_unref(&domain->obj);
		kobject_reap_all();
	}
	page_unref(last);
	fixture_destroy(&f);
}

/* It was paid by a domain that is gone: it went with it. */
KTEST(a_watch_goes_with_the_domain_that_paid)
{
	struct fixture target = fixture_create(100);
	struct fixture owner = fixture_create(100);
	struct fixture payer = fixture_create(100);
	struct event *event = event_create(owner.domain);
	struct handle_entry *root = fixture_publish(&owner, &event->obj);
	handle_t handle;

	KCHECK(handle_derive_into(payer.process, root, ~0u, 0, &handle) == OK);
	KCHECK(process_watch(target.process, handle_find(payer.process, handle), 1) == OK);
	fixture_destroy(&payer);
	KCHECK(list_is_empty(&target.process->watches));
	process_end(target.process, PROCESS_EXITED, 0);
	kobject_reap_all();
	KCHECK(event_take(event, ~0ull) == 0);
	fixture_destroy(&target);
	fixture_destroy(&owner);
}

KTEST(a_dying_domain_takes_no_more_in)
{
	struct fixture f = fixture_create(300);

	for (unsigned i = 0; i < 20; i++)
		fixture_publish(&f, &event_create(f.domain)->obj);
	kobject_kill(&f.domain->obj);
	kobject_reap(3);
	KCHECK(!event_create(f.domain));
	KCHECK(!kobject_is_gone(&f.domain->obj));
	kobject_reap_all();
	KCHECK(kobject_is_gone(&f.domain->obj));
	fixture_destroy(&f);
}

/* Watchers learn of an end when what was held is free again, not before. */
KTEST(a_large_process_ends_in_steps)
{
	struct fixture f = fixture_create(1000);
	struct fixture watcher = fixture_create(100);
	struct event *event = event_create(watcher.domain);
	struct handle_entry *entry = fixture_publish(&watcher, &event->obj);
	uint64_t at = fixture_map(&f.process->aspace, NULL, NATIVE_BASE + (1ul << 30),
	                          600 * PAGE_SIZE, MAP_READ | MAP_WRITE);
	unsigned steps = 1;

	for (unsigned i = 0; i < 600; i++)
		KCHECK(fixture_touch(&f.process->aspace, at + i * PAGE_SIZE, MAP_WRITE));
	KCHECK(process_watch(f.process, entry, 1) == OK);
	process_end(f.process, PROCESS_EXITED, 0);
	while (!kobject_reap(100)) {
		KCHECK(event->bits == 0);
		steps++;
	}
	KCHECK(steps >= 6 && event->bits == 1);
	KCHECK(process_watch(f.process, entry, 2) == OK && event->bits == 3);
	fixture_destroy(&f);
	fixture_destroy(&watcher);
}

/* Nested to the limit, full of things that refer to each other. */
KTEST(deep_nesting_ends_in_steps)
{
	struct fixture f = fixture_create(2000);
	struct domain *domains[DOMAIN_DEPTH_MAX];
	struct domain *at = f.domain;
	unsigned depth = 0;

	while (at->depth < DOMAIN_DEPTH_MAX) {
		struct process *process;
		struct timer *timer;
		struct handle_entry *entry = fixture_publish(&f, &event_create(at)->obj);

		KCHECK(timer_create(at, entry, 1, &timer) == OK);
		KCHECK(timer_set(timer, 1ull << 60, 0) == OK);
		KCHECK(process_create(at, "deep", &process) == OK);
		kobject_ref(&process->obj);
		fixture_publish(&f, &process->obj);
		kobject_unref(&process->obj);
		kobject_unref(&timer->obj);
		at = domains[depth++] = domain_create(at, &f.domain->limits);
		KCHECK(at);
	}
	kobject_kill(&f.domain->obj);
	while (!kobject_reap(5))
		;
	while (depth > 0)
		kobject_unref(&domains[--depth]->obj);
	fixture_destroy(&f);
}
