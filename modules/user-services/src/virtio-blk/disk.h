/*
 * A virtio block device: one queue, a fixed number of requests under way, each with a bounce buffer that the
 * device can reach. Source: VIRTIO 1.1, 2.6 (split virtqueues) and 5.2 (block device).
 */
#pragma once
#include <stdbool.h>
#include <distributed-fs/block_ring.h>
#include "virtio-blk/virtio_pci.h"

#define DISK_SLOTS 16u
#define DISK_BYTES_MAX 16384u /* of one request */
#define DISK_SECTOR 512u

struct disk_slot {
	bool is_used;
	struct block_request request;
};

struct disk {
	struct virtio_pci pci;
	uint64_t sectors;
	bool is_read_only;
	bool has_flush;
	uint8_t *dma; /* queue, headers, states, then a buffer per slot */
	uint64_t dma_physical;
	volatile uint16_t *doorbell;
	uint16_t avail_next; /* ours */
	uint16_t used_next;
	unsigned free_slots;
	struct disk_slot slots[DISK_SLOTS];
};

/* event: MSI-X vector 0 signals bits of it. */
status_t disk_begin(struct disk *disk, handle_t device, handle_t event, uint64_t bits);
/* What is wrong with a request whose numbers come from a client; data_bytes: size of its data area. */
status_t disk_check(const struct disk *disk, const struct block_request *request,
                    uint64_t data_bytes);
/* Takes a checked request over; false: all slots are in use. data: where its bytes lie (writes). */
bool disk_submit(struct disk *disk, const struct block_request *request, const uint8_t *data);
void disk_kick(struct disk *disk); /* tells the device of what was submitted */
/* The next finished request; data_of(context, request) says where read bytes go. False: none. */
bool disk_complete(struct disk *disk, struct block_request *out, status_t *out_status,
                   uint8_t *(*data_of)(const struct block_request *));
