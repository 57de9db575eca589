/*
 * From the loader's memory map to a short list of free RAM. Usable areas are joined in order; whatever
 * another entry of the map or a later reservation claims is cut out. When the list is full, the smallest
 * piece is given up.
 */
#include <stddef.h>
#include <base/bits.h>
#include "arch/x86_64/boot.h"

#define LOW_MEMORY_END 0x100000ul
#define LOW_PAGE_LAST 0x9f000ul

static void insert(struct boot_source *source, unsigned at, uint64_t start, uint64_t end)
{
	for (unsigned i = source->range_count; i > at; i--)
		source->ranges[i] = source->ranges[i - 1];
	source->ranges[at] = (struct boot_range){PADDR(start), end - start};
	source->range_count++;
}

static void drop(struct boot_source *source, unsigned at)
{
	source->range_count--;
	for (unsigned i = at; i < source->range_count; i++)
		source->ranges[i] = source->ranges[i + 1];
}

static void drop_smallest(struct boot_source *source)
{
	unsigned smallest = 0;

	for (unsigned i = 1; i < source->range_count; i++)
		if (source->ranges[i].bytes < source->ranges[smallest].bytes)
			smallest = i;
	drop(source, smallest);
}

static uint64_t range_end(const struct boot_range *range)
{
	return range->start.value + range->bytes;
}

/* Takes [start, end) and everything that overlaps or touches it out of the list and puts the union in. */
void boot_ranges_add(struct boot_source *source, uint64_t start, uint64_t end)
{
	unsigned at = 0;

	if (start >= end)
		return;
	if (source->range_count == BOOT_RANGES_MAX)
		drop_smallest(source);
	while (at < source->range_count && range_end(&source->ranges[at]) < start)
		at++;
	while (at < source->range_count && source->ranges[at].start.value <= end) {
		start = MIN(start, source->ranges[at].start.value);
		end = MAX(end, range_end(&source->ranges[at]));
		drop(source, at);
	}
	insert(source, at, start, end);
}

void boot_ranges_remove(struct boot_source *source, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	start = align_down(start, PAGE_SIZE);
	end = end > UINT64_MAX - PAGE_SIZE ? UINT64_MAX : align_up(end, PAGE_SIZE);
	for (unsigned i = 0; i < source->range_count;) {
		uint64_t from = source->ranges[i].start.value;
		uint64_t to = range_end(&source->ranges[i]);

		if (to <= start || from >= end) {
			i++;
			continue;
		}
		drop(source, i);
		if (end < to)
			insert(source, i, end, to);
		if (from < start)
			boot_ranges_add(source, from, start);
	}
}

static void add_area(struct boot_source *source, const struct boot_area *area)
{
	uint64_t start = MAX(area->start, LOW_MEMORY_END);
	uint64_t end = MIN(area->end, DIRECT_BYTES_MAX);

	if (start < end)
		boot_ranges_add(source, align_up(start, PAGE_SIZE), align_down(end, PAGE_SIZE));
}

static bool is_in_direct_map(uint64_t start, uint64_t bytes)
{
	return bytes <= DIRECT_BYTES_MAX && start <= DIRECT_BYTES_MAX - bytes;
}

static bool overlaps(uint64_t page, uint64_t start, uint64_t end)
{
	return page < end && start < page + PAGE_SIZE;
}

/* Whole within usable RAM, and nothing that is still needed in it. */
static bool is_free_page(const struct boot_facts *facts, uint64_t page)
{
	const struct boot_source *source = &facts->source;
	bool is_usable = false;

	for (unsigned i = 0; i < facts->area_count; i++) {
		const struct boot_area *area = &facts->areas[i];

		if (!area->is_usable && overlaps(page, area->start, area->end))
			return false;
		is_usable |= area->is_usable && area->start <= page &&
		             area->end >= page + PAGE_SIZE;
	}
	return is_usable &&
	       !overlaps(page, source->archive.value,
	                 source->archive.value + source->archive_bytes) &&
	       !overlaps(page, source->rsdp.value, source->rsdp.value + facts->rsdp_bytes);
}

/* Page 0 has the interrupt table of real mode; firmware may still want it. */
static paddr_t find_low_page(const struct boot_facts *facts)
{
	for (uint64_t page = LOW_PAGE_LAST; page > 0; page -= PAGE_SIZE)
		if (is_free_page(facts, page))
			return PADDR(page);
	return PADDR(0);
}

void boot_ranges_build(struct boot_facts *facts)
{
	struct boot_source *source = &facts->source;

	source->range_count = 0;
	for (unsigned i = 0; i < facts->area_count; i++)
		if (facts->areas[i].is_usable)
			add_area(source, &facts->areas[i]);
	for (unsigned i = 0; i < facts->area_count; i++)
		if (!facts->areas[i].is_usable)
			boot_ranges_remove(source, facts->areas[i].start, facts->areas[i].end);
	boot_ranges_reserve(facts);
	source->low_page = find_low_page(facts);
}

void boot_ranges_reserve(struct boot_facts *facts)
{
	struct boot_source *source = &facts->source;

	if (!is_in_direct_map(source->archive.value, source->archive_bytes))
		source->archive_bytes = 0;
	boot_ranges_remove(source, source->archive.value,
	                   source->archive.value + source->archive_bytes);
	boot_ranges_remove(source, source->rsdp.value, source->rsdp.value + facts->rsdp_bytes);
}
