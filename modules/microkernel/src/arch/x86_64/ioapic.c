/*
 * IOAPICs: lines ("global system interrupts", GSI) to vectors. All interrupts go to the boot CPU. A line is
 * masked until its driver is ready for it.
 */
#include <stddef.h>
#include <base/assert.h>
#include "printk.h"
#include "arch/x86_64/acpi_tables.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/kernel_map.h"

#define IOAPIC_BYTES 0x20
#define REG_VERSION 1
#define REG_REDIRECTION 0x10
#define ENTRY_LOW 0x2000u
#define ENTRY_LEVEL 0x8000u
#define ENTRY_MASKED 0x10000u

static RO_AFTER_INIT struct ioapic {
	volatile uint32_t *select; /* the data register lies 16 bytes above */
	uint32_t first_gsi;
	uint32_t count;
} ioapics[ACPI_IOAPICS_MAX];
static RO_AFTER_INIT unsigned ioapic_count;

static uint32_t read(const struct ioapic *io, unsigned reg)
{
	io->select[0] = reg;
	return io->select[4];
}

static void write(const struct ioapic *io, unsigned reg, uint32_t value)
{
	io->select[0] = reg;
	io->select[4] = value;
}

void ioapic_add(uint64_t address, uint32_t first_gsi)
{
	struct ioapic *io = &ioapics[ioapic_count];

	ASSERT(ioapic_count < ACPI_IOAPICS_MAX);
	io->select = kernel_map_device(address, IOAPIC_BYTES);
	if (!io->select || read(io, REG_VERSION) == UINT32_MAX) {
		printk("ioapic at %lx does not answer\n", address);
		return;
	}
	io->first_gsi = first_gsi;
	io->count = (read(io, REG_VERSION) >> 16 & 0xff) + 1;
	for (unsigned pin = 0; pin < io->count; pin++)
		write(io, REG_REDIRECTION + 2 * pin, ENTRY_MASKED);
	ioapic_count++;
}

static const struct ioapic *find(uint32_t gsi)
{
	for (unsigned i = 0; i < ioapic_count; i++)
		if (gsi - ioapics[i].first_gsi < ioapics[i].count)
			return &ioapics[i];
	return NULL;
}

bool ioapic_has(uint32_t gsi)
{
	return find(gsi) != NULL;
}

void ioapic_route(uint32_t gsi, uint8_t vector, bool is_level, bool is_low)
{
	const struct ioapic *io = find(gsi);
	unsigned reg = REG_REDIRECTION + 2 * (gsi - io->first_gsi);

	write(io, reg, ENTRY_MASKED);
	write(io, reg + 1, apic_id() << 24);
	write(io, reg,
	      ENTRY_MASKED | vector | (is_level ? ENTRY_LEVEL : 0) | (is_low ? ENTRY_LOW : 0));
}

void ioapic_set_masked(uint32_t gsi, bool is_masked)
{
	const struct ioapic *io = find(gsi);
	unsigned reg = REG_REDIRECTION + 2 * (gsi - io->first_gsi);
	uint32_t entry = read(io, reg) & ~ENTRY_MASKED;

	write(io, reg, entry | (is_masked ? ENTRY_MASKED : 0));
}
