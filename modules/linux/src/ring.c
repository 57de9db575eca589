/*
 * Byte rings. Storage begins at one page and doubles while the contents ask for it, since most pipes
 * never hold more than a line.
 */
#include "ring.h"
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

size_t ring_peek(const struct ring *ring, uint32_t skip, void *to, size_t len)
{
	uint32_t used = ring_used(ring);
	if (skip >= used)
		return 0;
	len = MIN(len, (size_t)(used - skip));
	uint32_t at = (ring->tail + skip) & (ring->allocated - 1);
	size_t first = MIN(len, (size_t)(ring->allocated - at));
	memcpy(to, ring->bytes + at, first);
	memcpy((uint8_t *)to + first, ring->bytes, len - first);
	return len;
}

static bool set_allocated(struct ring *ring, uint32_t bytes)
{
	uint8_t *fresh = heap_alloc(bytes);
	uint32_t used = ring_used(ring);
	if (!fresh)
		return false;
	ring_peek(ring, 0, fresh, used);
	heap_free(ring->bytes);
	ring->bytes = fresh;
	ring->allocated = bytes;
	ring->tail = 0;
	ring->head = used;
	return true;
}

static void make_room(struct ring *ring, size_t len)
{
	uint64_t wanted = power_of_two_above(MAX((uint64_t)ring_used(ring) + len, FIRST_BYTES));
	uint32_t bytes = (uint32_t)MIN(wanted, (uint64_t)ring->limit);
	if (bytes > ring->allocated)
		(void)set_allocated(ring, bytes);
}

size_t ring_put(struct ring *ring, const void *from, size_t len)
{
	len = MIN(len, (size_t)ring_room(ring));
	make_room(ring, len);
	len = MIN(len, (size_t)(ring->allocated - ring_used(ring)));
	if (len == 0)
		return 0;
	uint32_t at = ring->head & (ring->allocated - 1);
	size_t first = MIN(len, (size_t)(ring->allocated - at));
	memcpy(ring->bytes + at, from, first);
	memcpy(ring->bytes, (const uint8_t *)from + first, len - first);
	ring->head += (uint32_t)len;
	return len;
}

size_t ring_take(struct ring *ring, void *to, size_t len)
{
	len = ring_peek(ring, 0, to, len);
	ring->tail += (uint32_t)len;
	return len;
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
