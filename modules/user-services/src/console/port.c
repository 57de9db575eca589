/*
 * Talking to the drivers below the console. Each call has a deadline far beyond what a restart takes: a
 * driver that does not answer by then is left out until init says that it is back.
 */
#include "console/port.h"

#include <libanon/log.h>
#include <libanon/time.h>
#include <user-services/console_ipc.h>
#include <user-services/stream_ipc.h>

#define PATIENCE_MS 3000
#define CHUNK 2048u

static uint64_t patience(void)
{
	return deadline_in_ms(PATIENCE_MS);
}

static bool is_usable(const struct port *p)
{
	return !handle_is_none(p->handle) && !p->is_gone;
}

/* What the driver answered: "no more now" is fine, anything else leaves it out. */
static void note(struct port *p, status_t status)
{
	if (status == OK || status == E_AGAIN || status == E_UNSUPPORTED)
		return;
	p->is_gone = true;
	p->output.head = p->output.tail;
	log_warn("%s does not answer: %s", p->name, status_name(status));
}

void port_init(struct port *p)
{
	p->output = (struct ring){.bytes = p->bytes, .size = PORT_OUTPUT_BYTES};
}

void port_listen(struct port *p, handle_t event, uint64_t bits)
{
	status_t status;

	if (handle_is_none(p->handle))
		return;
	p->is_gone = false;
	for (int i = 0; i < 2; i++) {
		status = p->is_screen ? console_listen_until(p->handle, patience(), event, bits)
		                      : stream_listen_until(p->handle, patience(), event, bits);
		if (status != E_GONE)
			break;
	}
	note(p, status);
}

bool port_has_room(const struct port *p, uint32_t len)
{
	return !p->takes_output || !is_usable(p) || ring_free(&p->output) >= len;
}

void port_queue(struct port *p, const void *bytes, uint32_t len)
{
	if (p->takes_output && is_usable(p))
		ring_put(&p->output, bytes, len);
}

static status_t write_some(struct port *p, const void *bytes, uint32_t len, uint32_t *accepted)
{
	if (p->is_screen)
		return console_write_until(p->handle, patience(), bytes, len, accepted);
	return stream_write_until(p->handle, patience(), bytes, len, accepted);
}

void port_pump(struct port *p)
{
	uint8_t chunk[CHUNK];

	while (is_usable(p) && ring_used(&p->output)) {
		struct ring peek = p->output;
		uint32_t len = ring_take(&peek, chunk, CHUNK), accepted = 0;
		status_t status = write_some(p, chunk, len, &accepted);

		if (status == E_GONE)
			status = write_some(p, chunk, len, &accepted);
		if (status != OK) {
			note(p, status);
			return;
		}
		p->output.head += accepted < len ? accepted : len;
		if (accepted == 0)
			return;
	}
}

uint32_t port_read(struct port *p, void *out, uint32_t max)
{
	uint32_t len = 0, is_end;
	status_t status;

	if (!is_usable(p) || max == 0)
		return 0;
	status = p->is_screen
	                 ? console_read_until(p->handle, patience(), max, out, max, &len)
	                 : stream_read_until(p->handle, patience(), max, &is_end, out, max, &len);
	if (status != E_GONE)
		note(p, status);
	return status == OK ? len : 0;
}
