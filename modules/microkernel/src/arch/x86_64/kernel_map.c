/*
 * The kernel's address space: the direct map of RAM, the image with its protections, and a window for
 * device registers. Nothing is writable and executable at once, not even through the direct map, where the
 * image's text and constants are read-only. Built once, on the tables that boot.S made; later roots copy
 * the top-level entries.
 */
#include "arch/x86_64/kernel_map.h"
#include <stddef.h>
#include <base/bits.h>
#include <base/string.h>
#include "cpu.h"
#include "domain.h"
#include "page.h"
#include "panic.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/pagetable_walk.h"
#include "arch/x86_64/tlb.h"

#define EARLY_LIMIT (4ul << 30) /* boot.S maps this much */
#define KERNEL_TABLE (PTE_PRESENT | PTE_WRITE)
#define KERNEL_DATA (PTE_PRESENT | PTE_WRITE | PTE_NX | PTE_ACCESSED | PTE_DIRTY)
#define KERNEL_CONSTANTS (PTE_PRESENT | PTE_NX | PTE_ACCESSED)
#define KERNEL_TEXT (PTE_PRESENT | PTE_ACCESSED)
#define DEVICE_REGISTERS (KERNEL_DATA | PTE_CACHE_DISABLE | PTE_WRITE_THROUGH)
#define DEVICE_PAGES TABLE_ENTRIES

extern const char boot_start[], boot_end[];
extern const char kernel_text[], kernel_rodata[], kernel_data[], kernel_end[];
extern const char kernel_stack_guard[], nmi_stack_guard[], machine_check_stack_guard[],
	double_fault_stack_guard[];
extern const char ro_after_init_start[], ro_after_init_end[];

RO_AFTER_INIT paddr_t kernel_root;
static struct boot_source *table_source; /* null once the tables are complete */
static RO_AFTER_INIT uint64_t *device_table;
static RO_AFTER_INIT unsigned device_pages;
static RO_AFTER_INIT uint64_t global_bit;
static RO_AFTER_INIT uint16_t
	top_slots[TABLE_ENTRIES - KERNEL_SLOT]; /* those of the root that are in use */
static RO_AFTER_INIT unsigned top_count;

static uint64_t image_paddr(const char *symbol)
{
	return (uint64_t)(symbol - image_base);
}

/* A zeroed page from the free ranges, low enough for boot.S's map. */
static uint64_t take_page(void)
{
	for (unsigned i = 0; table_source && i < table_source->range_count; i++) {
		uint64_t page = table_source->ranges[i].start.value;

		if (page + PAGE_SIZE > EARLY_LIMIT)
			continue;
		boot_ranges_remove(table_source, page, page + PAGE_SIZE);
		table_source->kernel_bytes += PAGE_SIZE;
		memset(direct(PADDR(page)), 0, PAGE_SIZE);
		return page;
	}
	cannot_start("this machine has too little memory to map it");
}

static uint64_t *next_table(uint64_t *entry)
{
	if (!(*entry & PTE_PRESENT))
		*entry = take_page() | KERNEL_TABLE;
	return table_of(*entry);
}

/* The entry for va in the table of the given level, with the tables above made as needed. */
static uint64_t *kernel_entry(uint64_t va, int level)
{
	uint64_t *table = direct(kernel_root);

	for (int l = LEVELS; l > level; l--)
		table = next_table(&table[level_index(va, l)]);
	return &table[level_index(va, level)];
}

static void map_direct_area(uint64_t start, uint64_t end)
{
	uint64_t at = align_down(start, LARGE_PAGE);

	while (at < MIN(end, DIRECT_BYTES_MAX)) {
		bool is_huge = cpu_features.has_huge_pages && at >= HUGE_PAGE &&
		               is_aligned(at, HUGE_PAGE) && at + HUGE_PAGE <= end;
		int level = is_huge ? 3 : 2;
		uint64_t *entry = kernel_entry(DIRECT_BASE + at, level);

		*entry = at | KERNEL_DATA | PTE_LARGE | global_bit;
		at += level_span(level);
	}
}

/* Replaces a large page of the direct map by small ones. */
static uint64_t *split_direct(uint64_t paddr)
{
	uint64_t *entry = kernel_entry(DIRECT_BASE + paddr, 2);
	uint64_t *table;

	if (*entry & PTE_LARGE) {
		uint64_t page = take_page();

		table = direct(PADDR(page));
		for (unsigned i = 0; i < TABLE_ENTRIES; i++)
			table[i] = (align_down(paddr, LARGE_PAGE) + i * PAGE_SIZE) | KERNEL_DATA |
			           global_bit;
		*entry = page | KERNEL_TABLE;
	}
	return &table_of(*entry)[level_index(paddr, 1)];
}

static void map_image(const char *from, const char *to, uint64_t flags)
{
	for (const char *p = from; p < to; p += PAGE_SIZE)
		*kernel_entry((uint64_t)p, 1) = image_paddr(p) | flags | global_bit;
}

static void unmap_image(const char *page)
{
	*kernel_entry((uint64_t)page, 1) = 0;
}

static void protect_direct(const char *from, const char *to)
{
	for (const char *p = from; p < to; p += PAGE_SIZE)
		*split_direct(image_paddr(p)) = image_paddr(p) | KERNEL_CONSTANTS | global_bit;
}

static void map_direct(const struct boot_facts *facts)
{
	for (unsigned i = 0; i < facts->area_count; i++)
		if (facts->areas[i].is_ram && facts->areas[i].start < DIRECT_BYTES_MAX)
			map_direct_area(facts->areas[i].start, facts->areas[i].end);
	protect_direct(kernel_text, kernel_data);
	for (const char *p = ro_after_init_start; p < ro_after_init_end; p += PAGE_SIZE)
		split_direct(
			image_paddr(p)); /* kernel_map_seal finds no memory for tables any more */
}

static void reserve_image(struct boot_source *source)
{
	boot_ranges_remove(source, (uint64_t)boot_start, image_paddr(kernel_end));
	source->kernel_bytes = image_paddr(kernel_end) - (uint64_t)boot_start;
}

static void list_top_slots(void)
{
	const uint64_t *root = direct(kernel_root);

	for (unsigned i = KERNEL_SLOT; i < TABLE_ENTRIES; i++)
		if (root[i])
			top_slots[top_count++] = (uint16_t)i;
}

void kernel_map_init(struct boot_facts *facts)
{
	table_source = &facts->source;
	global_bit = cpu_features.has_global_pages ? PTE_GLOBAL : 0;
	reserve_image(table_source);
	kernel_root = PADDR(take_page());
	map_direct(facts);
	map_image(kernel_text, kernel_rodata, KERNEL_TEXT);
	map_image(kernel_rodata, kernel_data, KERNEL_CONSTANTS);
	map_image(kernel_data, kernel_end, KERNEL_DATA);
	unmap_image(kernel_stack_guard);
	unmap_image(nmi_stack_guard);
	unmap_image(machine_check_stack_guard);
	unmap_image(double_fault_stack_guard);
	device_table = kernel_entry(FIXED_BASE, 1);
	list_top_slots();
	table_source = NULL;
	cr3_write(kernel_root.value);
	this_cpu()->loaded_root = (cr3_t){kernel_root.value};
}

void kernel_map_enter(uint64_t *root)
{
	const uint64_t *from = direct(kernel_root);

	for (unsigned i = 0; i < top_count; i++)
		root[top_slots[i]] = from[top_slots[i]];
}

void kernel_map_leave(uint64_t *root)
{
	for (unsigned i = 0; i < top_count; i++)
		root[top_slots[i]] = 0;
}

/* GRUB may have put its information between two sections of ours. */
void kernel_map_reclaim_boot(struct boot_facts *facts)
{
	boot_ranges_add(&facts->source, (uint64_t)boot_start, (uint64_t)boot_end);
	boot_ranges_reserve(facts);
	facts->source.kernel_bytes -= (uint64_t)boot_end - (uint64_t)boot_start;
}

void kernel_map_seal(void)
{
	uint64_t pages = (uint64_t)(ro_after_init_end - ro_after_init_start) / PAGE_SIZE;

	map_image(ro_after_init_start, ro_after_init_end, KERNEL_CONSTANTS);
	protect_direct(ro_after_init_start, ro_after_init_end);
	tlb_flush_kernel((uint64_t)ro_after_init_start, pages);
	tlb_flush_kernel((uint64_t)direct(PADDR(image_paddr(ro_after_init_start))), pages);
}

volatile void *kernel_map_device(uint64_t paddr, uint64_t bytes)
{
	uint64_t first = align_down(paddr, PAGE_SIZE);
	uint64_t pages = (align_up(paddr + bytes, PAGE_SIZE) - first) / PAGE_SIZE;
	uint64_t va = FIXED_BASE + device_pages * PAGE_SIZE;

	if (pages > DEVICE_PAGES - device_pages || paddr >> cpu_features.address_bits)
		return NULL;
	for (uint64_t i = 0; i < pages; i++)
		device_table[device_pages++] = (first + i * PAGE_SIZE) | DEVICE_REGISTERS |
		                               global_bit;
	return (volatile void *)(va + paddr % PAGE_SIZE);
}

uint64_t kernel_map_stack(uint64_t bytes)
{
	uint64_t pages = bytes / PAGE_SIZE;

	if (pages + 1 > DEVICE_PAGES - device_pages)
		return 0;
	device_pages++; /* stays unmapped */
	for (uint64_t i = 0; i < pages; i++) {
		paddr_t page = page_alloc_zeroed(domain_root());

		if (!page.value)
			return 0;
		device_table[device_pages++] = page.value | KERNEL_DATA | global_bit;
	}
	return FIXED_BASE + device_pages * PAGE_SIZE;
}

/* By walking the tables: what is not mapped there is not RAM. */
static uint64_t direct_page_end(uint64_t at)
{
	uint64_t *table = direct(kernel_root);

	for (int level = LEVELS; level >= 1; level--) {
		uint64_t entry = table[level_index(DIRECT_BASE + at, level)];

		if (!(entry & PTE_PRESENT))
			return 0;
		if (level == 1 || entry & PTE_LARGE)
			return align_down(at, level_span(level)) + level_span(level);
		table = table_of(entry);
	}
	return 0;
}

const void *kernel_map_memory(uint64_t at, uint64_t bytes)
{
	uint64_t end = at + bytes;

	if (end < at || end > DIRECT_BYTES_MAX)
		return NULL;
	for (uint64_t p = at; p < end;) {
		p = direct_page_end(p);
		if (p == 0)
			return NULL;
	}
	return direct(PADDR(at));
}
