/*
 * For host tests: one handle table, endpoints that are functions, and calls that are delivered at once. Every
 * handle is accounted for: copies are new, moved ones leave their sender, and a test ends with none too many.
 */
#pragma once
#include <libanon/wire.h>

/* A server: answers the message in place, as a generated dispatch does. */
typedef status_t fake_server(void *context, struct ipc_message *message, void *page);

void fake_reset(void);
handle_t fake_endpoint(fake_server *serve, void *context);
handle_t fake_event(void);
void fake_kill(handle_t endpoint); /* calls through any handle to it now give E_GONE */
void fake_stumble(handle_t endpoint, unsigned calls); /* so many calls now give E_GONE */
int fake_live_handles(void);
uint64_t fake_event_bits(handle_t event);
void fake_set_clock(uint64_t now);
