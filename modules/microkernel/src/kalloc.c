/*
 * Kernel objects are cut from pages of equal blocks ("slabs"), one size class a page. The first 64 bytes of a
 * page describe it, so a block finds its page by masking its address. Pages belong to the root domain; what a
 * block costs is charged to its owner by the byte, and domains pay whole pages for their bytes (domain.c).
 */
#include "kalloc.h"
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include <base/list.h>
#include <base/string.h>
#include "domain.h"
#include "page.h"
#include "sanitize.h"

#define SLAB_MAGIC 0x62616c73u
#define HEAD_BYTES 64u

struct slab {
	struct list link; /* in its class while a block is free */
	void *free;       /* first free block; each begins with a pointer to the next */
	uint32_t magic;
	uint16_t used;
	uint8_t class;
	uint16_t
		fresh; /* offset in the page: blocks from here on were never given out, and are not in the list */
};

static const uint16_t class_bytes[] = {64,  128, 192, 256, 320,  384,  448,
                                       512, 640, 768, 960, 1344, 1984, 4032};
#define CLASS_COUNT (sizeof(class_bytes) / sizeof(class_bytes[0]))

static struct list partial[CLASS_COUNT]; /* slabs with free blocks */
static struct slab *spare[CLASS_COUNT];  /* the one of them that is empty, if any */
static uint64_t slab_pages;
static uint64_t spare_pages;

void kalloc_init(void)
{
	for (unsigned i = 0; i < CLASS_COUNT; i++)
		list_init(&partial[i]);
}

static unsigned class_for(uint32_t bytes)
{
	unsigned i = 0;

	while (class_bytes[i] < bytes)
		i++;
	return i;
}

static struct slab *slab_of(const void *block)
{
	struct slab *slab = (struct slab *)((uintptr_t)block & ~(PAGE_SIZE - 1));

	ASSERT(slab->magic == SLAB_MAGIC);
	return slab;
}

/* Without the lock: the page may have to come from trimming. */
static struct slab *slab_create(unsigned class)
{
	paddr_t page = page_alloc(domain_root());
	struct slab *slab;

	if (!page.value)
		return NULL;
	slab = direct(page);
	*slab = (struct slab){.magic = SLAB_MAGIC, .class = (uint8_t) class, .fresh = HEAD_BYTES};
	list_init(&slab->link);
	sanitize_poison((char *)slab + HEAD_BYTES, PAGE_SIZE - HEAD_BYTES, SANITIZE_FRESH);
	return slab;
}

static void slab_add(struct slab *slab)
{
	list_push_front(&partial[slab->class], &slab->link);
	slab_pages++;
}

static paddr_t slab_take_out(struct slab *slab)
{
	list_remove(&slab->link);
	slab->magic = 0;
	slab_pages--;
	return direct_paddr(slab);
}

static bool is_full(const struct slab *slab)
{
	return !slab->free && slab->fresh + class_bytes[slab->class] > PAGE_SIZE;
}

static void set_spare(unsigned class, struct slab *slab)
{
	spare[class] = slab;
	spare_pages += slab ? 1 : -1ul;
}

/* Null when the class has no free block. */
SANITIZE_NOT static void *slab_take(unsigned class)
{
	struct slab *slab;
	void *block;

	if (list_is_empty(&partial[class]))
		return NULL;
	slab = list_entry(list_first(&partial[class]), struct slab, link);
	block = slab->free;
	if (block) {
		slab->free = *(void **)block;
	} else {
		block = (char *)slab + slab->fresh;
		slab->fresh += class_bytes[class];
	}
	slab->used++;
	if (slab == spare[class])
		set_spare(class, NULL);
	if (is_full(slab))
		list_remove(&slab->link);
	return block;
}

/* One empty slab of a class stays, or a block that comes and goes would take a page with it each time. Returns a page to
 * be freed, or 0. */
SANITIZE_NOT static paddr_t slab_give(struct slab *slab, void *block)
{
	if (is_full(slab))
		list_push_front(&partial[slab->class], &slab->link);
	*(void **)block = slab->free;
	slab->free = block;
	if (--slab->used > 0)
		return PADDR(0);
	if (spare[slab->class])
		return slab_take_out(slab);
	set_spare(slab->class, slab);
	return PADDR(0);
}

static void *take(unsigned class)
{
	struct slab *fresh = NULL;
	void *block;

	block = slab_take(class);
	if (!block)
		fresh = slab_create(class);
	if (!fresh)
		return block;
	slab_add(fresh);
	block = slab_take(class);
	return block;
}

void *kalloc(struct domain *domain, uint32_t bytes)
{
	unsigned class;
	void *block;

	ASSERT(bytes <= KALLOC_MAX);
	class = class_for(MIN(bytes + SANITIZE_RED_ZONE, KALLOC_MAX));
	if (!domain_charge_bytes(domain, class_bytes[class]))
		return NULL;
	block = take(class);
	if (!block) {
		domain_credit_bytes(domain, class_bytes[class]);
		return NULL;
	}
	sanitize_unpoison(block, class_bytes[class]);
	memset(block, 0, class_bytes[class]);
	sanitize_poison(block, class_bytes[class], SANITIZE_TAIL);
	sanitize_unpoison(block, bytes);
	return block;
}

static void give_back(void *block)
{
	paddr_t page = slab_give(slab_of(block), block);

	if (page.value)
		page_unref(page);
}

void kfree(struct domain *domain, void *block)
{
	uint32_t bytes = class_bytes[slab_of(block)->class];

	sanitize_poison(block, bytes, SANITIZE_FREED);
	block = sanitize_quarantine(block);
	if (block)
		give_back(block);
	domain_credit_bytes(domain, bytes);
}

static paddr_t take_spare(unsigned class)
{
	paddr_t page = PADDR(0);

	if (spare[class]) {
		page = slab_take_out(spare[class]);
		set_spare(class, NULL);
	}
	return page;
}

bool kalloc_trim(void)
{
	bool is_trimmed = false;

	for (unsigned i = 0; i < CLASS_COUNT; i++) {
		paddr_t page = take_spare(i);

		if (!page.value)
			continue;
		page_unref(page);
		is_trimmed = true;
	}
	return is_trimmed;
}

uint64_t kalloc_spare_pages(void)
{
	return spare_pages;
}

uint64_t kalloc_pages(void)
{
	return slab_pages - spare_pages;
}
