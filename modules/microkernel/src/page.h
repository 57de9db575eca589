/*
 * Page frames: who owns which 4 KiB of RAM. Every frame that is handed out is charged to a domain and, up the
 * tree, to the domains around it; running out is an error for that domain.
 */
#pragma once
#include "arch/arch.h"

struct domain;

/* One per frame of RAM. */
struct page {
	uint32_t refs;  /* [a] page maps and private mappings that hold it; 0: free or never ours */
	uint16_t flags; /* PAGE_* */
	uint16_t domain; /* index of the domain that pays */
	union {
		uint32_t next; /* free: the list, by frame number */
		uint32_t pins; /* else: how many of refs are threads' (message and state pages) */
	};
	uint32_t prev;
};
#define PAGE_FREE 1u
#define PAGE_RAM 2u /* the kernel may touch it through the direct map */

void page_init(const struct boot_source *source); /* takes its own table from the ranges */
/* A frame with one reference; value 0 when the machine or the domain has none left. */
paddr_t page_alloc(struct domain *domain);
paddr_t page_alloc_zeroed(struct domain *domain);
paddr_t page_alloc_contiguous(struct domain *domain,
                              uint64_t count); /* zeroed, each with one reference */
void page_ref(paddr_t page);
void page_pin(
	paddr_t page); /* a reference that does not make the page shared: its writers write to this page */
void page_unpin(paddr_t page);
bool page_is_pinned(paddr_t page);
void page_unref(paddr_t page);     /* the last reference frees it and credits its domain */
bool page_is_shared(paddr_t page); /* by others than those who pinned it */
bool page_move_charge(paddr_t page, struct domain *to); /* another domain pays; all or nothing */
struct page *page_of(paddr_t page);                     /* null beyond the frames we know */
bool page_is_ram(paddr_t page); /* false for device registers, firmware, holes */

/* For page tables: zeroed, freed by page_free_table. */
paddr_t page_alloc_table(struct domain *domain);
void page_free_table(struct domain *domain, paddr_t page);

uint64_t page_total(void);
uint64_t page_free_count(void);
uint64_t page_kernel_count(void); /* image and frame table: never in the free list */
