/*
 * Page frames: a table with one entry per frame and a doubly linked free list through it. The list is doubly
 * linked so that a run of frames for DMA can be taken out of its middle.
 *
 * Locks: [p] page_lock   [a] atomic
 */
#include "page.h"
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include "domain.h"
#include "lock.h"
#include "panic.h"

#define NO_FRAME 0xffffffffu

static struct page *frames;   /* [I] by frame number */
static uint32_t frame_count;  /* [I] */
static uint32_t free_head;    /* [p] */
static uint64_t free_count;   /* [p] */
static uint64_t total_count;  /* [I] */
static uint64_t kernel_count; /* [I] */
static struct spinlock page_lock;

static paddr_t frame_paddr(uint32_t frame)
{
	return PADDR((uint64_t)frame << PAGE_SHIFT);
}

struct page *page_of(paddr_t page)
{
	uint64_t frame = page.value >> PAGE_SHIFT;

	return frame < frame_count ? &frames[frame] : NULL;
}

static void free_list_push(uint32_t frame)
{
	frames[frame].flags = PAGE_FREE | PAGE_RAM;
	frames[frame].prev = NO_FRAME;
	frames[frame].next = free_head;
	if (free_head != NO_FRAME)
		frames[free_head].prev = frame;
	free_head = frame;
	free_count++;
}

static void free_list_remove(uint32_t frame)
{
	struct page *page = &frames[frame];

	ASSERT(page->flags & PAGE_FREE);
	if (page->prev != NO_FRAME)
		frames[page->prev].next = page->next;
	else
		free_head = page->next;
	if (page->next != NO_FRAME)
		frames[page->next].prev = page->prev;
	page->flags = PAGE_RAM;
	free_count--;
}

/* The frame table lies at the end of the first range that can hold it. */
static void *take_frame_table(const struct boot_source *source, uint64_t bytes, unsigned *out_range)
{
	for (unsigned i = 0; i < source->range_count; i++) {
		if (source->ranges[i].bytes > bytes) {
			*out_range = i;
			return direct(PADDR(source->ranges[i].start.value +
			                    source->ranges[i].bytes - bytes));
		}
	}
	cannot_start("no room for the table of page frames (%lu KiB): too little memory",
	             bytes / 1024);
}

/* The archive counts: it is read like memory, wherever the loader put it. */
static uint64_t end_of_ram(const struct boot_source *source)
{
	uint64_t end = align_up(source->archive.value + source->archive_bytes, PAGE_SIZE);

	for (unsigned i = 0; i < source->range_count; i++)
		end = MAX(end, source->ranges[i].start.value + source->ranges[i].bytes);
	return MAX(end, align_up(source->archive.value + source->archive_bytes, PAGE_SIZE));
}

void page_init(const struct boot_source *source)
{
	unsigned table_range = 0;
	uint64_t table_bytes;

	spin_init(&page_lock, LOCK_RANK_PAGES);
	frame_count = (uint32_t)(end_of_ram(source) >> PAGE_SHIFT);
	table_bytes = align_up(frame_count * sizeof(struct page), PAGE_SIZE);
	frames = take_frame_table(source, table_bytes, &table_range);
	memset(frames, 0, table_bytes);
	free_head = NO_FRAME;
	for (unsigned i = source->range_count; i-- > 0;) {
		uint64_t first = source->ranges[i].start.value >> PAGE_SHIFT;
		uint64_t count = source->ranges[i].bytes >> PAGE_SHIFT;

		if (i == table_range)
			count -= table_bytes >> PAGE_SHIFT;
		for (uint64_t frame = first + count; frame-- > first;)
			free_list_push((uint32_t)frame);
	}
	for (uint64_t at = source->archive.value;
	     at < source->archive.value + source->archive_bytes; at += PAGE_SIZE)
		page_of(PADDR(at))->flags |= PAGE_RAM;
	total_count = free_count;
	kernel_count = (source->kernel_bytes + table_bytes) >> PAGE_SHIFT;
}

static void frame_give(uint32_t frame, struct domain *domain)
{
	frames[frame].refs = 1;
	frames[frame].pins = 0;
	frames[frame].domain = domain_take_page(domain);
}

paddr_t page_alloc(struct domain *domain)
{
	uint32_t frame;

	if (!domain_charge_pages(domain, 1))
		return PADDR(0);
	spin_lock(&page_lock);
	frame = free_head;
	if (frame != NO_FRAME) {
		free_list_remove(frame);
		frame_give(frame, domain);
	}
	spin_unlock(&page_lock);
	if (frame == NO_FRAME) {
		domain_credit_pages(domain, 1);
		return PADDR(0);
	}
	return frame_paddr(frame);
}

paddr_t page_alloc_zeroed(struct domain *domain)
{
	paddr_t page = page_alloc(domain);

	if (page.value)
		arch_zero_page(direct(page));
	return page;
}

static uint32_t find_run(uint64_t count)
{
	uint64_t run = 0;

	for (uint32_t frame = frame_count; frame-- > 0;) {
		run = frames[frame].flags & PAGE_FREE ? run + 1 : 0;
		if (run == count)
			return frame;
	}
	return NO_FRAME;
}

paddr_t page_alloc_contiguous(struct domain *domain, uint64_t count)
{
	uint32_t first;

	if (count == 0 || !domain_charge_pages(domain, count))
		return PADDR(0);
	spin_lock(&page_lock);
	first = find_run(count);
	for (uint64_t i = 0; first != NO_FRAME && i < count; i++) {
		free_list_remove(first + (uint32_t)i);
		frame_give(first + (uint32_t)i, domain);
	}
	spin_unlock(&page_lock);
	if (first == NO_FRAME) {
		domain_credit_pages(domain, count);
		return PADDR(0);
	}
	for (uint64_t i = 0; i < count; i++)
		arch_zero_page(direct(frame_paddr(first + (uint32_t)i)));
	return frame_paddr(first);
}

void page_ref(paddr_t page)
{
	ASSERT(page_of(page)->refs > 0);
	__atomic_fetch_add(&page_of(page)->refs, 1, __ATOMIC_RELAXED);
}

void page_unref(paddr_t paddr)
{
	struct page *page = page_of(paddr);
	struct domain *domain;

	ASSERT(page && page->refs > 0);
	if (__atomic_sub_fetch(&page->refs, 1, __ATOMIC_ACQ_REL))
		return;
	domain = domain_payer(page->domain);
	domain_drop_page(page->domain);
	spin_lock(&page_lock);
	free_list_push((uint32_t)(paddr.value >> PAGE_SHIFT));
	spin_unlock(&page_lock);
	domain_credit_pages(domain, 1);
}

bool page_move_charge(paddr_t paddr, struct domain *to)
{
	struct page *page = page_of(paddr);
	struct domain *from = domain_payer(page->domain);

	if (from == to)
		return true;
	if (!domain_charge_pages(to, 1))
		return false;
	domain_drop_page(page->domain);
	page->domain = domain_take_page(to);
	domain_credit_pages(from, 1);
	return true;
}

bool page_is_shared(paddr_t page)
{
	return page_of(page)->refs - page_of(page)->pins > 1;
}

void page_pin(paddr_t page)
{
	page_ref(page);
	__atomic_fetch_add(&page_of(page)->pins, 1, __ATOMIC_RELAXED);
}

void page_unpin(paddr_t page)
{
	ASSERT(page_is_pinned(page));
	__atomic_fetch_sub(&page_of(page)->pins, 1, __ATOMIC_RELAXED);
	page_unref(page);
}

bool page_is_pinned(paddr_t page)
{
	return page_of(page)->pins > 0;
}

bool page_is_ram(paddr_t page)
{
	return page_of(page) && page_of(page)->flags & PAGE_RAM;
}

paddr_t page_alloc_table(struct domain *domain)
{
	return page_alloc_zeroed(domain);
}

void page_free_table(struct domain *domain, paddr_t page)
{
	(void)domain;
	page_unref(page);
}

uint64_t page_total(void)
{
	return total_count;
}

uint64_t page_free_count(void)
{
	return free_count;
}

uint64_t page_kernel_count(void)
{
	return kernel_count;
}
