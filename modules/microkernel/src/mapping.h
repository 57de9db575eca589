/*
 * Mapping: a range of an address space that shows memory: a memory object, shared or private, or private
 * demand-zero pages (no object). A mapping made through a handle is a node below it in the object's derivation
 * tree, so revoking the handle removes the mapping.
 */
#pragma once
#include <base/list.h>
#include <base/tree.h>
#include <microkernel/abi.h>
#include "derivation.h"

struct aspace;
struct memory;

struct mapping {
	struct derivation node;      /* with memory: below the handle it was made through */
	struct tree_node by_address; /* [space lock] key: start */
	struct aspace *aspace;       /* [I] */
	uint64_t start;              /* [space lock] */
	uint64_t end;                /* [space lock] */
	struct memory *memory;       /* [I] null: private demand-zero; holds a reference */
	uint64_t offset;             /* [space lock] of start in memory */
	uint32_t flags;              /* [space lock] MAP_* */
	uint32_t prot_max;           /* [I] what the handle allowed */
	bool is_changing; /* [space lock] between steps: leaves may still allow more than flags */
	uint64_t cookie;  /* [I] */
	struct list reverse; /* [memory lock] in memory->mappings */
};

static inline bool mapping_contains(const struct mapping *mapping, uint64_t address)
{
	return mapping->start <= address && address < mapping->end;
}

/* A copy of model, charged but not in place yet; null when refused. */
struct mapping *mapping_alloc(struct aspace *aspace, const struct mapping *model);
void mapping_free(struct mapping *mapping);
/* Puts it in place; the range must be free. parent is the node of the handle (null: none). False when that is being
 * revoked. */
bool mapping_link(struct mapping *mapping, struct derivation *parent);
/* The same, for one that shows what sibling shows, through the same handle. */
void mapping_link_beside(struct mapping *mapping, struct mapping *sibling);
/* It gets pages of another one: a sweep that has seen it already sees it again. */
void mapping_extend(struct mapping *mapping, uint64_t end);
/* Two mappings of one: the new one begins at `at`. E_NOMEM leaves it whole. */
status_t mapping_split(struct mapping *mapping, uint64_t at);
/* When its pages are gone: it goes, too; or the part of it below at, in whole page tables. */
void mapping_unlink(struct mapping *mapping);
void mapping_cut_front(struct mapping *mapping, uint64_t at);
/* It begins at `at`, and shows there what it showed. */
void mapping_trim(struct mapping *mapping, uint64_t at);
/* With its pages. False when the budget did not do: the first part of it is gone. */
bool mapping_undo(struct derivation *node, unsigned *budget);
void mapping_move(struct mapping *mapping, uint64_t start,
                  uint64_t end); /* new bounds; pages are the caller's matter */

/* For the reverse map: an entry that shows the object's own page (not a private copy). True when there was one to change. */
bool mapping_drop_shared_page(struct mapping *mapping, uint64_t va);
bool mapping_protect_shared_page(struct mapping *mapping, uint64_t va);
