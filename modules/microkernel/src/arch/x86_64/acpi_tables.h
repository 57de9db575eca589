/*
 * The few facts the kernel itself needs from ACPI's static tables; the rest is for the device manager.
 */
#pragma once
#include "arch/x86_64/boot.h"

#define ACPI_CPUS_MAX 64
#define ACPI_IOAPICS_MAX 8
#define ACPI_OVERRIDES_MAX 32

struct acpi_ioapic {
	uint64_t address;
	uint32_t first_gsi;
};

/* An ISA interrupt that is wired unlike the others: to another line, or with another trigger. */
struct acpi_override {
	uint8_t irq;
	uint32_t gsi;
	bool is_level, is_low;
};

struct acpi_machine {
	uint64_t local_apic; /* 0: there is no MADT */
	unsigned cpu_count;
	uint32_t cpus[ACPI_CPUS_MAX]; /* local APIC numbers of usable CPUs */
	unsigned ioapic_count;
	struct acpi_ioapic ioapics[ACPI_IOAPICS_MAX];
	unsigned override_count;
	struct acpi_override overrides[ACPI_OVERRIDES_MAX];
	uint16_t pm_timer_port; /* 0: none */
};

/* Searches the BIOS areas for the root pointer; 0 when there is none. */
uint64_t acpi_find_root(boot_memory_fn *memory);
/* What the tables below this root say; with a bad root or bad tables, as much as could be trusted. */
void acpi_read(uint64_t root, boot_memory_fn *memory, struct acpi_machine *out);
