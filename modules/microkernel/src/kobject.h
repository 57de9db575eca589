/*
 * What all kernel objects have in common: a type, a number, references, the domain that pays, and the tree of
 * handles, mappings and bindings through which the object is held (derivation.h).
 *
 * An object dies in three steps. Killed (its domain was killed, or its last reference is gone): nothing can be done
 * with it any more, its waiters wake with E_GONE. Shrunk, a bounded part each time the kernel is left: its handles are
 * taken away, what it holds is freed. Freed: when, after that, nothing refers to it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <base/list.h>
#include <microkernel/objects.h>
#include "derivation.h"

struct domain;
struct kobject;
struct process;

#define KOBJECT_MAGIC 0x6a626f6bu

struct kobject_ops {
	const char *name;
	uint32_t size;
	uint32_t offset; /* of the struct kobject within the object */
	/* Wakes waiters, stops what runs: in little time. Called once, with no lock held. */
	void (*kill)(struct kobject *object);
	/* Gives back what it holds, within a budget; true when that was all. Null: kill did. */
	bool (*shrink)(struct kobject *object, unsigned *budget);
	/* Frees what is left; the memory of the object itself goes after it. */
	void (*destroy)(struct kobject *object);
	/* A handle with these rights came into being or went from a process. Null: not interested. */
	void (*handle_opened)(struct kobject *object, uint32_t rights);
	void (*handle_closed)(struct kobject *object, struct process *process, uint32_t rights);
	void (*dump)(const struct kobject *object);
	/* Verifies the invariants; runs after each operation in debug kernels. */
	void (*check)(const struct kobject *object);
};

struct kobject {
	uint32_t magic; /* [I] KOBJECT_MAGIC while alive */
	union {
		struct {
			uint8_t type; /* [I] OBJECT_* */
			bool is_dead; /* [a] handles to it are good for nothing */
		};
		uint16_t type_if_alive; /* both at once */
	};
	bool is_killed;                /* [a] its handles go */
	bool is_shrinking;             /* what it holds is being given back */
	bool is_queued;                /* for kobject_reap */
	uint32_t refs;                 /* [a] */
	uint64_t id;                   /* [I] unique since boot */
	const struct kobject_ops *ops; /* [I] */
	struct domain *domain;         /* [I] pays for it */
	struct list domain_link;       /* in one of its domain's lists */
	struct derivation *roots;      /* handles that were derived from nothing */
	uint32_t revokes;              /* nodes that are being revoked */
	struct list reap_link;         /* queue of the dying */
};

/* A zeroed object of ops->size with one reference, charged to domain; null when refused, also by a dying domain. */
void *kobject_create(struct domain *domain, uint8_t type, const struct kobject_ops *ops);
void kobject_ref(struct kobject *object);
/* The last reference only queues the object, so that objects that hold one another never make the kernel recurse. */
void kobject_unref(struct kobject *object);
/* From now on it can only go; idempotent. */
void kobject_kill(struct kobject *object);
/* What a living object holds is given back (a process that ended). */
void kobject_shrink(struct kobject *object);
/* True when it was killed and holds nothing any more. */
bool kobject_is_gone(const struct kobject *object);
/* Works on the dying; true when none is left. Called with STEP_BUDGET when the kernel is about to be left, and soon
 * again when that did not do. */
bool kobject_reap(unsigned budget);
extern struct list kobject_dying; /* the queue of those */
static inline bool kobject_has_dying(void)
{
	return !list_is_empty(&kobject_dying);
}
void kobject_reap_all(void); /* for tests */
void kobject_check(const struct kobject *object);
void kobject_dump(const struct kobject *object);
uint64_t kobject_count(void);
