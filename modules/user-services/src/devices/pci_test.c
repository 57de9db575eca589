/*
 * Tests of devices/pci.c over a made-up bus: sizing, assignment, capabilities, reset. The bus is an
 * array of configuration spaces with write masks for the BARs, as hardware has them.
 */
#include "devices/pci.h"

#include <base/test.h>

/* One function: its registers, and which bits of its BARs can be written. */
struct fake {
	uint32_t at;
	uint8_t config[256];
	uint32_t bar_mask[6];
};

static struct fake fakes[3];
static struct pci_bus bus;

static struct fake *find(struct pci_address at)
{
	for (int i = 0; i < 3; i++) {
		if (fakes[i].at == at.value)
			return &fakes[i];
	}
	return NULL;
}

static uint32_t fake_read(void *context, struct pci_address at, uint32_t offset, uint32_t width)
{
	struct fake *f = find(at);
	uint32_t value = 0xffffffff;

	(void)context;
	if (!f)
		return value >> (32 - 8 * width);
	value = 0;
	memcpy(&value, f->config + offset, width);
	return value;
}

static void fake_write(void *context, struct pci_address at, uint32_t offset, uint32_t width,
                       uint32_t value)
{
	struct fake *f = find(at);
	uint32_t bar = (offset - 0x10) / 4, old = 0;

	(void)context;
	CHECK(f != NULL);
	if (offset >= 0x10 && bar < 6) {
		memcpy(&old, f->config + offset, 4);
		value = (value & f->bar_mask[bar]) | (old & ~f->bar_mask[bar]);
	}
	memcpy(f->config + offset, &value, width);
}

static void set(struct fake *f, uint32_t offset, uint32_t width, uint32_t value)
{
	memcpy(f->config + offset, &value, width);
}

static void build(void)
{
	memset(fakes, 0, sizeof(fakes));
	fakes[0].at = 0;
	set(&fakes[0], 0, 4, 0x12378086);
	set(&fakes[0], 8, 4, 0x06000000);
	fakes[1].at = 4 << 11;
	set(&fakes[1], 0, 4, 0x10011af4);
	set(&fakes[1], 8, 4, 0x01000000);
	set(&fakes[1], 6, 2, 0x10);
	set(&fakes[1], 0x34, 1, 0x40);
	set(&fakes[1], 0x40, 4, 0x00006009);
	set(&fakes[1], 0x60, 4, 0x00000010);
	set(&fakes[1], 0x64, 4, 1u << 28);
	set(&fakes[1], 0x10, 4, 1); /* ports, unassigned */
	fakes[1].bar_mask[0] = 0xffffff80;
	set(&fakes[1], 0x14, 4, 0); /* memory, unassigned */
	fakes[1].bar_mask[1] = 0xfffff000;
	set(&fakes[1], 0x20, 4, 0x0c); /* 64 bits, unassigned */
	fakes[1].bar_mask[4] = 0xffffc000;
	fakes[1].bar_mask[5] = 0xffffffff;
	fakes[2].at = 5 << 11;
	set(&fakes[2], 0, 4, 0x10421af4);
	set(&fakes[2], 0x10, 4, 0xd0004000);
	fakes[2].bar_mask[0] = 0xffffe000;
	pci_scan(&bus, (struct pci_access){fake_read, fake_write, NULL});
}

TEST(scan_and_sizes)
{
	build();
	CHECK_EQ(bus.count, 3);
	CHECK_EQ(bus.functions[1].bars[0].kind, PCI_BAR_PORTS);
	CHECK_EQ(bus.functions[1].bars[0].bytes, 128);
	CHECK_EQ(bus.functions[1].bars[1].bytes, 4096);
	CHECK(bus.functions[1].bars[4].is_wide);
	CHECK_EQ(bus.functions[1].bars[4].bytes, 0x4000);
	CHECK_EQ(bus.functions[2].bars[0].address, 0xd0004000);
	CHECK_EQ(bus.functions[2].bars[0].bytes, 0x2000);
}

TEST(assignment_is_free_and_aligned)
{
	const struct pci_bar *bars = bus.functions[1].bars;

	build();
	CHECK_EQ(bars[0].address, 0xd000);
	CHECK_EQ(bars[1].address, 0xd0006000);
	CHECK_EQ(bars[4].address, 0xd0008000);
	CHECK_EQ(pci_read(&bus, &bus.functions[1], 0x20, 4), 0xd000800c);
	CHECK_EQ(pci_read(&bus, &bus.functions[1], 0x10, 4), 0xd001);
}

TEST(find_counts_transitional_as_modern)
{
	build();
	CHECK(pci_find(&bus, 0x1af4, 0x1042, 0) == &bus.functions[1]);
	CHECK(pci_find(&bus, 0x1af4, 0x1042, 1) == &bus.functions[2]);
	CHECK(pci_find(&bus, 0x1af4, 0x1042, 2) == NULL);
	CHECK(pci_find(&bus, 0x1af4, 0x1041, 0) == NULL);
}

TEST(capabilities_and_reset)
{
	build();
	CHECK_EQ(pci_capability(&bus, &bus.functions[1], PCI_CAP_EXPRESS), 0x60);
	CHECK_EQ(pci_capability(&bus, &bus.functions[1], PCI_CAP_MSIX), 0);
	pci_command(&bus, &bus.functions[1], PCI_COMMAND_MASTER, 0);
	CHECK(pci_reset(&bus, &bus.functions[1]));
	CHECK_EQ(pci_read(&bus, &bus.functions[1], PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	CHECK(pci_read(&bus, &bus.functions[1], 0x68, 2) & 0x8000);
	CHECK(!pci_reset(&bus, &bus.functions[2]));
}

TEST(a_loop_of_capabilities_ends)
{
	build();
	set(&fakes[1], 0x61, 1, 0x40);
	CHECK_EQ(pci_capability(&bus, &bus.functions[1], PCI_CAP_MSIX), 0);
}

TEST_MAIN();
