/*
 * Address space: mappings and page tables, of a process (the native window) or of a confined space (the lower
 * half). Not a kernel object: it is part of one.
 */
#pragma once
#include <base/tree.h>
#include <microkernel/abi.h>
#include "arch/arch.h"
#include "mapping.h"
#include "thread.h"

struct handle_entry;

struct aspace {
	struct pagetable pt;
	struct tree mappings; /* by start; they never overlap */
	struct mapping
		*recent;       /* the one that was found last, or null: mostly it is wanted again */
	struct domain *domain; /* [I] pays */
	uint64_t id;           /* [I] of the object that it is part of */
	uint64_t low;          /* [I] */
	uint64_t high;         /* [I] */
	uint64_t mapped;       /* bytes, all that ever were */
	uint64_t unmapped;     /* of these */
};

static inline uint64_t aspace_bytes(const struct aspace *aspace)
{
	return aspace->mapped - aspace->unmapped;
}

status_t aspace_init_native(struct aspace *aspace, const struct kobject *owner);
status_t aspace_init_space(struct aspace *aspace, const struct kobject *owner, bool has_one_root);
void aspace_check(const struct aspace *aspace); /* aspace_check.c */
void aspace_destroy(struct aspace *aspace);     /* it has no mappings any more */
/* Removes mappings but keeps the roots; true when none is left. */
bool aspace_clear(struct aspace *aspace, unsigned *budget);

/* What takes time goes in steps (progress.h): STATUS_MORE means that it must be called again.
 * through: the memory handle, or null for private demand-zero pages. */
status_t aspace_map(struct aspace *aspace, const struct map_args *args,
                    struct handle_entry *through, struct progress *progress, unsigned *budget,
                    uint64_t *out);
status_t aspace_unmap(struct aspace *aspace, uint64_t address, uint64_t bytes, unsigned *budget);
status_t aspace_protect(struct aspace *aspace, uint64_t address, uint64_t bytes, uint32_t prot,
                        struct progress *progress, unsigned *budget);
status_t aspace_query(struct aspace *aspace, uint64_t address, struct progress *progress,
                      unsigned *budget, struct map_info *out);
status_t aspace_discard(struct aspace *aspace, uint64_t address, uint64_t bytes,
                        struct progress *progress, unsigned *budget);
status_t aspace_remap(struct aspace *aspace, const struct remap_args *args,
                      struct progress *progress, unsigned *budget, uint64_t *out);
status_t aspace_clone(struct aspace *from, struct aspace *to, struct progress *progress,
                      unsigned *budget); /* aspace_clone.c */

/* fault.c. Settles an access: OK or STATUS_MORE: make it again; E_AGAIN: the pager must be asked (*request filled, no
 * reference taken); E_FAULT with *cause; E_NOMEM. */
status_t aspace_fault(struct aspace *aspace, uint64_t address, unsigned access,
                      struct page_request *request, uint32_t *cause);
/* The same for the kernel's own access, and where the page is now. E_AGAIN: the CPU's pending_request is set. */
status_t aspace_page(struct aspace *aspace, uint64_t address, unsigned access, paddr_t *out);
/* A private writable page, present and with one more reference, for the kernel's use: message and state pages. */
status_t aspace_pin(struct aspace *aspace, uint64_t address, paddr_t *out);
/* First mapping that ends above address, or null. */
struct mapping *aspace_mapping_from(struct aspace *aspace, uint64_t address);
static inline struct mapping *aspace_mapping_at(struct aspace *aspace, uint64_t address)
{
	struct mapping *mapping = aspace->recent;

	if (!mapping || !mapping_contains(mapping, address))
		mapping = aspace_mapping_from(aspace, address);
	return mapping && mapping->start <= address ? mapping : NULL;
}
struct mapping *aspace_mapping_after(struct mapping *mapping);
