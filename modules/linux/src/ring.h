/* A byte ring that grows up to a limit: what pipes and stream sockets keep their bytes in. Pure. */
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
/* Up to len bytes in; fewer when there is no room (or no memory: 0). */
size_t ring_put(struct ring *ring, const void *from, size_t len);
size_t ring_take(struct ring *ring, void *to, size_t len);
/* The same without taking them out, from `skip` bytes behind the first. */
size_t ring_peek(const struct ring *ring, uint32_t skip, void *to, size_t len);
/* False when more than the new limit is in it. */
bool ring_set_limit(struct ring *ring, uint32_t limit);
