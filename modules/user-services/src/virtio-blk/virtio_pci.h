/*
 * The PCI transport of virtio 1.x ("modern", no legacy interface): finding the register blocks through the
 * capability list, the start-up dance, setting queues up. Source: Virtual I/O Device (VIRTIO) Version 1.1, 4.1.
 */
#pragma once
#include <libanon/syscall.h>

struct virtio_pci {
	handle_t device;          /* device.ipc */
	volatile uint8_t *common; /* 4.1.4.3 */
	volatile uint8_t *notify; /* 4.1.4.4 */
	volatile uint8_t *config; /* the device type's own */
	uint32_t notify_multiplier;
	uint32_t config_bytes;
};

/* Claims the function, maps its registers, resets it. E_UNSUPPORTED: no modern virtio device. */
status_t virtio_pci_begin(struct virtio_pci *v, handle_t device);
/* Accepts those of `wanted` that are offered, and VERSION_1, which must be. */
status_t virtio_pci_features(struct virtio_pci *v, uint64_t wanted, uint64_t *out_accepted);
/* Queue 0..: size entries at these physical addresses, its interrupt the MSI-X vector. Returns its doorbell. */
status_t virtio_pci_queue(struct virtio_pci *v, uint16_t index, uint16_t size, uint64_t desc,
                          uint64_t avail, uint64_t used, uint16_t vector,
                          volatile uint16_t **out_doorbell);
void virtio_pci_ready(struct virtio_pci *v);
uint64_t virtio_pci_config(const struct virtio_pci *v, uint32_t offset, uint32_t width);
