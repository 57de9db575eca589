/*
 * The kernel's own address space as it really is: nothing writable and executable, constants
 * constant through every mapping. And user copies refuse what is not the user's.
 */
#include "arch/x86_64/kernel_map.h"
#include <microkernel/errors.h>
#include "arch/x86_64/pte.h"
#include "ktest.h"

extern const char kernel_text[], kernel_rodata[], kernel_data[], kernel_end[];

/* The leaf that maps va, or 0. */
static uint64_t leaf_of(uint64_t va)
{
	const uint64_t *table = direct(kernel_root);

	for (int level = LEVELS;; level--) {
		uint64_t entry = table[level_index(va, level)];

		if (!(entry & PTE_PRESENT))
			return 0;
		if (level == 1 || entry & PTE_LARGE)
			return entry;
		table = table_of(entry);
	}
}

static bool is_bad(uint64_t leaf)
{
	bool is_executable = !(leaf & PTE_NX);

	return leaf & PTE_USER || (is_executable && leaf & PTE_WRITE);
}

KTEST(kernel_image_is_never_writable_and_executable)
{
	for (const char *p = kernel_text; p < kernel_end; p += PAGE_SIZE) {
		uint64_t leaf = leaf_of((uint64_t)p);
		uint64_t twin = leaf_of((uint64_t)(p - image_base) + DIRECT_BASE);

		KCHECK(!is_bad(leaf) && !is_bad(twin) && twin & PTE_NX);
		KCHECK((p < kernel_rodata) == (leaf && !(leaf & PTE_NX)));
		if (p < kernel_data)
			KCHECK(!(leaf & PTE_WRITE) && !(twin & PTE_WRITE));
	}
}

KTEST(kernel_leaves_the_boot_mapping)
{
	KCHECK(!leaf_of(0x100000));
	KCHECK(!leaf_of(0));
}

KTEST(firmware_memory_is_checked)
{
	KCHECK(kernel_map_memory(0x100000, 0x1000) == direct(PADDR(0x100000)));
	KCHECK(!kernel_map_memory(DIRECT_BYTES_MAX - 1, 1));
	KCHECK(!kernel_map_memory(UINT64_MAX - 1, 4));
	KCHECK(!kernel_map_device(1ul << 60, 16));
}

KTEST(user_copies_stay_in_the_window)
{
	const uint64_t refused[] = {
		0,          0x1000,         NATIVE_BASE - 1, NATIVE_END,
		UINT64_MAX, NATIVE_END - 8, DIRECT_BASE,     (uint64_t)image_base};
	char buffer[16];

	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		KCHECK(copy_from_user(buffer, refused[i], 9) == E_FAULT);
		KCHECK(copy_to_user(refused[i], buffer, 9) == E_FAULT);
	}
	KCHECK(copy_from_user(buffer, 0, 0) == OK);
	KCHECK(copy_from_user(buffer, NATIVE_BASE + 8, UINT64_MAX) == E_FAULT);
	KCHECK(copy_from_user(buffer, NATIVE_BASE, NATIVE_END - NATIVE_BASE + 1) == E_FAULT);
}
