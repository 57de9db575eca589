/*
 * What all kernel objects have in common: a type, a number, references, the domain that pays, and the tree of
 * handles, mappings and bindings through which the object is held (derivation.h).
 *
 * An object dies in two steps. Killed (its domain was killed, or its last way of use is gone): its handles are
 * taken away, its waiters wake with E_GONE. Freed: when the last reference is dropped.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <base/list.h>
#include <microkernel/objects.h>
#include "derivation.h"
#include "lock.h"

struct domain;
struct kobject;

#define KOBJECT_MAGIC 0x6a626f6bu

struct kobject_ops {
	const char *name;
	uint32_t size;
	uint32_t offset; /* of the struct kobject within the object */
	/* Wakes waiters and lets go of everything; may be called once only, with no lock held. */
	void (*kill)(struct kobject *object);
	/* Frees what kill left; the memory of the object itself is freed by kobject_unref. */
	void (*destroy)(struct kobject *object);
	/* A handle with these rights came into being or went. Null: not interested. */
	void (*handle_opened)(struct kobject *object, uint32_t rights);
	void (*handle_closed)(struct kobject *object, uint32_t rights);
	void (*dump)(const struct kobject *object);
	/* Verifies the invariants; runs after each operation in debug kernels. */
	void (*check)(const struct kobject *object);
};

struct kobject {
	uint32_t magic;                 /* [I] KOBJECT_MAGIC while alive */
	uint8_t type;                   /* [I] OBJECT_* */
	bool is_dead;                   /* [a] killed */
	uint32_t refs;                  /* [a] */
	uint64_t id;                    /* [I] unique since boot */
	const struct kobject_ops *ops;  /* [I] */
	struct domain *domain;          /* [I] pays for it */
	struct list domain_link;        /* [domain lock] */
	struct spinlock lock;           /* LOCK_RANK_DERIVATION */
	struct derivation *roots;       /* [lock] handles that were derived from nothing */
	struct kobject *next_unheld;    /* queue of objects whose last reference went */
};

/* A zeroed object of ops->size with one reference, charged to domain; null when refused. */
void *kobject_create(struct domain *domain, uint8_t type, const struct kobject_ops *ops);
void kobject_ref(struct kobject *object);
/* The last reference only queues the object: kobject_reap frees it when the kernel is about to be left, so
 * that objects that hold one another never make the kernel recurse. */
void kobject_unref(struct kobject *object);
void kobject_reap(void);
/* Takes away all handles and mappings and wakes waiters; idempotent. The caller holds a reference. */
void kobject_kill(struct kobject *object);
void kobject_check(const struct kobject *object);
void kobject_dump(const struct kobject *object);
uint64_t kobject_count(void);
