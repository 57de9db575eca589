/*
 * Turns: the threads of a domain divide its share among them, if others take turns with them.
 */
#include "ktest_fixture.h"
#include "share.h"

#define USUAL 5000000ull /* nanoseconds */
#define CROWD 80u

/* Threads that are nothing but members of a domain, in line for one CPU. */
static struct thread line[CROWD];
static struct list waiting;

static void line_up(unsigned from, unsigned to, struct domain *domain)
{
	if (from == 0)
		list_init(&waiting);
	for (unsigned i = from; i < to; i++) {
		line[i] = (struct thread){.obj = {.domain = domain}};
		list_push_back(&waiting, &line[i].queue_link);
	}
}

/* Of one of this domain, which is not in line. */
static uint64_t turn(struct domain *domain)
{
	struct thread payer = {.obj = {.domain = domain}};
	struct share_look look = {0};

	return share_slice_ns(&payer, &waiting, &look, 1000000);
}

static struct domain *make(struct domain *parent, uint32_t share)
{
	struct domain_limits limits = {.pages = 10, .handles = 1, .threads = 1, .share = share};
	struct domain *domain = domain_create(parent, &limits);

	ASSERT(domain);
	return domain;
}

static void drop(struct domain *domain)
{
	kobject_kill(&domain->obj);
	kobject_unref(&domain->obj);
	kobject_reap_all();
}

KTEST(a_domain_divides_its_turn_among_its_threads)
{
	struct domain *one = make(domain_root(), 256), *other = make(domain_root(), 512);

	line_up(0, 3, other);
	KCHECK(turn(one) == USUAL);
	line_up(0, 2, other);
	line_up(2, 3, one);
	KCHECK(turn(other) == 2 * USUAL / 3);
	drop(one);
	drop(other);
}

KTEST(nobody_divides_what_all_belong_to)
{
	struct domain *only = make(domain_root(), 128);

	line_up(0, 10, only);
	KCHECK(turn(only) == USUAL / 2);
	line_up(0, 10, domain_root());
	KCHECK(turn(domain_root()) == USUAL);
	drop(only);
}

/* By a nested domain nobody gets more than the one around it has. */
KTEST(nested_domains_divide_what_is_around_them)
{
	struct domain *outer = make(domain_root(), 256), *other = make(domain_root(), 256);
	struct domain *small = make(outer, 1024), *large = make(outer, 128);

	line_up(0, 3, large);
	line_up(3, 4, other);
	KCHECK(turn(small) == USUAL / 4);
	line_up(0, 2, large);
	line_up(2, 3, small);
	KCHECK(turn(large) == USUAL / 2 / 3);
	line_up(3, 4, other);
	KCHECK(turn(large) == USUAL / 2 / 3);
	KCHECK(turn(other) == USUAL / 2);
	drop(small);
	drop(large);
	drop(outer);
	drop(other);
}

KTEST(a_turn_is_never_too_short)
{
	struct domain *one = make(domain_root(), 256), *other = make(domain_root(), 256);

	line_up(0, 1, one);
	line_up(1, CROWD, other);
	KCHECK(turn(other) == 100000 && turn(one) == USUAL / 2);
	drop(one);
	drop(other);
}
