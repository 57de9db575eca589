/*
 * Kernel objects: creation, reference counts, death. Each type's own file has the rest.
 *
 *   ALIVE --kobject_kill, or the last reference goes--> DYING (queued, shrunk in steps) --> GONE --no references--> freed
 */
#include "kobject.h"
#include <base/assert.h>
#include "cpu.h"
#include "domain.h"
#include "kalloc.h"
#include "panic.h"
#include "printk.h"
#include "progress.h"

#define KOBJECT_FREED 0xdeadb0b5u

static uint64_t next_id;
static uint64_t live_count;
struct list kobject_dying = LIST_INIT(kobject_dying);

void *kobject_create(struct domain *domain, uint8_t type, const struct kobject_ops *ops)
{
	char *block = domain->obj.is_dead ? NULL : kalloc(domain, ops->size);
	struct kobject *object;

	if (!block)
		return NULL;
	object = (struct kobject *)(block + ops->offset);
	object->magic = KOBJECT_MAGIC;
	object->type = type;
	object->refs = 1;
	object->id = __atomic_add_fetch(&next_id, 1, __ATOMIC_RELAXED);
	object->ops = ops;
	object->domain = domain;
	list_init(&object->reap_link);
	domain_adopt(domain, object);
	__atomic_fetch_add(&live_count, 1, __ATOMIC_RELAXED);
	return block;
}

void kobject_check(const struct kobject *object)
{
	if (object->magic != KOBJECT_MAGIC)
		panic("object at %p has no magic (%x): freed or overwritten", object,
		      object->magic);
	if (object->ops->check && !object->is_dead)
		object->ops->check(object);
}

void kobject_ref(struct kobject *object)
{
	ASSERT(object->magic == KOBJECT_MAGIC && object->refs > 0);
	__atomic_fetch_add(&object->refs, 1, __ATOMIC_RELAXED);
}

static void kobject_free(struct kobject *object)
{
	struct domain *domain = object->domain;

	ASSERT(!object->roots);
	if (object->ops->destroy)
		object->ops->destroy(object);
	object->magic = KOBJECT_FREED;
	domain_disown(domain, object);
	kfree(domain, (char *)object - object->ops->offset);
	__atomic_fetch_sub(&live_count, 1, __ATOMIC_RELAXED);
	domain_unref(domain);
}

static void queue(struct kobject *object)
{
	if (!object->is_queued)
		list_push_back(&kobject_dying, &object->reap_link);
	object->is_queued = true;
	cpu_pend(PENDING_REAP);
}

void kobject_unref(struct kobject *object)
{
	ASSERT(object->magic == KOBJECT_MAGIC && object->refs > 0);
	if (__atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL) == 0)
		queue(object);
}

void kobject_shrink(struct kobject *object)
{
	object->is_shrinking = true;
	queue(object);
}

void kobject_kill(struct kobject *object)
{
	if (object->is_killed)
		return;
	object->is_killed = true;
	object->is_dead = true;
	domain_mark_dying(object->domain, object);
	if (object->ops->kill)
		object->ops->kill(object);
	kobject_shrink(object);
}

bool kobject_is_gone(const struct kobject *object)
{
	return object->is_killed && !object->is_shrinking;
}

/* A step of the way to its end. While that goes on it is held, so that nothing on the way can end it. */
static bool work_on(struct kobject *object, unsigned *budget)
{
	bool is_done;

	object->refs++;
	if (object->refs == 1)
		kobject_kill(object);
	is_done = !object->is_killed || derivation_remove_all(object, budget);
	if (is_done && object->is_shrinking && object->ops->shrink)
		is_done = object->ops->shrink(object, budget);
	object->refs--;
	return is_done && (object->refs > 0 || object->is_killed);
}

static void leave_queue(struct kobject *object)
{
	list_remove(&object->reap_link);
	object->is_queued = false;
	object->is_shrinking = false;
	if (object->is_killed)
		domain_mark_gone(object->domain, object);
	if (object->refs == 0)
		kobject_free(object);
}

/* One that is not done while there is budget waits for others (a domain for its objects): they come first. */
bool kobject_reap(unsigned budget)
{
	while (!list_is_empty(&kobject_dying) && budget_take(&budget)) {
		struct kobject *object = list_entry(list_first(&kobject_dying), struct kobject,
		                                    reap_link);

		if (work_on(object, &budget)) {
			leave_queue(object);
		} else if (budget > 0) {
			list_remove(&object->reap_link);
			list_push_back(&kobject_dying, &object->reap_link);
		}
	}
	return list_is_empty(&kobject_dying);
}

void kobject_reap_all(void)
{
	while (!kobject_reap(STEP_BUDGET))
		;
}

void kobject_dump(const struct kobject *object)
{
	printk("%s #%lu refs %u%s domain #%lu\n", object->ops->name, object->id, object->refs,
	       object->is_dead ? " dead" : "", object->domain ? domain_id(object->domain) : 0);
	if (object->ops->dump)
		object->ops->dump(object);
}

uint64_t kobject_count(void)
{
	return live_count;
}
