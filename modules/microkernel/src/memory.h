/*
 * Memory object: pages that can be mapped. Demand-zero (with private copies of it), physical (device registers,
 * frame buffers), DMA (contiguous), or pager-backed (a cache whose absent pages a server provides).
 */
#pragma once
#include <microkernel/abi.h>
#include "arch/arch.h"
#include "kobject.h"
#include "pagemap.h"
#include "progress.h"
#include "sweep.h"

struct endpoint;
struct mapping;

/* Slots of the page map: the page's address with these in the low bits, or SLOT_SWEPT (sweep.h). */
#define SLOT_DIRTY 1u /* pager-backed: may be written, and has to be written back */

static inline paddr_t slot_page(uint64_t slot)
{
	return PADDR(slot & ~(PAGE_SIZE - 1));
}

struct memory {
	struct kobject obj;
	uint32_t kind;        /* [I] MEMORY_KIND_* */
	uint32_t flags;       /* [I] MEMORY_* */
	uint64_t bytes;       /* multiple of the page size */
	paddr_t base;         /* [I] physical, DMA */
	struct pagemap pages; /* the others; each page holds one reference */
	uint64_t resident;    /* pages in the map */
	uint64_t dirty;       /* of these */
	uint64_t
		cut_at; /* pages from this index on, beyond the end, are being freed; UINT64_MAX: none */
	bool is_emptied;        /* dying: all of them are */
	struct list mappings;   /* the reverse map; the place of the sweep is among them */
	uint32_t mapping_count; /* */
	struct sweep sweep;
	struct endpoint *pager; /* [I] holds a reference */
	uint64_t pager_badge;   /* [I] */
};

#define MEMORY_BYTES_MAX (1ull << 47)

/* True when no sweep is left, which is what the others in sweep.h want. */
static inline bool sweep_finish(struct memory *memory, unsigned *budget)
{
	return !memory->sweep.is_on || sweep_go_on(memory, budget);
}

struct memory *memory_create(struct domain *domain, uint64_t bytes, uint32_t flags);
struct memory *memory_create_physical(struct domain *domain, paddr_t base, uint64_t bytes,
                                      uint32_t flags);
/* Of RAM that the machine's loader filled: the object owns these frames, which page_init has set aside. */
struct memory *memory_create_adopting(struct domain *domain, paddr_t base, uint64_t bytes);
struct memory *memory_create_dma(struct domain *domain, uint64_t bytes);
struct memory *memory_create_paged(struct domain *domain, uint64_t bytes, struct endpoint *pager,
                                   uint64_t badge);
/* The copy is progress->object; STATUS_MORE: call again. */
status_t memory_create_copy(struct memory *from, struct domain *domain, uint64_t offset,
                            uint64_t bytes, struct progress *progress, unsigned *budget);

/* The page at offset, provided when the kernel can: OK with *out and whether it may be mapped writable now;
 * E_AGAIN: the pager must be asked; E_FAULT: beyond the end; E_NOMEM; STATUS_MORE: ask again. */
status_t memory_page(struct memory *memory, uint64_t offset, bool for_write, paddr_t *out,
                     bool *may_write);
/* The page at offset when it is present; value 0 otherwise. Never allocates. */
paddr_t memory_present_page(struct memory *memory, uint64_t offset, bool *may_write);
/* For count pages from offset on, those that are present: page, and PT_WRITE when it may be mapped writable now. */
void memory_present_pages(struct memory *memory, uint64_t offset, struct pt_entry *out,
                          unsigned count);
unsigned memory_pt_flags(const struct memory *memory); /* caching */

/* Between the object and the current process, from byte *done on. Absent pages of anonymous memory are made; pager-backed
 * pages must be present: E_AGAIN. */
status_t memory_transfer(struct memory *memory, uint64_t offset, uint64_t u_buffer, uint64_t len,
                         bool is_write, uint64_t *done, unsigned *budget);
/* Makes the absent pages of anonymous memory, from byte *done of the range on. */
status_t memory_populate(struct memory *memory, uint64_t offset, uint64_t len, uint64_t *done,
                         unsigned *budget);
status_t memory_resize(struct memory *memory, uint64_t bytes, unsigned *budget);
void memory_get_info(struct memory *memory, struct memory_info *out);

/* What a pager does (pager.c), page by page from offset + *done on. */
status_t memory_supply(struct memory *paged, uint64_t offset, struct memory *source,
                       uint64_t source_offset, uint64_t bytes, uint64_t *done, unsigned *budget);
status_t memory_permit(struct memory *paged, uint64_t offset, uint64_t bytes,
                       struct progress *progress, unsigned *budget);
status_t memory_clean(struct memory *paged, uint64_t offset, uint64_t bytes,
                      struct progress *progress, unsigned *budget);
/* progress->count: pages dropped. */
status_t memory_evict(struct memory *paged, uint64_t offset, uint64_t bytes,
                      struct progress *progress, unsigned *budget);
uint64_t memory_list_dirty(struct memory *paged, uint64_t from, struct memory_range *out,
                           uint64_t max);

/* For memory.c and pager.c. */
bool memory_take_budget(const struct memory *memory, unsigned *budget);
