/*
 * Domains. A charge walks from the domain to the root and is undone when a limit refuses it on the way. Pages
 * name their domain by a 16-bit index; when a domain is freed while another still shares one of its pages, the
 * index is handed to its parent, and on to the parent's, so a page is always paid for by somebody.
 *
 * [a] atomic   [I] fixed at creation
 */
#include "domain.h"
#include <base/assert.h>
#include <base/bits.h>
#include "page.h"
#include "printk.h"
#include "process.h"
#include "progress.h"
#include <microkernel/errors.h>

#define DEFAULT_SHARE 256u

static bool domain_shrink(struct kobject *object, unsigned *budget);
static void domain_destroy(struct kobject *object);
static void domain_dump(const struct kobject *object);
static void domain_check(const struct kobject *object);

static const struct kobject_ops domain_ops = {
	.name = "domain",
	.size = sizeof(struct domain),
	.shrink = domain_shrink,
	.destroy = domain_destroy,
	.dump = domain_dump,
	.check = domain_check,
};

static struct domain root; /* the machine's own account: no limits */

/* Who pays for the pages that bear an index: the domain that got it or, when that is gone, its nearest ancestor
 * alive. An index is free again when no page bears it. */
static struct payer {
	struct domain *domain; /* null: the index is free */
	struct list link;      /* in domain->indices */
	uint64_t pages;        /* [a] */
} payers[DOMAINS_MAX];

struct domain *domain_root(void)
{
	return &root;
}

static void init_lists(struct domain *domain)
{
	list_init(&domain->objects);
	list_init(&domain->dying);
	list_init(&domain->gone);
	list_init(&domain->watches);
	list_init(&domain->indices);
}

void domain_init(void)
{
	init_lists(&root);
	list_init(&root.obj.domain_link);
	root.obj.magic = KOBJECT_MAGIC;
	root.obj.type = OBJECT_DOMAIN;
	root.obj.ops = &domain_ops;
	root.obj.refs = 1;
	root.obj.domain = NULL;
	root.limits = (struct domain_limits){UINT64_MAX, UINT32_MAX, UINT32_MAX, DEFAULT_SHARE, 0};
	payers[0].domain = &root;
}

/* Index 0 is the root's, so 0 also says that none is free. */
static uint16_t claim_index(struct domain *domain)
{
	uint16_t index = 0;

	for (unsigned i = 1; i < DOMAINS_MAX && !index; i++) {
		if (!payers[i].domain) {
			payers[i].domain = domain;
			list_push_back(&domain->indices, &payers[i].link);
			index = (uint16_t)i;
		}
	}
	return index;
}

status_t domain_check_limits(const struct domain_limits *limits)
{
	if (limits->share < 1 || limits->share > 1024 || limits->reserved)
		return E_INVAL;
	return OK;
}

struct domain *domain_create(struct domain *parent, const struct domain_limits *limits)
{
	struct domain *domain;

	if (parent->depth + 1 > DOMAIN_DEPTH_MAX)
		return NULL;
	domain = kobject_create(parent, OBJECT_DOMAIN, &domain_ops);
	if (!domain)
		return NULL;
	init_lists(domain);
	domain->parent = parent;
	domain->depth = parent->depth + 1;
	domain->limits = *limits;
	domain->index = claim_index(domain);
	if (!domain->index) {
		kobject_unref(&domain->obj);
		return NULL;
	}
	return domain;
}

void domain_set_limits(struct domain *domain, const struct domain_limits *limits)
{
	domain->limits = *limits;
}

static uint64_t pages_of(const struct domain *domain)
{
	return domain->pages + (domain->bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

static uint64_t pages_available(const struct domain *domain)
{
	uint64_t available = page_free_count();

	for (; domain; domain = domain->parent) {
		uint64_t used = pages_of(domain);

		available = MIN(available,
		                domain->limits.pages > used ? domain->limits.pages - used : 0);
	}
	return available;
}

void domain_get_info(struct domain *domain, struct domain_info *out)
{
	*out = (struct domain_info){
		.limits = domain->limits,
		.pages_used = pages_of(domain),
		.pages_available = pages_available(domain),
		.handles_used = domain->handles,
		.threads_used = domain->threads,
		.objects = domain->object_count,
		.processes = domain->processes,
		.cpu_ns = clock_ticks_to_ns(domain->cpu_ticks),
	};
}

void domain_unref(struct domain *domain)
{
	if (domain != &root)
		kobject_unref(&domain->obj);
}

uint64_t domain_id(const struct domain *domain)
{
	return domain->obj.id;
}

uint16_t domain_take_page(struct domain *domain)
{
	__atomic_fetch_add(&payers[domain->index].pages, 1, __ATOMIC_RELAXED);
	return domain->index;
}

struct domain *domain_payer(uint16_t index)
{
	return payers[index].domain;
}

/* An index whose domain is gone goes with its last page. */
void domain_drop_page(uint16_t index)
{
	struct payer *payer = &payers[index];

	if (__atomic_sub_fetch(&payer->pages, 1, __ATOMIC_RELAXED) || payer->domain->index == index)
		return;
	list_remove(&payer->link);
	payer->domain = NULL;
}

bool domain_charge_pages(struct domain *domain, uint64_t count)
{
	struct domain *d;

	for (d = domain; d; d = d->parent) {
		if (pages_of(d) + count > d->limits.pages)
			break;
		__atomic_fetch_add(&d->pages, count, __ATOMIC_RELAXED);
	}
	if (!d)
		return true;
	for (struct domain *undo = domain; undo != d; undo = undo->parent)
		__atomic_fetch_sub(&undo->pages, count, __ATOMIC_RELAXED);
	return false;
}

void domain_credit_pages(struct domain *domain, uint64_t count)
{
	for (; domain; domain = domain->parent) {
		ASSERT(domain->pages >= count);
		__atomic_fetch_sub(&domain->pages, count, __ATOMIC_RELAXED);
	}
}

bool domain_charge_bytes(struct domain *domain, uint32_t bytes)
{
	struct domain *d;

	for (d = domain; d; d = d->parent) {
		if (d->pages + (d->bytes + bytes + PAGE_SIZE - 1) / PAGE_SIZE > d->limits.pages)
			break;
		__atomic_fetch_add(&d->bytes, bytes, __ATOMIC_RELAXED);
	}
	if (!d)
		return true;
	for (struct domain *undo = domain; undo != d; undo = undo->parent)
		__atomic_fetch_sub(&undo->bytes, bytes, __ATOMIC_RELAXED);
	return false;
}

void domain_credit_bytes(struct domain *domain, uint32_t bytes)
{
	for (; domain; domain = domain->parent)
		__atomic_fetch_sub(&domain->bytes, bytes, __ATOMIC_RELAXED);
}

/* Counts of 32 bits with a limit: handles and threads. */
static bool charge_count(struct domain *domain, size_t counter, size_t limit)
{
	struct domain *d;

	for (d = domain; d; d = d->parent) {
		uint32_t *count = (uint32_t *)((char *)d + counter);

		if (*count >= *(uint32_t *)((char *)d + limit))
			break;
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
	}
	if (!d)
		return true;
	for (struct domain *undo = domain; undo != d; undo = undo->parent)
		__atomic_fetch_sub((uint32_t *)((char *)undo + counter), 1, __ATOMIC_RELAXED);
	return false;
}

static void credit_count(struct domain *domain, size_t counter)
{
	for (; domain; domain = domain->parent)
		__atomic_fetch_sub((uint32_t *)((char *)domain + counter), 1, __ATOMIC_RELAXED);
}

bool domain_charge_handle(struct domain *domain)
{
	return charge_count(domain, offsetof(struct domain, handles),
	                    offsetof(struct domain, limits.handles));
}

void domain_credit_handle(struct domain *domain)
{
	credit_count(domain, offsetof(struct domain, handles));
}

bool domain_charge_thread(struct domain *domain)
{
	return charge_count(domain, offsetof(struct domain, threads),
	                    offsetof(struct domain, limits.threads));
}

void domain_credit_thread(struct domain *domain)
{
	credit_count(domain, offsetof(struct domain, threads));
}

void domain_add_cpu_ticks(struct domain *domain, uint64_t ticks)
{
	for (; domain; domain = domain->parent)
		domain->cpu_ticks += ticks;
}

void domain_adopt(struct domain *domain, struct kobject *object)
{
	bool is_first = object->type == OBJECT_PROCESS || object->type == OBJECT_DOMAIN;

	if (domain != &root)
		kobject_ref(&domain->obj);
	list_insert_before(&object->domain_link,
	                   is_first ? domain->objects.next : &domain->objects);
	domain->object_count++;
}

void domain_disown(struct domain *domain, struct kobject *object)
{
	list_remove(&object->domain_link);
	domain->object_count--;
}

static void move_to(struct list *list, struct kobject *object)
{
	list_remove(&object->domain_link);
	list_push_back(list, &object->domain_link);
}

void domain_mark_dying(struct domain *domain, struct kobject *object)
{
	move_to(&domain->dying, object);
}

void domain_mark_gone(struct domain *domain, struct kobject *object)
{
	move_to(&domain->gone, object);
}

/* Nested domains are objects of this one, so killing all objects kills them too. Processes go first: what they
 * hold goes with them, and nothing new comes into being. It is done when all that it held is given back. */
static bool domain_shrink(struct kobject *object, unsigned *budget)
{
	struct domain *domain = container_of(object, struct domain, obj);

	while (!list_is_empty(&domain->objects)) {
		if (!budget_take(budget))
			return false;
		kobject_kill(list_entry(list_first(&domain->objects), struct kobject, domain_link));
	}
	if (!list_is_empty(&domain->dying))
		return false;
	while (!list_is_empty(&domain->watches)) {
		if (!budget_take(budget))
			return false;
		process_watch_free(
			list_entry(list_first(&domain->watches), struct process_watch, by_payer));
	}
	return true;
}

/* Pages that others still share are the parent's to pay for; in its count they are already. */
static void leave_index(struct payer *payer, struct domain *parent)
{
	list_remove(&payer->link);
	payer->domain = payer->pages ? parent : NULL;
	if (payer->domain)
		list_push_back(&parent->indices, &payer->link);
}

static void domain_destroy(struct kobject *object)
{
	struct domain *domain = container_of(object, struct domain, obj);

	ASSERT(!domain->object_count && list_is_empty(&domain->watches));
	while (!list_is_empty(&domain->indices))
		leave_index(list_entry(list_first(&domain->indices), struct payer, link),
		            domain->parent);
}

static void domain_dump(const struct kobject *object)
{
	const struct domain *domain = container_of(object, const struct domain, obj);

	printk("  pages %lu of %lu, handles %u, threads %u, objects %u\n", pages_of(domain),
	       domain->limits.pages, domain->handles, domain->threads, domain->object_count);
}

/* Adds what the objects of a list that are domains were charged; returns how many objects there are. */
static uint32_t add_nested(const struct list *objects, uint64_t *pages, uint64_t *bytes)
{
	struct list *at;
	uint32_t count = 0;

	list_for_each (at, objects) {
		struct kobject *object = list_entry(at, struct kobject, domain_link);

		ASSERT(object->magic == KOBJECT_MAGIC);
		count++;
		if (object->type == OBJECT_DOMAIN) {
			*pages += container_of(object, struct domain, obj)->pages;
			*bytes += container_of(object, struct domain, obj)->bytes;
		}
	}
	return count;
}

/* The books: pages that bear its indices and what nested domains were charged are what it was charged. */
static void domain_check(const struct kobject *object)
{
	const struct domain *domain = container_of(object, const struct domain, obj);
	uint64_t pages = domain == &root ? payers[0].pages : 0;
	uint64_t bytes = 0;
	uint32_t count = add_nested(&domain->objects, &pages, &bytes) +
	                 add_nested(&domain->dying, &pages, &bytes) +
	                 add_nested(&domain->gone, &pages, &bytes);
	struct list *at;

	list_for_each (at, &domain->indices)
		pages += list_entry(at, struct payer, link)->pages;
	ASSERT(count == domain->object_count && pages == domain->pages && bytes <= domain->bytes);
}
