/*
 * Claims: which functions have a driver, and everything the device manager gave it. The device manager keeps
 * a handle to each thing and gives out children of it, so release takes it all back with one revoke each.
 */
#pragma once
#include "devices/pci.h"

#include <libanon/syscall.h>

#define CLAIM_INTERRUPTS_MAX 8
#define CLAIM_DMA_MAX 16
#define CLAIM_DMA_BYTES_MAX (16u << 20)

struct claim {
	bool is_active;
	handle_t bars[PCI_BARS];
	handle_t interrupts[CLAIM_INTERRUPTS_MAX];
	handle_t dma[CLAIM_DMA_MAX];
	uint32_t dma_count;
	uint64_t dma_bytes;
	volatile uint32_t *msix; /* its table, mapped; null until the first interrupt */
	uint64_t msix_bytes;
	uint32_t msix_entries;
};

struct devices {
	struct pci_bus bus;
	struct claim claims[PCI_FUNCTIONS_MAX]; /* by index in bus.functions */
	handle_t physical, ports, interrupts;
	handle_t vault, vault_domain; /* hold and pay for DMA memory, whatever becomes of us */
};

/* Stop and reset the function and take everything back; also before a new claim. */
void claim_release(struct devices *d, struct pci_function *f);
void claim_begin(struct devices *d, struct pci_function *f);
struct claim *claim_of(struct devices *d, const struct pci_function *f);
/* At the start, when no function writes to memory any more: what the last instance had given for it goes. */
void claims_forget_dma(struct devices *d);
/* The handle in out is the driver's. */
status_t claim_bar(struct devices *d, struct pci_function *f, uint32_t index, handle_t *out);
status_t claim_interrupt(struct devices *d, struct pci_function *f, uint32_t vector, handle_t news,
                         uint64_t bits, handle_t *out);
status_t claim_dma(struct devices *d, struct pci_function *f, uint64_t bytes, handle_t *out);
