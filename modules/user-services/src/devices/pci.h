/*
 * PCI configuration: enumeration, BAR sizes and addresses, capabilities, reset. Access to the registers goes
 * through a callback (ports 0xcf8/0xcfc in the device manager, an array in tests).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define PCI_FUNCTIONS_MAX 64
#define PCI_BARS 6

#define PCI_COMMAND 0x04
#define PCI_COMMAND_IO 1u
#define PCI_COMMAND_MEMORY 2u
#define PCI_COMMAND_MASTER 4u
#define PCI_COMMAND_NO_INTX 0x400u
#define PCI_CAP_MSI 0x05
#define PCI_CAP_EXPRESS 0x10
#define PCI_CAP_MSIX 0x11

/* Bus, device and function as in the address register: bits 8-23. */
struct pci_address {
	uint32_t value;
};

struct pci_access {
	uint32_t (*read)(void *context, struct pci_address at, uint32_t offset, uint32_t width);
	void (*write)(void *context, struct pci_address at, uint32_t offset, uint32_t width,
	              uint32_t value);
	void *context;
};

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_MEMORY, PCI_BAR_PORTS };

struct pci_bar {
	enum pci_bar_kind kind;
	bool is_wide; /* 64 bits: takes the next one's place too */
	uint64_t address;
	uint64_t bytes;
};

struct pci_function {
	struct pci_address at;
	uint16_t vendor, device;
	uint32_t class; /* base, sub, interface */
	uint8_t header; /* 0: a device */
	struct pci_bar bars[PCI_BARS];
};

struct pci_bus {
	struct pci_access access;
	uint32_t last_bus; /* the highest that a bridge leads to */
	uint32_t count;
	struct pci_function functions[PCI_FUNCTIONS_MAX];
	uint64_t next_memory; /* where the next unassigned BAR goes */
	uint32_t next_port;
};

/* Find every function, size its BARs and give an address to those that have none. */
void pci_scan(struct pci_bus *bus, struct pci_access access);
/* The index-th function with this identity; transitional virtio identities count as their modern ones. */
struct pci_function *pci_find(struct pci_bus *bus, uint32_t vendor, uint32_t device,
                              uint32_t index);
/* Offset of the capability in configuration space, 0 when there is none. */
uint32_t pci_capability(struct pci_bus *bus, const struct pci_function *f, uint8_t id);
uint32_t pci_read(struct pci_bus *bus, const struct pci_function *f, uint32_t offset,
                  uint32_t width);
void pci_write(struct pci_bus *bus, const struct pci_function *f, uint32_t offset, uint32_t width,
               uint32_t value);
/* Set or clear bits of the command register. */
void pci_command(struct pci_bus *bus, const struct pci_function *f, uint32_t set, uint32_t clear);
/* Function-level reset where the function offers it; whether it did (the caller then waits 100 ms). */
bool pci_reset(struct pci_bus *bus, const struct pci_function *f);
/* BARs, as a reset loses them. */
void pci_restore_bars(struct pci_bus *bus, const struct pci_function *f);
