/*
 * What holds wherever the image and the direct map are. run_ktest.py looks whether they are elsewhere each time.
 */
#include "arch/x86_64/kaslr.h"
#include <stddef.h>
#include <base/bits.h>
#include <base/string.h>
#include "ktest.h"
#include "panic.h"
#include "printk.h"
#include "symbols.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pte.h"

#define SLOT(address) level_index(address, LEVELS)

extern const char kernel_end[];
extern uint64_t __stack_chk_guard;

KTEST(the_image_and_the_direct_map_are_in_bounds)
{
	uint64_t slide = arch_image_slide();
	uint64_t end = DIRECT_BASE + DIRECT_BYTES_MAX - 1;

	printk("image moved by %lx, direct map at %lx\n", slide, DIRECT_BASE);
	KCHECK(is_aligned(slide, LARGE_PAGE));
	KCHECK((uint64_t)kernel_end - KERNEL_LINK_BASE <= HUGE_PAGE);
	KCHECK(is_aligned(DIRECT_BASE, HUGE_PAGE));
	KCHECK(SLOT(DIRECT_BASE) >= KERNEL_SLOT && SLOT(end) == SLOT(DIRECT_BASE));
	KCHECK(SLOT(end) < SLOT(KERNEL_LINK_BASE));
}

KTEST(what_the_linker_wrote_has_moved)
{
	static const char *const volatile name = kernel_end;
	uint64_t here;

	__asm__ volatile("leaq kernel_end(%%rip), %0" : "=r"(here));
	KCHECK((uint64_t)name == here && (uint64_t)kernel_end == here);
}

KTEST(symbols_are_found_where_they_are)
{
	uint64_t offset = 1;
	const char *name = symbol_find((uint64_t)panic + 3, &offset);

	KCHECK(name && strcmp(name, "panic") == 0 && offset == 3);
	KCHECK(!symbol_find((uint64_t)image_base, &offset));
}

KTEST(the_canary_stops_strings)
{
	KCHECK(__stack_chk_guard && !(__stack_chk_guard & 0xff));
}
