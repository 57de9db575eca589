/*
 * A ring of killed texts. Kills in a row grow the newest one, at its end or, when killing backwards, at its start; so
 * a yank brings all of them back as they stood.
 */
#include "edit/kill_ring.h"

bool kill_ring_add(struct kill_ring *ring, const char *text, size_t len, enum kill_place place)
{
	struct bytes *newest = &ring->texts[ring->newest];

	if (place == KILL_APPEND && ring->count)
		return bytes_add(newest, text, len);
	if (place == KILL_PREPEND && ring->count)
		return bytes_splice(newest, 0, 0, text, len);
	newest = &ring->texts[(ring->newest + 1) % KILL_RING_SIZE];
	if (!bytes_set(newest, text, len))
		return false;
	ring->newest = (ring->newest + 1) % KILL_RING_SIZE;
	if (ring->count < KILL_RING_SIZE)
		ring->count++;
	return true;
}

const struct bytes *kill_ring_get(const struct kill_ring *ring, unsigned back)
{
	if (!ring->count)
		return NULL;
	back %= ring->count;
	return &ring->texts[(ring->newest + KILL_RING_SIZE - back) % KILL_RING_SIZE];
}

void kill_ring_free(struct kill_ring *ring)
{
	for (unsigned i = 0; i < KILL_RING_SIZE; i++)
		bytes_free(&ring->texts[i]);
	ring->count = 0;
}
