/*
 * Tests of devices/acpi.c over a made-up firmware, then over the same with every byte damaged. The
 * sanitizers judge the damaged runs: nothing may be read outside the made-up memory.
 */
#include "devices/acpi.h"

#include <base/test.h>

#define BASE 0x1000

static uint8_t memory[4096];

static bool read_memory(void *context, uint64_t physical, void *out, uint32_t len)
{
	(void)context;
	if (physical < BASE || physical - BASE > sizeof(memory) ||
	    len > sizeof(memory) - (physical - BASE))
		return false;
	memcpy(out, memory + (physical - BASE), len);
	return true;
}

static const struct acpi_reader reader = {.read = read_memory};

static void put32(uint32_t at, uint32_t value)
{
	memcpy(memory + at, &value, 4);
}

static void seal(uint32_t at, const char *signature, uint32_t len)
{
	uint8_t sum = 0;

	memcpy(memory + at, signature, 4);
	put32(at + 4, len);
	memory[at + 9] = 0;
	for (uint32_t i = 0; i < len; i++)
		sum += memory[at + i];
	memory[at + 9] = (uint8_t)-sum;
}

static void build(void)
{
	static const uint8_t s5[] = {0x08, '_',  'S',  '5',  '_',  0x12, 0x08,
	                             0x04, 0x0a, 0x05, 0x0a, 0x06, 0x00, 0x00};

	memset(memory, 0, sizeof(memory));
	memcpy(memory, "RSD PTR ", 8);
	put32(16, BASE + 0x100);
	put32(0x100 + 36, BASE + 0x200);
	put32(0x100 + 40, BASE + 0x300);
	seal(0x100, "RSDT", 44);
	seal(0x200, "APIC", 64);
	put32(0x300 + 40, BASE + 0x600);
	put32(0x300 + 64, 0x604);
	put32(0x300 + 112, 1u << 10);
	memory[0x300 + 116] = 1;
	put32(0x300 + 120, 0xcf9);
	memory[0x300 + 128] = 0x0f;
	seal(0x300, "FACP", 244);
	memcpy(memory + 0x600 + 290, s5, sizeof(s5));
	seal(0x600, "DSDT", 600);
}

TEST(finds_tables_and_power)
{
	struct acpi_table table;
	struct acpi_power power;

	build();
	CHECK(acpi_find(&reader, BASE, "APIC", &table));
	CHECK_EQ(table.physical, BASE + 0x200);
	CHECK(!acpi_find(&reader, BASE, "HPET", &table));
	CHECK(acpi_power(&reader, BASE, &power));
	CHECK_EQ(power.pm1a_control, 0x604);
	CHECK_EQ(power.sleep_type_a, 5);
	CHECK_EQ(power.sleep_type_b, 6);
	CHECK_EQ(power.reset_port, 0xcf9);
	CHECK_EQ(power.reset_value, 0x0f);
}

TEST(damage_is_refused_or_harmless)
{
	struct acpi_power power;

	for (uint32_t at = 0; at < 0x900; at++) {
		build();
		memory[at] ^= 0x81;
		(void)acpi_power(&reader, BASE, &power);
	}
	build();
	memory[0x310] ^= 1;
	CHECK(!acpi_power(&reader, BASE, &power));
	CHECK(!acpi_power(&reader, 0, &power));
}

TEST_MAIN();
