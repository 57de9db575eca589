/*
 * Page frames: a table with one entry per frame and two doubly linked free lists through it: of frames that are known
 * to be all 0 (former page tables), and of the others. The lists are doubly linked so that a run of frames for DMA can
 * be taken out of their middle.
 *
 * [a] atomic   [I] fixed at boot
 */
#include "page.h"
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include "domain.h"
#include "kalloc.h"
#include "panic.h"
#include "sanitize.h"

#define NO_FRAME 0xffffffffu

struct page *page_frames;
uint32_t page_frame_count;
static uint32_t free_head[2]; /* of unknown content; all 0 */
static uint64_t free_count;   /* in both lists */
static uint64_t total_count;  /* grows by adoption, at boot */
static uint64_t kernel_count; /* [I] */

static paddr_t frame_paddr(uint32_t frame)
{
	return PADDR((uint64_t)frame << PAGE_SHIFT);
}

static uint32_t *list_of(unsigned flags)
{
	return &free_head[flags & PAGE_ZERO ? 1 : 0];
}

static void free_list_push(uint32_t frame, unsigned flags)
{
	uint32_t *head = list_of(flags);
	struct page *page = &page_frames[frame];

	page->flags = (uint16_t)(PAGE_FREE | PAGE_RAM | flags);
	page->prev = NO_FRAME;
	page->next = *head;
	if (*head != NO_FRAME)
		page_frames[*head].prev = frame;
	*head = frame;
	free_count++;
	sanitize_poison(direct(frame_paddr(frame)), PAGE_SIZE, SANITIZE_NO_PAGE);
}

static inline void free_list_remove(uint32_t frame)
{
	struct page *page = &page_frames[frame];

	ASSERT(page->flags & PAGE_FREE);
	if (page->prev != NO_FRAME)
		page_frames[page->prev].next = page->next;
	else
		*list_of(page->flags) = page->next;
	if (page->next != NO_FRAME)
		page_frames[page->next].prev = page->prev;
	page->flags &= (uint16_t)~PAGE_FREE;
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

	page_frame_count = (uint32_t)(end_of_ram(source) >> PAGE_SHIFT);
	table_bytes = align_up(page_frame_count * sizeof(struct page), PAGE_SIZE);
	page_frames = take_frame_table(source, table_bytes, &table_range);
	memset(page_frames, 0, table_bytes);
	free_head[0] = free_head[1] = NO_FRAME;
	for (unsigned i = source->range_count; i-- > 0;) {
		uint64_t first = source->ranges[i].start.value >> PAGE_SHIFT;
		uint64_t count = source->ranges[i].bytes >> PAGE_SHIFT;

		if (i == table_range)
			count -= table_bytes >> PAGE_SHIFT;
		for (uint64_t frame = first + count; frame-- > first;)
			free_list_push((uint32_t)frame, 0);
	}
	for (uint64_t at = source->archive.value;
	     at < source->archive.value + source->archive_bytes; at += PAGE_SIZE)
		page_of(PADDR(at))->flags |= PAGE_RAM;
	total_count = free_count;
	kernel_count = (source->kernel_bytes + table_bytes) >> PAGE_SHIFT;
}

static void frame_give(uint32_t frame, struct domain *domain)
{
	page_frames[frame].refs = 1;
	page_frames[frame].pins = 0;
	page_frames[frame].domain = domain_take_page(domain);
	sanitize_unpoison(direct(frame_paddr(frame)), PAGE_SIZE);
}

static uint32_t pop(uint32_t *head)
{
	uint32_t frame = *head;

	if (frame != NO_FRAME)
		free_list_remove(frame);
	return frame;
}

/* From the list that flags asks for, or else from the other one. */
static inline uint32_t take_frame(unsigned flags)
{
	uint32_t frame;

	frame = pop(list_of(flags));
	if (frame == NO_FRAME)
		frame = pop(list_of(flags ^ PAGE_ZERO));
	return frame;
}

static paddr_t take(struct domain *domain, unsigned flags)
{
	uint32_t frame;

	if (!domain_charge_pages(domain, 1))
		return PADDR(0);
	frame = take_frame(flags);
	if (frame == NO_FRAME && kalloc_trim())
		frame = take_frame(flags);
	if (frame == NO_FRAME) {
		domain_credit_pages(domain, 1);
		return PADDR(0);
	}
	frame_give(frame, domain);
	return frame_paddr(frame);
}

paddr_t page_alloc(struct domain *domain)
{
	return take(domain, 0);
}

paddr_t page_alloc_zeroed(struct domain *domain)
{
	paddr_t page = take(domain, PAGE_ZERO);

	if (page.value && !(page_of(page)->flags & PAGE_ZERO))
		arch_zero_page(direct(page));
	return page;
}

static uint32_t find_run(uint64_t count)
{
	uint64_t run = 0;

	for (uint32_t frame = page_frame_count; frame-- > 0;) {
		run = page_frames[frame].flags & PAGE_FREE ? run + 1 : 0;
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
	first = find_run(count);
	for (uint64_t i = 0; first != NO_FRAME && i < count; i++) {
		free_list_remove(first + (uint32_t)i);
		frame_give(first + (uint32_t)i, domain);
	}
	if (first == NO_FRAME) {
		domain_credit_pages(domain, count);
		return PADDR(0);
	}
	for (uint64_t i = 0; i < count; i++)
		arch_zero_page(direct(frame_paddr(first + (uint32_t)i)));
	return frame_paddr(first);
}

bool page_adopt(struct domain *domain, paddr_t paddr)
{
	struct page *page = page_of(paddr);

	if (!page || page->flags != PAGE_RAM || page->refs > 0 || !domain_charge_pages(domain, 1))
		return false;
	frame_give((uint32_t)(paddr.value >> PAGE_SHIFT), domain);
	total_count++;
	return true;
}

/* Nobody holds it any more. */
static void release(paddr_t paddr, unsigned flags)
{
	struct page *page = page_of(paddr);
	struct domain *domain = domain_payer(page->domain);

	domain_drop_page(page->domain);
	free_list_push((uint32_t)(paddr.value >> PAGE_SHIFT), flags);
	domain_credit_pages(domain, 1);
}

void page_unref(paddr_t paddr)
{
	struct page *page = page_of(paddr);

	ASSERT(page && page->refs > 0);
	if (!__atomic_sub_fetch(&page->refs, 1, __ATOMIC_ACQ_REL))
		release(paddr, 0);
}

bool page_leave(paddr_t paddr)
{
	struct page *page = page_of(paddr);
	uint32_t refs = __atomic_load_n(&page->refs, __ATOMIC_ACQUIRE);

	while (refs > 1)
		if (__atomic_compare_exchange_n(&page->refs, &refs, refs - 1, false,
		                                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
	return false;
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
	paddr_t page = page_alloc_zeroed(domain);

	if (page.value)
		page_of(page)->entries = page_of(page)->owned = 0;
	return page;
}

static bool is_zero(const uint64_t *words)
{
	unsigned i = 0;

	while (i < PAGE_SIZE / sizeof(*words) && !words[i])
		i++;
	return i == PAGE_SIZE / sizeof(*words);
}

void page_free_table(paddr_t page)
{
	DEBUG_ASSERT(is_zero(direct(page)));
	ASSERT(page_of(page)->refs == 1 && !page_of(page)->entries && !page_of(page)->owned);
	page_of(page)->refs = 0;
	release(page, PAGE_ZERO);
}

uint64_t page_total(void)
{
	return total_count;
}

uint64_t page_free_count(void)
{
	return free_count + kalloc_spare_pages();
}

uint64_t page_kernel_count(void)
{
	return kernel_count;
}
