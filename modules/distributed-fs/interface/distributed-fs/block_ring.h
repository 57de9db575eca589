/*
 * The shared ring between a block driver and its one client, modelled on virtio's split ring and seL4's sDDF:
 * the client owns the tail of `submit` and the head of `complete`, the driver the other two. Indices count up
 * and are taken modulo the size. Both sides copy an entry before checking it; neither trusts the other.
 */
#pragma once
#include <stdint.h>

#define BLOCK_RING_SLOTS 64
#define BLOCK_RING_DATA 8192u /* byte offset of the data area in the memory object */

#define BLOCK_READ 1u
#define BLOCK_WRITE 2u
#define BLOCK_FLUSH 3u

struct block_request {
	uint64_t cookie;      /* returned in the completion */
	uint64_t sector;      /* 512-byte sectors */
	uint32_t data_offset; /* into the data area, page aligned */
	uint32_t bytes;       /* multiple of 512 */
	uint32_t op;
	uint32_t reserved;
};
struct block_completion {
	uint64_t cookie;
	int32_t status;
	uint32_t reserved;
};
struct block_ring {
	uint32_t submit_head, submit_tail;
	uint32_t complete_head, complete_tail;
	uint8_t reserved[48];
	struct block_request submit[BLOCK_RING_SLOTS];
	struct block_completion complete[BLOCK_RING_SLOTS];
};
_Static_assert(sizeof(struct block_ring) <= BLOCK_RING_DATA, "the rings end before the data area");
