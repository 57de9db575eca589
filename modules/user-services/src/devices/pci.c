/*
 * PCI enumeration: bus 0, then every bus that a bridge found so far leads to. Firmware that assigns no BARs (qboot, microvm)
 * leaves them 0; those get addresses above the highest one in use inside a window that is free on every
 * machine QEMU builds: memory 0xd0000000-0xdfffffff, ports 0xd000-0xefff.
 */
#include "devices/pci.h"

#include <base/bits.h>
#include <stddef.h>

#define WINDOW_FIRST 0xd0000000ul
#define WINDOW_END 0xe0000000ul
#define PORTS_FIRST 0xd000u
#define PORTS_END 0xf000u
#define BAR_OFFSET(i) (0x10u + 4u * (uint32_t)(i))
#define STATUS_HAS_CAPABILITIES 0x10u
#define EXPRESS_CAN_RESET (1u << 28)
#define EXPRESS_RESET (1u << 15)

uint32_t pci_read(struct pci_bus *bus, const struct pci_function *f, uint32_t offset,
                  uint32_t width)
{
	return bus->access.read(bus->access.context, f->at, offset, width);
}

void pci_write(struct pci_bus *bus, const struct pci_function *f, uint32_t offset, uint32_t width,
               uint32_t value)
{
	bus->access.write(bus->access.context, f->at, offset, width, value);
}

void pci_command(struct pci_bus *bus, const struct pci_function *f, uint32_t set, uint32_t clear)
{
	uint32_t command = pci_read(bus, f, PCI_COMMAND, 2);

	pci_write(bus, f, PCI_COMMAND, 2, (command & ~clear) | set);
}

/* Writes all ones, reads what stuck, puts the old value back. */
static uint32_t probe(struct pci_bus *bus, const struct pci_function *f, uint32_t offset)
{
	uint32_t old = pci_read(bus, f, offset, 4), mask;

	pci_write(bus, f, offset, 4, 0xffffffff);
	mask = pci_read(bus, f, offset, 4);
	pci_write(bus, f, offset, 4, old);
	return mask;
}

static void size_memory(struct pci_bus *bus, struct pci_function *f, int i, uint32_t low)
{
	struct pci_bar *bar = &f->bars[i];
	uint64_t mask = probe(bus, f, BAR_OFFSET(i)) & ~0xfu;

	bar->kind = PCI_BAR_MEMORY;
	bar->address = low & ~0xfu;
	bar->is_wide = (low >> 1 & 3) == 2 && i + 1 < PCI_BARS;
	if (bar->is_wide) {
		bar->address |= (uint64_t)pci_read(bus, f, BAR_OFFSET(i + 1), 4) << 32;
		mask |= (uint64_t)probe(bus, f, BAR_OFFSET(i + 1)) << 32;
	} else {
		mask |= 0xffffffff00000000ul;
	}
	bar->bytes = ~mask + 1;
}

static void size_bar(struct pci_bus *bus, struct pci_function *f, int i)
{
	struct pci_bar *bar = &f->bars[i];
	uint32_t low = pci_read(bus, f, BAR_OFFSET(i), 4), mask = probe(bus, f, BAR_OFFSET(i));

	if (mask == 0 || mask == 0xffffffff)
		return;
	if (!(low & 1)) {
		size_memory(bus, f, i, low);
		return;
	}
	bar->kind = PCI_BAR_PORTS;
	bar->address = low & 0xfffc;
	bar->bytes = (~(mask & 0xfffc) + 1) & 0xffff;
}

/* Decoding is off meanwhile: for a moment the BARs hold nonsense. */
static void size_bars(struct pci_bus *bus, struct pci_function *f)
{
	uint32_t command = pci_read(bus, f, PCI_COMMAND, 2);
	int count = f->header == 0 ? PCI_BARS : f->header == 1 ? 2 : 0;

	pci_write(bus, f, PCI_COMMAND, 2, command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	for (int i = 0; i < count; i++) {
		size_bar(bus, f, i);
		i += f->bars[i].is_wide;
	}
	pci_write(bus, f, PCI_COMMAND, 2, command);
}

static void add_function(struct pci_bus *bus, struct pci_address at)
{
	struct pci_function *f = &bus->functions[bus->count];

	*f = (struct pci_function){.at = at};
	f->vendor = (uint16_t)pci_read(bus, f, 0, 2);
	f->device = (uint16_t)pci_read(bus, f, 2, 2);
	f->class = pci_read(bus, f, 8, 4) >> 8;
	f->header = pci_read(bus, f, 0x0e, 1) & 0x7f;
	if (f->header == 1)
		bus->last_bus = MAX(bus->last_bus, pci_read(bus, f, 0x19, 1));
	size_bars(bus, f);
	bus->count++;
}

static void scan_device(struct pci_bus *bus, uint32_t number, uint32_t device)
{
	for (uint32_t function = 0; function < 8 && bus->count < PCI_FUNCTIONS_MAX; function++) {
		struct pci_function f = {.at = {number << 16 | device << 11 | function << 8}};

		if (pci_read(bus, &f, 0, 2) != 0xffff)
			add_function(bus, f.at);
		if (function == 0 &&
		    (pci_read(bus, &f, 0, 2) == 0xffff || !(pci_read(bus, &f, 0x0e, 1) & 0x80)))
			return;
	}
}

static void note_used(struct pci_bus *bus, const struct pci_bar *bar)
{
	uint64_t end = bar->address + bar->bytes;

	if (bar->kind == PCI_BAR_MEMORY && bar->address < WINDOW_END && end > bus->next_memory)
		bus->next_memory = end;
	if (bar->kind == PCI_BAR_PORTS && bar->address < PORTS_END && end > bus->next_port)
		bus->next_port = (uint32_t)end;
}

static void write_bar(struct pci_bus *bus, const struct pci_function *f, int i)
{
	const struct pci_bar *bar = &f->bars[i];

	pci_write(bus, f, BAR_OFFSET(i), 4, (uint32_t)bar->address);
	if (bar->is_wide)
		pci_write(bus, f, BAR_OFFSET(i + 1), 4, (uint32_t)(bar->address >> 32));
}

static void assign_bar(struct pci_bus *bus, struct pci_function *f, int i)
{
	struct pci_bar *bar = &f->bars[i];
	bool is_memory = bar->kind == PCI_BAR_MEMORY;
	uint64_t at = align_up(is_memory ? bus->next_memory : bus->next_port, bar->bytes);
	uint64_t end = is_memory ? WINDOW_END : PORTS_END;

	if (bar->bytes > end || at > end - bar->bytes) {
		bar->kind = PCI_BAR_NONE; /* no room: nobody gets it */
		return;
	}
	bar->address = at;
	note_used(bus, bar);
	write_bar(bus, f, i);
}

static void assign_bars(struct pci_bus *bus, struct pci_function *f)
{
	for (int i = 0; i < PCI_BARS; i++) {
		if (f->bars[i].kind != PCI_BAR_NONE && f->bars[i].address == 0)
			assign_bar(bus, f, i);
	}
}

void pci_scan(struct pci_bus *bus, struct pci_access access)
{
	*bus = (struct pci_bus){
		.access = access, .next_memory = WINDOW_FIRST, .next_port = PORTS_FIRST};
	for (uint32_t number = 0; number <= bus->last_bus; number++) {
		for (uint32_t device = 0; device < 32; device++)
			scan_device(bus, number, device);
	}
	for (uint32_t i = 0; i < bus->count; i++) {
		for (int b = 0; b < PCI_BARS; b++)
			note_used(bus, &bus->functions[i].bars[b]);
	}
	for (uint32_t i = 0; i < bus->count; i++)
		assign_bars(bus, &bus->functions[i]);
}

/* Virtio devices that also speak the old interface number themselves differently (virtio 1.2, 4.1.2.1). */
static uint32_t modern_device(const struct pci_function *f)
{
	static const uint16_t types[] = {1, 2, 5, 3, 8, 4, 0, 0, 0, 9};
	uint32_t transitional = f->device - 0x1000u;

	if (f->vendor != 0x1af4 || transitional >= ARRAY_SIZE(types) || !types[transitional])
		return f->device;
	return 0x1040u + types[transitional];
}

struct pci_function *pci_find(struct pci_bus *bus, uint32_t vendor, uint32_t device, uint32_t index)
{
	for (uint32_t i = 0; i < bus->count; i++) {
		struct pci_function *f = &bus->functions[i];

		if (f->vendor == vendor && modern_device(f) == device && index-- == 0)
			return f;
	}
	return NULL;
}

uint32_t pci_capability(struct pci_bus *bus, const struct pci_function *f, uint8_t id)
{
	uint32_t at = 0;

	if (pci_read(bus, f, 6, 2) & STATUS_HAS_CAPABILITIES)
		at = pci_read(bus, f, 0x34, 1) & 0xfc;
	for (int i = 0; i < 48 && at >= 0x40; i++) {
		if (pci_read(bus, f, at, 1) == id)
			return at;
		at = pci_read(bus, f, at + 1, 1) & 0xfc;
	}
	return 0;
}

bool pci_reset(struct pci_bus *bus, const struct pci_function *f)
{
	uint32_t express = pci_capability(bus, f, PCI_CAP_EXPRESS);

	pci_command(bus, f, PCI_COMMAND_NO_INTX, PCI_COMMAND_MASTER);
	if (!express || !(pci_read(bus, f, express + 4, 4) & EXPRESS_CAN_RESET))
		return false;
	pci_write(bus, f, express + 8, 2, pci_read(bus, f, express + 8, 2) | EXPRESS_RESET);
	return true;
}

void pci_restore_bars(struct pci_bus *bus, const struct pci_function *f)
{
	for (int i = 0; i < PCI_BARS; i++) {
		if (f->bars[i].kind != PCI_BAR_NONE)
			write_bar(bus, f, i);
	}
}
