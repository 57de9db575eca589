/*
 * Page frames: who owns which 4 KiB of RAM. Every frame that is handed out is charged to a domain and, up the
 * tree, to the domains around it; running out is an error for that domain.
 */
#pragma once
#include <stddef.h>
#include <base/assert.h>
#include "arch/arch.h"

struct domain;

/* One per frame of RAM. */
struct page {
	uint32_t refs;  /* [a] page maps and private mappings that hold it; 0: free or never ours */
	uint16_t flags; /* PAGE_* */
	uint16_t domain; /* index of the domain that pays */
	union {
		uint32_t next;    /* free: the list, by frame number */
		uint32_t entries; /* page table: how many are not 0 */
		uint32_t pins; /* else: how many of refs are threads' (message and state pages) */
	};
	union {
		uint32_t prev;  /* free */
		uint32_t owned; /* page table: how many entries hold a reference to their page */
	};
};
#define PAGE_FREE 1u
#define PAGE_RAM 2u  /* the kernel may touch it through the direct map */
#define PAGE_ZERO 4u /* all of it is 0, or was when it was taken */

extern struct page *page_frames;  /* [I] by frame number */
extern uint32_t page_frame_count; /* [I] */

void page_init(const struct boot_source *source); /* takes its own table from the ranges */
/* A frame with one reference; value 0 when the machine or the domain has none left. */
paddr_t page_alloc(struct domain *domain);
paddr_t page_alloc_zeroed(struct domain *domain);
paddr_t page_alloc_contiguous(struct domain *domain,
                              uint64_t count); /* zeroed, each with one reference */
/* A frame of RAM that was set aside at boot becomes the domain's, with one reference. False: no such frame, or the
 * domain has no room. */
bool page_adopt(struct domain *domain, paddr_t page);
void page_pin(
	paddr_t page); /* a reference that does not make the page shared: its writers write to this page */
void page_unpin(paddr_t page);
bool page_is_pinned(paddr_t page);
void page_unref(paddr_t page); /* the last reference frees it and credits its domain */
/* Gives up a reference that is not the last. False: it is, and the caller is alone with the page. */
bool page_leave(paddr_t page);
bool page_is_shared(paddr_t page);                      /* by others than those who pinned it */
bool page_move_charge(paddr_t page, struct domain *to); /* another domain pays; all or nothing */
/* Null beyond the frames we know. */
static inline struct page *page_of(paddr_t page)
{
	uint64_t frame = page.value >> PAGE_SHIFT;

	return frame < page_frame_count ? &page_frames[frame] : NULL;
}
static inline void page_ref(paddr_t page)
{
	ASSERT(page_of(page)->refs > 0);
	__atomic_fetch_add(&page_of(page)->refs, 1, __ATOMIC_RELAXED);
}
bool page_is_ram(paddr_t page); /* false for device registers, firmware, holes */

/* For page tables: zeroed, with its counts. It is freed when it is all 0 again, and so need not be cleared for its
 * next user. */
paddr_t page_alloc_table(struct domain *domain);
void page_free_table(paddr_t page);

uint64_t page_total(void);
uint64_t page_free_count(void);
uint64_t page_kernel_count(void); /* image and frame table: never in the free list */
