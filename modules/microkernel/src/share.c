/*
 * A domain's share is a weight for all its threads together. Threads of one priority take turns, and a turn is 5 ms for the
 * usual weight; so those of one domain who take turns with others divide it among them. A nested domain has its part of what
 * the one around it has: the least over all levels counts. A level to which all belong who take turns here is divided by
 * nobody, and long turns are cheaper than short ones.
 *
 * It is looked at when somebody begins to wait for the end of a turn; the threads are those of one CPU's queue.
 */
#include "share.h"
#include <base/bits.h>
#include "domain.h"
#include "thread.h"

#define SLICE_NS 5000000ull
#define SLICE_LEAST_NS 100000ull /* some hundred times what a switch takes */
#define SHARE_NORMAL 256u
#define LOOK_AGAIN_NS 500000u /* those who wake one another all the time need not look each time */
#define LOOKS 64u             /* at those who wait */

/* The ancestors of one domain, itself the last, and of those who take turns how many are in each but not in the next. */
struct levels {
	const struct domain *domains[DOMAIN_DEPTH_MAX + 1];
	uint32_t counts[DOMAIN_DEPTH_MAX + 1];
	unsigned last;
};

static void name_levels(struct levels *levels, const struct domain *domain)
{
	levels->last = domain->depth;
	for (; domain; domain = domain->parent)
		levels->domains[domain->depth] = domain;
}

/* The innermost of the levels that the domain is in. */
static unsigned common_level(const struct levels *levels, const struct domain *domain)
{
	while (domain->depth > levels->last || levels->domains[domain->depth] != domain)
		domain = domain->parent;
	return domain->depth;
}

/* The payer among them. */
static uint32_t count_members(struct levels *levels, const struct list *waiting)
{
	const struct list *at = waiting->next;
	uint32_t all = 1;

	levels->counts[levels->last] = 1;
	for (; all <= LOOKS && at != waiting; at = at->next, all++) {
		const struct thread *other = list_entry(at, const struct thread, queue_link);

		levels->counts[common_level(levels, other->obj.domain)]++;
	}
	return all;
}

static uint64_t slice_of(uint32_t share)
{
	return SLICE_NS * share / SHARE_NORMAL;
}

/* The root's share is nobody's to divide: there is nothing beside it. */
static uint64_t least_part(const struct domain *domain, const struct list *waiting)
{
	struct levels levels = {.last = domain->depth};
	uint64_t least = slice_of(domain->limits.share);
	uint32_t members = 0, all;

	name_levels(&levels, domain);
	all = count_members(&levels, waiting);
	for (unsigned level = levels.last; level > 0; level--) {
		uint64_t whole = slice_of(levels.domains[level]->limits.share);

		members += levels.counts[level];
		least = MIN(least, members < all ? whole / members : whole);
	}
	return MAX(least, SLICE_LEAST_NS);
}

/* Nearly always all who wait are of one domain. */
static bool are_all_of(const struct domain *domain, const struct list *waiting)
{
	const struct list *at = waiting->next;

	for (unsigned i = 0; i < LOOKS && at != waiting; i++, at = at->next)
		if (list_entry(at, const struct thread, queue_link)->obj.domain != domain)
			return false;
	return true;
}

static uint32_t least_share(const struct domain *domain)
{
	uint32_t share = domain->limits.share;

	for (; domain->parent; domain = domain->parent)
		share = MIN(share, domain->limits.share);
	return share;
}

uint64_t share_slice_ns(const struct thread *payer, const struct list *waiting,
                        struct share_look *last, uint64_t begin_ns)
{
	const struct domain *domain = payer->obj.domain;

	if (begin_ns - last->at_ns > LOOK_AGAIN_NS) {
		last->at_ns = begin_ns;
		last->is_mixed = !are_all_of(domain, waiting);
	}
	return last->is_mixed ? least_part(domain, waiting) : slice_of(least_share(domain));
}
