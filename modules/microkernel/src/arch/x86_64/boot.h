/*
 * What the loader told, before and after it is brought into one form. The parsers take memory through a
 * function, so that tests on the host can feed them anything.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "arch/arch.h"

#define BOOT_AREAS_MAX 128

/* One entry of the loader's memory map. */
struct boot_area {
	uint64_t start;
	uint64_t end;
	bool is_usable; /* free RAM */
	bool is_ram;    /* RAM, maybe holding firmware tables */
};

struct boot_facts {
	struct boot_source source; /* ranges not filled in */
	uint64_t rsdp_bytes; /* not 0: source.rsdp lies in the loader's memory and must be kept */
	unsigned area_count;
	struct boot_area areas[BOOT_AREAS_MAX];
	char cmdline[BOOT_CMDLINE_MAX];
};

/* Physical memory [at, at + bytes), or null when it cannot be read. */
typedef const void *boot_memory_fn(uint64_t at, uint64_t bytes);

/* Both return null, or a sentence saying what is wrong. */
const char *boot_read_pvh(uint64_t info, boot_memory_fn *memory, struct boot_facts *out);
const char *boot_read_multiboot2(uint64_t info, boot_memory_fn *memory, struct boot_facts *out);

/* The one that the loader speaks, while boot.S's map is in use. */
const char *boot_read(uint32_t protocol, uint32_t info, struct boot_facts *out);

/* boot_facts.c */
#define E820_USABLE 1
#define E820_ACPI 3
#define E820_NVS 4
void boot_facts_init(struct boot_facts *facts);
void boot_add_area(struct boot_facts *facts, uint64_t start, uint64_t bytes, uint32_t type);
void boot_copy_cmdline(struct boot_facts *facts, uint64_t at, uint64_t max, boot_memory_fn *memory);

/* boot_ranges.c: free RAM from 1 MiB up to DIRECT_BYTES_MAX, sorted, in whole pages. */
void boot_ranges_build(struct boot_facts *facts);
/* Keeps what the loader left and is still needed; build does it, and so must who adds ranges. */
void boot_ranges_reserve(struct boot_facts *facts);
void boot_ranges_remove(struct boot_source *source, uint64_t start, uint64_t end);
void boot_ranges_add(struct boot_source *source, uint64_t start, uint64_t end);

void arch_start(uint32_t protocol, uint32_t info, uint64_t ticks) __attribute__((noreturn));
