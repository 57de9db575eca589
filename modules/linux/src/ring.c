/*
 * Byte rings. Storage begins at one page and doubles while the contents ask for it, since most pipes
 * never hold more than a line.
 */
#include "ring.h"
#include "hot.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>

#define FIRST_BYTES 4096u

void ring_init(struct ring *ring, uint32_t limit)
{
	*ring = (struct ring){.limit = limit};
}

void ring_destroy(struct ring *ring)
{
	heap_free(ring->bytes);
	*ring = (struct ring){0};
}

struct ring_piece ring_readable(const struct ring *ring)
{
	uint32_t at = ring->tail & (ring->allocated - 1), used = ring_used(ring);
	if (used == 0)
		return (struct ring_piece){NULL, 0};
	return (struct ring_piece){ring->bytes + at, MIN(used, ring->allocated - at)};
}

static bool set_allocated(struct ring *ring, uint32_t bytes)
{
	uint8_t *fresh = heap_alloc(bytes);
	uint32_t used = 0;
	struct ring_piece piece;
	if (!fresh)
		return false;
	while ((piece = ring_readable(ring)).len > 0) {
		memcpy(fresh + used, piece.at, piece.len);
		used += (uint32_t)piece.len;
		ring_take(ring, piece.len);
	}
	heap_free(ring->bytes);
	ring->bytes = fresh;
	ring->allocated = bytes;
	ring->tail = 0;
	ring->head = used;
	return true;
}

static COLD bool grow(struct ring *ring, size_t len)
{
	uint64_t wanted = power_of_two_above(MAX((uint64_t)ring_used(ring) + len, FIRST_BYTES));
	return set_allocated(ring, (uint32_t)MIN(wanted, (uint64_t)ring->limit));
}

bool ring_reserve(struct ring *ring, size_t len)
{
	return len <= ring_spare(ring) || grow(ring, len);
}

void ring_writable(const struct ring *ring, size_t len, struct ring_piece out[2])
{
	uint32_t at = ring->head & (ring->allocated - 1);
	size_t first = MIN(len, (size_t)(ring->allocated - at));
	out[0] = (struct ring_piece){ring->bytes + at, first};
	out[1] = (struct ring_piece){ring->bytes, len - first};
}

bool ring_set_limit(struct ring *ring, uint32_t limit)
{
	if (ring_used(ring) > limit)
		return false;
	if (ring->allocated > limit && !set_allocated(ring, limit))
		return false;
	ring->limit = limit;
	return true;
}
