/*
 * Domain: an account for pages, kernel bytes, handles, threads and CPU share, and a kill group. Domains nest; what
 * is charged to one is charged to all around it, so a limit anywhere above holds.
 */
#pragma once
#include <microkernel/abi.h>
#include "kobject.h"

#define DOMAIN_DEPTH_MAX 8
#define DOMAINS_MAX 4096

struct domain {
	struct kobject obj;
	struct domain *parent;       /* [I] null for the root */
	uint16_t index;              /* [I] for struct page */
	uint16_t depth;              /* [I] */
	struct domain_limits limits; /* [a] */
	uint64_t pages;              /* [a] own and nested, as all that follow */
	uint64_t bytes;              /* [a] kernel objects; counted as pages when rounded up */
	uint32_t handles;            /* [a] */
	uint32_t threads;            /* [a] */
	uint64_t cpu_ticks;          /* under the exclusive kernel lock */
	uint32_t object_count;       /* own, in these three lists (kobject.domain_link): */
	struct list objects;         /* alive, processes and domains first */
	struct list dying;           /* */
	struct list gone;            /* dead, but not forgotten by all who hold them */
	struct list watches;         /* process watches it pays for (process.c) */
	struct list indices; /* of pages it pays for: its own, and those of nested ones that went */
	uint32_t processes;  /* [a] own and nested */
};

void domain_init(void);
struct domain *domain_root(void);
struct domain *domain_create(struct domain *parent, const struct domain_limits *limits);
status_t domain_check_limits(const struct domain_limits *limits);
void domain_set_limits(struct domain *domain, const struct domain_limits *limits);
void domain_get_info(struct domain *domain, struct domain_info *out);
void domain_unref(struct domain *domain);
uint64_t domain_id(const struct domain *domain);

/* For page frames, which name their payer by an index: a page is about to bear it, no longer bears it. */
uint16_t domain_take_page(struct domain *domain);
void domain_drop_page(uint16_t index);
struct domain *domain_payer(uint16_t index);

/* Charges are all or nothing. */
bool domain_charge_pages(struct domain *domain, uint64_t count);
void domain_credit_pages(struct domain *domain, uint64_t count);
bool domain_charge_bytes(struct domain *domain, uint32_t bytes);
void domain_credit_bytes(struct domain *domain, uint32_t bytes);
bool domain_charge_handle(struct domain *domain);
void domain_credit_handle(struct domain *domain);
bool domain_charge_thread(struct domain *domain);
void domain_credit_thread(struct domain *domain);
void domain_add_cpu_ticks(struct domain *domain, uint64_t ticks);

/* Objects belong to the domain that pays for them; each holds a reference to it. */
void domain_adopt(struct domain *domain, struct kobject *object);
void domain_disown(struct domain *domain, struct kobject *object);
void domain_mark_dying(struct domain *domain, struct kobject *object);
void domain_mark_gone(struct domain *domain, struct kobject *object);
