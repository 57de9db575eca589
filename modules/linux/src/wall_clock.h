/*
 * What to add to the monotonic clock for the time of day (wall_clock.c).
 */
#pragma once
#include <stdint.h>

struct server;

uint64_t wall_clock_offset_ns(void);

/* Before the first guest runs; from then on the server's thread takes the news that the clock was set. */
void wall_clock_start(struct server *server);
