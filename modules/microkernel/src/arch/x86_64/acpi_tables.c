/*
 * ACPI's root pointer, root table, MADT (interrupt controllers and CPUs) and FADT (power-management timer).
 * Firmware writes these, and firmware has bugs: every table must have a good checksum, every length is
 * checked, every list has an end. Fields are unaligned, so they are read by offset (ACPI 6.4, chapter 5).
 */
#include "arch/x86_64/acpi_tables.h"
#include <stddef.h>
#include <base/string.h>

#define ROOT_BYTES 20
#define ROOT_2_BYTES 36
#define HEADER_BYTES 36
#define TABLE_BYTES_MAX (1u << 20)
#define TABLES_MAX 256u
#define MADT_ENTRIES 44
#define FADT_TIMER_PORT 76
#define FADT_TIMER_BYTES 91

enum madt_entry {
	MADT_LOCAL_APIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LOCAL_ADDRESS = 5,
	MADT_X2APIC = 9,
};

/* A table whose header, length and checksum are good. */
struct table {
	const uint8_t *bytes; /* null: none */
	uint32_t len;
};

static uint64_t read_number(const uint8_t *bytes, uint64_t offset, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)bytes[offset + i] << (8 * i);
	return value;
}

static bool sums_to_zero(const uint8_t *bytes, uint32_t len)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

static bool is_root(const uint8_t *bytes)
{
	return bytes && memcmp(bytes, "RSD PTR ", 8) == 0 && sums_to_zero(bytes, ROOT_BYTES);
}

static uint64_t scan(uint64_t start, uint64_t bytes, boot_memory_fn *memory)
{
	for (uint64_t at = start; at < start + bytes; at += 16)
		if (is_root(memory(at, ROOT_BYTES)))
			return at;
	return 0;
}

uint64_t acpi_find_root(boot_memory_fn *memory)
{
	const uint8_t *segment = memory(0x40e, 2); /* of the extended BIOS data area */
	uint64_t found = 0;

	if (segment)
		found = scan(read_number(segment, 0, 2) << 4, 1024, memory);
	return found ? found : scan(0xe0000, 0x20000, memory);
}

static struct table open_table(uint64_t at, const char *signature, boot_memory_fn *memory)
{
	const uint8_t *bytes = at ? memory(at, HEADER_BYTES) : NULL;
	struct table none = {0};
	uint32_t len;

	if (!bytes || memcmp(bytes, signature, 4) != 0)
		return none;
	len = (uint32_t)read_number(bytes, 4, 4);
	if (len < HEADER_BYTES || len > TABLE_BYTES_MAX || !memory(at, len) ||
	    !sums_to_zero(bytes, len))
		return none;
	return (struct table){bytes, len};
}

/* The XSDT, or the RSDT with its narrower entries when there is no good XSDT. */
static struct table open_root_table(uint64_t root, boot_memory_fn *memory, unsigned *out_width)
{
	const uint8_t *bytes = root ? memory(root, ROOT_BYTES) : NULL;
	struct table table = {0};

	if (!is_root(bytes))
		return table;
	if (bytes[15] >= 2 && memory(root, ROOT_2_BYTES) && sums_to_zero(bytes, ROOT_2_BYTES))
		table = open_table(read_number(bytes, 24, 8), "XSDT", memory);
	*out_width = table.bytes ? 8 : 4;
	return table.bytes ? table : open_table(read_number(bytes, 16, 4), "RSDT", memory);
}

static struct table find_table(uint64_t root, const char *signature, boot_memory_fn *memory)
{
	unsigned width = 0;
	struct table list = open_root_table(root, memory, &width);
	struct table found = {0};

	for (uint32_t i = 0; list.bytes && i < TABLES_MAX && !found.bytes; i++) {
		uint64_t offset = HEADER_BYTES + (uint64_t)i * width;

		if (offset + width > list.len)
			break;
		found = open_table(read_number(list.bytes, offset, width), signature, memory);
	}
	return found;
}

static void add_cpu(struct acpi_machine *out, uint32_t id, uint32_t flags)
{
	if (flags & 1 && out->cpu_count < ACPI_CPUS_MAX)
		out->cpus[out->cpu_count++] = id;
}

static void add_ioapic(struct acpi_machine *out, const uint8_t *entry)
{
	if (out->ioapic_count == ACPI_IOAPICS_MAX)
		return;
	out->ioapics[out->ioapic_count++] = (struct acpi_ioapic){
		.address = read_number(entry, 4, 4),
		.first_gsi = (uint32_t)read_number(entry, 8, 4),
	};
}

/* Flags: two bits each for polarity and trigger; 0 means as ISA does it, edge and active high. */
static void add_override(struct acpi_machine *out, const uint8_t *entry)
{
	uint64_t flags = read_number(entry, 8, 2);

	if (out->override_count == ACPI_OVERRIDES_MAX)
		return;
	out->overrides[out->override_count++] = (struct acpi_override){
		.irq = entry[3],
		.gsi = (uint32_t)read_number(entry, 4, 4),
		.is_low = (flags & 3) == 3,
		.is_level = (flags >> 2 & 3) == 3,
	};
}

static void read_madt_entry(const uint8_t *entry, unsigned len, struct acpi_machine *out)
{
	switch (entry[0]) {
	case MADT_LOCAL_APIC:
		if (len >= 8)
			add_cpu(out, entry[3], (uint32_t)read_number(entry, 4, 4));
		break;
	case MADT_X2APIC:
		if (len >= 16)
			add_cpu(out, (uint32_t)read_number(entry, 4, 4),
			        (uint32_t)read_number(entry, 8, 4));
		break;
	case MADT_IOAPIC:
		if (len >= 12)
			add_ioapic(out, entry);
		break;
	case MADT_OVERRIDE:
		if (len >= 10)
			add_override(out, entry);
		break;
	case MADT_LOCAL_ADDRESS:
		if (len >= 12)
			out->local_apic = read_number(entry, 4, 8);
		break;
	}
}

static void read_madt(struct table madt, struct acpi_machine *out)
{
	if (madt.len < MADT_ENTRIES)
		return;
	out->local_apic = read_number(madt.bytes, HEADER_BYTES, 4);
	for (uint32_t at = MADT_ENTRIES; at + 2 <= madt.len;) {
		const uint8_t *entry = madt.bytes + at;
		unsigned len = entry[1];

		if (len < 2 || len > madt.len - at)
			return;
		read_madt_entry(entry, len, out);
		at += len;
	}
}

static void read_fadt(struct table fadt, struct acpi_machine *out)
{
	uint64_t port;

	if (fadt.len <= FADT_TIMER_BYTES || fadt.bytes[FADT_TIMER_BYTES] != 4)
		return;
	port = read_number(fadt.bytes, FADT_TIMER_PORT, 4);
	if (port <= UINT16_MAX)
		out->pm_timer_port = (uint16_t)port;
}

void acpi_read(uint64_t root, boot_memory_fn *memory, struct acpi_machine *out)
{
	struct table madt = find_table(root, "APIC", memory);
	struct table fadt = find_table(root, "FACP", memory);

	*out = (struct acpi_machine){0};
	if (madt.bytes)
		read_madt(madt, out);
	if (fadt.bytes)
		read_fadt(fadt, out);
}
