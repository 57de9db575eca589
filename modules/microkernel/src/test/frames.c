/*
 * The frames (frames.h), and what page tables ask of page.c. Memory does not run out in these tests.
 */
#include "test/frames.h"
#include <sys/mman.h>
#include <base/test.h>

#define RAM 0x10000000ul
#define FRAMES 4096u
#define FIRST (RAM >> PAGE_SHIFT)

struct page *page_frames;
uint32_t page_frame_count = FIRST + FRAMES;

static struct page pages[FIRST + FRAMES];
static uint32_t free_frames[FRAMES];
static unsigned free_count;

void frames_begin(void)
{
	void *ram = mmap((void *)RAM, FRAMES * PAGE_SIZE, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(ram == (void *)RAM);
	page_frames = pages;
	memset(pages, 0, sizeof(pages));
	for (free_count = 0; free_count < FRAMES; free_count++)
		free_frames[free_count] = (uint32_t)(FIRST + FRAMES - 1 - free_count);
}

unsigned frames_used(void)
{
	return FRAMES - free_count;
}

paddr_t frames_take(void)
{
	paddr_t page;

	CHECK(free_count > 0);
	page = PADDR((uint64_t)free_frames[--free_count] << PAGE_SHIFT);
	*page_of(page) = (struct page){.refs = 1};
	return page;
}

void page_unref(paddr_t page)
{
	CHECK(page_of(page)->refs > 0);
	if (--page_of(page)->refs == 0)
		free_frames[free_count++] = (uint32_t)(page.value >> PAGE_SHIFT);
}

bool page_leave(paddr_t page)
{
	if (page_of(page)->refs == 1)
		return false;
	page_of(page)->refs--;
	return true;
}

paddr_t page_alloc_table(struct domain *domain)
{
	paddr_t page = frames_take();

	(void)domain;
	memset(direct(page), 0, PAGE_SIZE);
	return page;
}

void page_free_table(paddr_t page)
{
	CHECK(page_of(page)->refs == 1 && !page_of(page)->entries && !page_of(page)->owned);
	page_unref(page);
}
