/*
 * Helpers of both boot protocols' parsers: the memory map as a list of areas, and the command line.
 */
#include "arch/x86_64/boot.h"
#include <stddef.h>

void boot_facts_init(struct boot_facts *facts)
{
	facts->source = (struct boot_source){.cmdline = facts->cmdline};
	facts->rsdp_bytes = 0;
	facts->area_count = 0;
	facts->cmdline[0] = '\0';
}

/* Areas that wrap around or do not fit the table are left out: less memory, never wrong memory. */
void boot_add_area(struct boot_facts *facts, uint64_t start, uint64_t bytes, uint32_t type)
{
	uint64_t end = start + bytes;

	if (bytes == 0 || end < start || facts->area_count == BOOT_AREAS_MAX)
		return;
	facts->areas[facts->area_count++] = (struct boot_area){
		.start = start,
		.end = end,
		.is_usable = type == E820_USABLE,
		.is_ram = type == E820_USABLE || type == E820_ACPI || type == E820_NVS,
	};
}

/* Byte by byte, because nothing says how long it is; at most max bytes are looked at. */
void boot_copy_cmdline(struct boot_facts *facts, uint64_t at, uint64_t max, boot_memory_fn *memory)
{
	uint64_t len = 0;

	while (len < max && len < BOOT_CMDLINE_MAX - 1) {
		const char *c = memory(at + len, 1);
		if (!c || *c == '\0')
			break;
		facts->cmdline[len++] = *c;
	}
	facts->cmdline[len] = '\0';
}
