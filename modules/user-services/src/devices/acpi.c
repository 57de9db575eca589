/*
 * ACPI tables: RSDP to RSDT or XSDT to a table (ACPI 6.4, 5.2.5-5.2.8). Lengths are bounded and checksums
 * verified before anything is believed. The sleep types of S5 stand in AML code; the package that every
 * firmware writes for \_S5 is recognised by its bytes, and when it is not there the types are 0, as on QEMU.
 */
#include "devices/acpi.h"

#include <base/bits.h>
#include <base/string.h>

#define HEADER_BYTES 36
#define FADT_DSDT 40
#define FADT_PM1A_CONTROL 64
#define FADT_PM1B_CONTROL 68
#define FADT_FLAGS 112
#define FADT_RESET_REGISTER 116
#define FADT_RESET_VALUE 128
#define FADT_FLAG_RESET (1u << 10)
#define SPACE_IO 1
#define CHUNK 256u

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static uint64_t get64(const uint8_t *at)
{
	return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static bool read(const struct acpi_reader *r, uint64_t physical, void *out, uint32_t len)
{
	return r->read(r->context, physical, out, len);
}

/* The table at this address with a sane length and a checksum of 0. */
static bool check_table(const struct acpi_reader *r, uint64_t physical, struct acpi_table *out)
{
	uint8_t bytes[CHUNK], sum = 0;
	uint32_t len;

	if (!read(r, physical, bytes, HEADER_BYTES))
		return false;
	len = get32(bytes + 4);
	if (len < HEADER_BYTES || len > ACPI_TABLE_MAX)
		return false;
	for (uint32_t at = 0; at < len; at += CHUNK) {
		uint32_t count = MIN(len - at, CHUNK);

		if (!read(r, physical + at, bytes, count))
			return false;
		for (uint32_t i = 0; i < count; i++)
			sum += bytes[i];
	}
	*out = (struct acpi_table){physical, len};
	return sum == 0;
}

/* Address and entry size of the root table. */
static bool root_table(const struct acpi_reader *r, uint64_t rsdp, uint64_t *out_root,
                       uint32_t *out_entry)
{
	uint8_t bytes[36];

	if (rsdp == 0 || !read(r, rsdp, bytes, 20) || memcmp(bytes, "RSD PTR ", 8) != 0)
		return false;
	*out_root = get32(bytes + 16);
	*out_entry = 4;
	if (bytes[15] >= 2 && read(r, rsdp, bytes, 36) && get64(bytes + 24) != 0) {
		*out_root = get64(bytes + 24);
		*out_entry = 8;
	}
	return true;
}

bool acpi_find(const struct acpi_reader *r, uint64_t rsdp, const char *signature,
               struct acpi_table *out)
{
	struct acpi_table root;
	uint64_t physical;
	uint32_t entry;
	uint8_t bytes[8];

	if (!root_table(r, rsdp, &physical, &entry) || !check_table(r, physical, &root))
		return false;
	for (uint32_t at = HEADER_BYTES; at + entry <= root.bytes; at += entry) {
		if (!read(r, physical + at, bytes, entry))
			return false;
		uint64_t table = entry == 8 ? get64(bytes) : get32(bytes);
		if (read(r, table, bytes, 4) && memcmp(bytes, signature, 4) == 0 &&
		    check_table(r, table, out))
			return true;
	}
	return false;
}

/* An AML integer as the S5 package uses it; returns its bytes, 0 when it is something else. */
static int aml_integer(const uint8_t *at, uint16_t *out)
{
	if (at[0] == 0x0a) {
		*out = at[1];
		return 2;
	}
	*out = at[0];
	return at[0] <= 1 ? 1 : 0;
}

/* Name (_S5_, Package {a, b, ...}): 08 "_S5_" 12 length count a b. */
static bool match_s5(const uint8_t *at, struct acpi_power *out)
{
	uint16_t a, b;
	int used;

	if (memcmp(at, "_S5_\x12", 5) != 0 || at[5] >> 6 != 0)
		return false;
	used = aml_integer(at + 7, &a);
	if (!used || !aml_integer(at + 7 + used, &b))
		return false;
	out->sleep_type_a = a & 7;
	out->sleep_type_b = b & 7;
	return true;
}

static void find_s5(const struct acpi_reader *r, uint64_t dsdt, struct acpi_power *out)
{
	enum { OVERLAP = 16 };
	uint8_t bytes[CHUNK + OVERLAP];
	struct acpi_table table;

	if (!check_table(r, dsdt, &table))
		return;
	for (uint32_t at = HEADER_BYTES; at + OVERLAP < table.bytes; at += CHUNK) {
		uint32_t count = MIN(table.bytes - at, sizeof(bytes));

		if (!read(r, dsdt + at, bytes, count))
			return;
		for (uint32_t i = 0; i + OVERLAP <= count; i++) {
			if (match_s5(bytes + i, out))
				return;
		}
	}
}

bool acpi_power(const struct acpi_reader *r, uint64_t rsdp, struct acpi_power *out)
{
	uint8_t fadt[FADT_RESET_VALUE + 1] = {0};
	struct acpi_table table;
	const uint8_t *reset = fadt + FADT_RESET_REGISTER;

	*out = (struct acpi_power){0};
	if (!acpi_find(r, rsdp, "FACP", &table))
		return false;
	if (!read(r, table.physical, fadt, MIN(table.bytes, sizeof(fadt))))
		return false;
	out->pm1a_control = (uint16_t)get32(fadt + FADT_PM1A_CONTROL);
	out->pm1b_control = (uint16_t)get32(fadt + FADT_PM1B_CONTROL);
	if (get32(fadt + FADT_FLAGS) & FADT_FLAG_RESET && reset[0] == SPACE_IO) {
		out->reset_port = (uint16_t)get32(reset + 4);
		out->reset_value = fadt[FADT_RESET_VALUE];
	}
	find_s5(r, get32(fadt + FADT_DSDT), out);
	return true;
}
