/*
 * Keeps the clock page's time of day (wall_clock.c).
 */
#pragma once

struct server;

/* Before the first guest runs; from then on the server's thread takes the news that the clock was set. */
void wall_clock_start(struct server *server);
