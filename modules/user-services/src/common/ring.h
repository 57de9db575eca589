/*
 * A byte queue of fixed size between one producer and one consumer of the same thread. Indices count up and
 * are taken modulo the size, a power of two; what does not fit is not taken, and the caller is told.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct ring {
	uint8_t *bytes;
	uint32_t size; /* a power of two */
	uint32_t head; /* next to take */
	uint32_t tail; /* next to put */
};

static inline uint32_t ring_used(const struct ring *r)
{
	return r->tail - r->head;
}

static inline uint32_t ring_free(const struct ring *r)
{
	return r->size - ring_used(r);
}

/* Append up to len bytes; how many were taken. */
static inline uint32_t ring_put(struct ring *r, const void *bytes, uint32_t len)
{
	const uint8_t *from = bytes;
	uint32_t count = len < ring_free(r) ? len : ring_free(r);

	for (uint32_t i = 0; i < count; i++)
		r->bytes[r->tail++ & (r->size - 1)] = from[i];
	return count;
}

/* Remove up to len bytes into out; how many there were. */
static inline uint32_t ring_take(struct ring *r, void *out, uint32_t len)
{
	uint8_t *to = out;
	uint32_t count = len < ring_used(r) ? len : ring_used(r);

	for (uint32_t i = 0; i < count; i++)
		to[i] = r->bytes[r->head++ & (r->size - 1)];
	return count;
}
