/*
 * A byte ring that grows up to a limit: what pipes keep their bytes in. Bytes are copied in and out in place: the
 * ring names the pieces of its storage, and is told afterwards. Pure.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	uint8_t *bytes;
	uint32_t allocated;  /* power of two, or 0 */
	uint32_t limit;      /* power of two */
	uint32_t head, tail; /* free-running */
};

struct ring_piece {
	uint8_t *at;
	size_t len;
};

void ring_init(struct ring *ring, uint32_t limit);
void ring_destroy(struct ring *ring);
static inline uint32_t ring_used(const struct ring *ring)
{
	return ring->head - ring->tail;
}
static inline uint32_t ring_room(const struct ring *ring)
{
	return ring->limit - ring_used(ring);
}
/* What there is room for without more storage. */
static inline uint32_t ring_spare(const struct ring *ring)
{
	return ring->allocated - ring_used(ring);
}
/* The oldest bytes, as far as they lie in one piece; len 0: there are none. */
struct ring_piece ring_readable(const struct ring *ring);
/* So many of them were taken. */
static inline void ring_take(struct ring *ring, size_t len)
{
	ring->tail += (uint32_t)len;
}
/* Gets storage for len more bytes, which moves what is there. False without the memory; the ring is as before. */
bool ring_reserve(struct ring *ring, size_t len);
/* Where the next len bytes go, of which there is storage for: one piece or two (else the second's len is 0). */
void ring_writable(const struct ring *ring, size_t len, struct ring_piece out[2]);
/* So many of them are there. */
static inline void ring_put(struct ring *ring, size_t len)
{
	ring->head += (uint32_t)len;
}
/* False when more than the new limit is in it. */
bool ring_set_limit(struct ring *ring, uint32_t limit);
