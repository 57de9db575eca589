/*
 * One device joined in the console: a serial line, the screen or the keyboard. Output waits in a queue until
 * the device takes it; what a dying driver did not acknowledge is sent again to its next instance.
 */
#pragma once
#include "common/ring.h"

#include <libanon/syscall.h>

#define PORT_OUTPUT_BYTES 16384u

struct port {
	const char *name; /* of the handle it was given as */
	bool is_screen;   /* speaks console.ipc, else stream.ipc */
	bool takes_output;
	bool is_gone;    /* no answer in time: ignored until the service is started again */
	handle_t handle; /* NONE: this image or machine has none */
	struct ring output;
	uint8_t bytes[PORT_OUTPUT_BYTES];
};

void port_init(struct port *p);
/* Ask to be told of news: bits of event, shifted by the kind (listeners.h). */
void port_listen(struct port *p, handle_t event, uint64_t bits);
/* Whether len more bytes can be queued; a gone port is never in the way. */
bool port_has_room(const struct port *p, uint32_t len);
void port_queue(struct port *p, const void *bytes, uint32_t len);
/* Hand the device what it takes now. */
void port_pump(struct port *p);
/* Input that has arrived, at most max bytes. */
uint32_t port_read(struct port *p, void *out, uint32_t max);
