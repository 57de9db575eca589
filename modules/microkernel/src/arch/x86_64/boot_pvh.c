/*
 * PVH start information (xen/include/public/arch-x86/hvm/start_info.h describes it): what QEMU hands over
 * with -kernel. The first module is the boot archive.
 */
#include <stddef.h>
#include <base/assert.h>
#include "arch/x86_64/boot.h"

#define PVH_MAGIC 0x336ec578
#define MAP_ENTRIES_MAX 1024

/* Packed, so that a misplaced one is no undefined behaviour. */
struct pvh_start_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, cmdline, rsdp;
	/* version 1 and later */
	uint64_t map;
	uint32_t map_entries, reserved;
} __attribute__((packed));

struct pvh_module {
	uint64_t start, bytes, cmdline, reserved;
} __attribute__((packed));

struct pvh_map_entry {
	uint64_t start, bytes;
	uint32_t type, reserved;
} __attribute__((packed));

STATIC_ASSERT(sizeof(struct pvh_start_info) == 56);
STATIC_ASSERT(sizeof(struct pvh_module) == 32);
STATIC_ASSERT(sizeof(struct pvh_map_entry) == 24);

static const char *read_map(const struct pvh_start_info *info, boot_memory_fn *memory,
                            struct boot_facts *out)
{
	uint64_t bytes = (uint64_t)info->map_entries * sizeof(struct pvh_map_entry);
	const struct pvh_map_entry *map;

	if (info->map_entries > MAP_ENTRIES_MAX || !(map = memory(info->map, bytes)))
		return "the PVH memory map cannot be read";
	for (uint32_t i = 0; i < info->map_entries; i++)
		boot_add_area(out, map[i].start, map[i].bytes, map[i].type);
	return NULL;
}

static void read_archive(const struct pvh_start_info *info, boot_memory_fn *memory,
                         struct boot_facts *out)
{
	const struct pvh_module *module;

	if (info->module_count == 0 || !(module = memory(info->modules, sizeof(*module))))
		return;
	out->source.archive = PADDR(module->start);
	out->source.archive_bytes = module->bytes;
}

const char *boot_read_pvh(uint64_t at, boot_memory_fn *memory, struct boot_facts *out)
{
	const struct pvh_start_info *info = memory(at, sizeof(*info));

	boot_facts_init(out);
	if (!info || info->magic != PVH_MAGIC)
		return "the PVH start information has no magic number";
	if (info->version < 1)
		return "the PVH start information has no memory map (version 0)";
	out->source.rsdp = PADDR(info->rsdp);
	if (info->cmdline)
		boot_copy_cmdline(out, info->cmdline, BOOT_CMDLINE_MAX, memory);
	read_archive(info, memory, out);
	return read_map(info, memory, out);
}
