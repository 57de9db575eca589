/*
 * ACPI tables from a small fake memory: good ones, and ones as firmware should never write them.
 */
#include <base/test.h>
#include "arch/x86_64/acpi_tables.h"

TEST_MAIN();

#define BIOS_SEGMENT_AT 0x40eul
#define MEMORY_BASE 0xe0000ul
#define MEMORY_BYTES 0x20000ul
#define ROOT (MEMORY_BASE + 0x100)
#define XSDT (MEMORY_BASE + 0x200)
#define RSDT (MEMORY_BASE + 0x400)
#define MADT (MEMORY_BASE + 0x1000)
#define FADT (MEMORY_BASE + 0x2000)

static uint8_t memory[MEMORY_BYTES];

static const uint8_t *bios_segment; /* null: that memory cannot be read */

static const void *read_memory(uint64_t at, uint64_t bytes)
{
	if (at == BIOS_SEGMENT_AT && bytes == 2)
		return bios_segment;
	if (at < MEMORY_BASE || bytes > MEMORY_BYTES || at - MEMORY_BASE > MEMORY_BYTES - bytes)
		return NULL;
	return &memory[at - MEMORY_BASE];
}

static uint8_t *at(uint64_t address)
{
	return &memory[address - MEMORY_BASE];
}

static void put(uint64_t address, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at(address)[i] = (uint8_t)(value >> (8 * i));
}

static void fix_sum(uint64_t address, uint32_t len, unsigned offset)
{
	uint8_t sum = 0;

	at(address)[offset] = 0;
	for (uint32_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + at(address)[i]);
	at(address)[offset] = (uint8_t)-sum;
}

static void put_table(uint64_t address, const char *signature, uint32_t len)
{
	memcpy(at(address), signature, 4);
	put(address + 4, len, 4);
	fix_sum(address, len, 9);
}

static uint32_t put_madt_entries(void)
{
	static const uint8_t entries[] = {
		0, 8,  0,    0, 1, 0, 0,    0,                   /* CPU 0 */
		0, 8,  1,    1, 0, 0, 0,    0,                   /* CPU 1, disabled */
		0, 8,  2,    7, 1, 0, 0,    0,                   /* CPU with APIC number 7 */
		1, 12, 0,    0, 0, 0, 0xc0, 0xfe, 24,   0, 0, 0, /* IOAPIC */
		2, 10, 0,    0, 2, 0, 0,    0,    0,    0,       /* ISA 0 is line 2 */
		2, 10, 0,    9, 9, 0, 0,    0,    0x0f, 0,       /* ISA 9 is level, active low */
		4, 6,  0xff, 0, 0, 1,                            /* something else */
		9, 16, 0,    0, 0, 1, 0,    0,    1,    0, 0, 0, 0, 0, 0, 0, /* CPU 256 */
	};

	put(MADT + 36, 0xfee00000, 4);
	memcpy(at(MADT + 44), entries, sizeof(entries));
	return 44 + (uint32_t)sizeof(entries);
}

static void put_root(unsigned revision)
{
	memcpy(at(ROOT), "RSD PTR ", 8);
	at(ROOT)[15] = (uint8_t)revision;
	put(ROOT + 16, RSDT, 4);
	put(ROOT + 20, 36, 4);
	put(ROOT + 24, XSDT, 8);
	fix_sum(ROOT, 20, 8);
	fix_sum(ROOT, 36, 32);
}

static void put_all(void)
{
	memset(memory, 0, sizeof(memory));
	put_root(2);
	put(XSDT + 36, FADT, 8);
	put(XSDT + 44, MADT, 8);
	put_table(XSDT, "XSDT", 52);
	put(RSDT + 36, MADT, 4);
	put_table(RSDT, "RSDT", 40);
	put_table(MADT, "APIC", put_madt_entries());
	put(FADT + 76, 0x608, 4);
	at(FADT)[91] = 4;
	put_table(FADT, "FACP", 276);
}

static struct acpi_machine read_all(void)
{
	struct acpi_machine machine;

	acpi_read(ROOT, read_memory, &machine);
	return machine;
}

TEST(good_tables)
{
	put_all();
	struct acpi_machine m = read_all();

	CHECK_EQ(m.local_apic, 0xfee00000);
	CHECK_EQ(m.cpu_count, 3);
	CHECK_EQ(m.cpus[1], 7);
	CHECK_EQ(m.cpus[2], 256);
	CHECK_EQ(m.ioapic_count, 1);
	CHECK_EQ(m.ioapics[0].address, 0xfec00000);
	CHECK_EQ(m.ioapics[0].first_gsi, 24);
	CHECK_EQ(m.override_count, 2);
	CHECK_EQ(m.overrides[0].gsi, 2);
	CHECK(!m.overrides[0].is_level && !m.overrides[0].is_low);
	CHECK(m.overrides[1].is_level && m.overrides[1].is_low);
	CHECK_EQ(m.pm_timer_port, 0x608);
}

TEST(root_is_found_by_scanning)
{
	put_all();
	CHECK_EQ(acpi_find_root(read_memory), ROOT);
	at(ROOT)[8]++;
	CHECK_EQ(acpi_find_root(read_memory), 0);
}

/* There are two: the one in the extended BIOS data area, however far into it, comes first. */
TEST(root_is_found_where_the_bios_says)
{
	uint64_t second = ROOT + 0x1000;
	uint8_t segment[2];

	put_all();
	memcpy(at(second), at(ROOT), 36);
	bios_segment = segment;
	segment[0] = (second - 0x3f0) >> 4 & 0xff;
	segment[1] = (uint8_t)((second - 0x3f0) >> 12);
	CHECK_EQ(acpi_find_root(read_memory), second);
	segment[0]--; /* now it begins where the area ends */
	CHECK_EQ(acpi_find_root(read_memory), ROOT);
	bios_segment = NULL;
}

TEST(revision_0_uses_the_rsdt)
{
	put_all();
	put_root(0);
	struct acpi_machine m = read_all();

	CHECK_EQ(m.cpu_count, 3);
	CHECK_EQ(m.pm_timer_port, 0);
}

TEST(bad_xsdt_falls_back_to_the_rsdt)
{
	put_all();
	at(XSDT)[9]++;
	CHECK_EQ(read_all().local_apic, 0xfee00000);
	CHECK_EQ(read_all().pm_timer_port, 0);
}

TEST(no_root)
{
	struct acpi_machine m;

	put_all();
	acpi_read(0, read_memory, &m);
	CHECK_EQ(m.local_apic, 0);
	acpi_read(UINT64_MAX - 3, read_memory, &m);
	CHECK_EQ(m.local_apic, 0);
}

TEST(bad_checksum_is_no_table)
{
	put_all();
	at(MADT)[9]++;
	CHECK_EQ(read_all().local_apic, 0);
	CHECK_EQ(read_all().pm_timer_port, 0x608);
}

TEST(lengths_beyond_memory)
{
	put_all();
	put(MADT + 4, UINT32_MAX, 4);
	put(FADT + 4, 35, 4);
	CHECK_EQ(read_all().local_apic, 0);
	CHECK_EQ(read_all().pm_timer_port, 0);
	put_all();
	put(XSDT + 4, MEMORY_BYTES, 4);
	put(RSDT + 4, 0, 4);
	CHECK_EQ(read_all().local_apic, 0);
}

TEST(madt_entries_that_lie_about_their_length)
{
	uint32_t len;

	put_all();
	at(MADT + 44)[1] = 0; /* would never end */
	put_table(MADT, "APIC", 44 + 60);
	CHECK_EQ(read_all().cpu_count, 0);
	put_all();
	len = put_madt_entries();
	at(MADT + 44)[1] = 255; /* ends beyond the table */
	put_table(MADT, "APIC", len);
	CHECK_EQ(read_all().cpu_count, 0);
	put_all();
	at(MADT + 44)[1] = 3; /* too short for what it claims to be */
	put_table(MADT, "APIC", 47);
	CHECK_EQ(read_all().cpu_count, 0);
	CHECK_EQ(read_all().local_apic, 0xfee00000);
}

TEST(address_of_the_local_apic_may_be_given_again)
{
	put_all();
	memcpy(at(MADT + 44), "\5\14\0\0\0\0\0\1\0\0\0\0", 12);
	put_table(MADT, "APIC", 44 + 12);
	CHECK_EQ(read_all().local_apic, 0x1000000);
	at(MADT + 44)[1] = 11; /* too short to say so */
	put_table(MADT, "APIC", 44 + 12);
	CHECK_EQ(read_all().local_apic, 0xfee00000);
}

TEST(more_overrides_than_ours)
{
	put_all();
	for (unsigned i = 0; i < 100; i++)
		memcpy(at(MADT + 44 + i * 10), "\2\12\0\3\7\0\0\0\0\0", 10);
	put_table(MADT, "APIC", 44 + 100 * 10);
	struct acpi_machine m = read_all();

	CHECK_EQ(m.override_count, ACPI_OVERRIDES_MAX);
	CHECK_EQ(m.overrides[ACPI_OVERRIDES_MAX - 1].gsi, 7);
}

TEST(lists_longer_than_ours)
{
	put_all();
	for (unsigned i = 0; i < 200; i++)
		memcpy(at(MADT + 44 + i * 12), "\1\14\0\0\0\0\0\1\0\0\0\0", 12);
	put_table(MADT, "APIC", 44 + 200 * 12);
	CHECK_EQ(read_all().ioapic_count, ACPI_IOAPICS_MAX);
}

/* Whatever the bytes are, reading ends and stays in bounds (the sanitizers look). */
TEST(random_damage)
{
	uint64_t seed = test_seed();

	for (unsigned round = 0; round < test_rounds(3000); round++) {
		static const uint32_t tables[] = {ROOT - MEMORY_BASE, XSDT - MEMORY_BASE,
		                                  RSDT - MEMORY_BASE, MADT - MEMORY_BASE,
		                                  FADT - MEMORY_BASE};
		uint32_t table;

		put_all();
		for (unsigned i = 0; i < 4; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			table = tables[seed >> 40 & 3];
			memory[table + (seed >> 50 & 127)] = (uint8_t)(seed >> 33);
		}
		put_table(XSDT, "XSDT", (uint32_t)(seed >> 45 & 127) + 36);
		put_table(MADT, "APIC", (uint32_t)(seed >> 35 & 127) + 36);
		fix_sum(ROOT, 20, 8);
		fix_sum(ROOT, 36, 32);
		struct acpi_machine m = read_all();
		CHECK(m.cpu_count <= ACPI_CPUS_MAX);
	}
}
