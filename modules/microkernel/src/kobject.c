/*
 * Kernel objects: creation, reference counts, death. Each type's own file has the rest.
 */
#include "kobject.h"
#include <base/assert.h>
#include "cpu.h"
#include "domain.h"
#include "kalloc.h"
#include "panic.h"
#include "printk.h"

#define KOBJECT_FREED 0xdeadb0b5u

static uint64_t next_id;
static uint64_t live_count;
static struct kobject *unheld;

void *kobject_create(struct domain *domain, uint8_t type, const struct kobject_ops *ops)
{
	char *block = kalloc(domain, ops->size);
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
	spin_init(&object->lock, LOCK_RANK_DERIVATION);
	domain_adopt(domain, object);
	__atomic_fetch_add(&live_count, 1, __ATOMIC_RELAXED);
	return block;
}

void kobject_check(const struct kobject *object)
{
	if (object->magic != KOBJECT_MAGIC)
		panic("object at %p has no magic (%x): freed or overwritten", object, object->magic);
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

void kobject_unref(struct kobject *object)
{
	ASSERT(object->magic == KOBJECT_MAGIC && object->refs > 0);
	if (__atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL))
		return;
	object->next_unheld = unheld;
	unheld = object;
	cpu_pend(PENDING_REAP);
}

static void reap_one(struct kobject *object)
{
	if (object->is_dead) {
		kobject_free(object);
		return;
	}
	object->refs = 1; /* kill may take and drop references */
	kobject_kill(object);
	kobject_unref(object);
}

void kobject_reap(void)
{
	struct kobject *object;

	while ((object = unheld) != NULL) {
		unheld = object->next_unheld;
		reap_one(object);
	}
}

void kobject_kill(struct kobject *object)
{
	if (object->is_dead)
		return;
	object->is_dead = true;
	if (object->ops->kill)
		object->ops->kill(object);
	derivation_remove_all(object);
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
