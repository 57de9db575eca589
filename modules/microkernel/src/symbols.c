/*
 * Symbol table, made by the second link pass (scripts/link_kernel.sh). Weak, because the first pass and
 * tests link without it.
 */
#include "symbols.h"
#include <stddef.h>
#include "arch/arch.h"

extern const uint64_t ksym_base __attribute__((weak));
extern const uint32_t ksym_count __attribute__((weak));
extern const uint32_t ksym_offsets[] __attribute__((weak));
extern const uint32_t ksym_names[] __attribute__((weak));
extern const char ksym_strings[] __attribute__((weak));

const char *symbol_find(uint64_t address, uint64_t *out_offset)
{
	uint64_t offset;

	if (!&ksym_count || ksym_count == 0)
		return NULL;
	offset = address - arch_image_slide() - ksym_base;
	if (address < ksym_base + arch_image_slide())
		return NULL;
	uint32_t low = 0, high = ksym_count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (ksym_offsets[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	*out_offset = offset - ksym_offsets[low];
	return &ksym_strings[ksym_names[low]];
}
