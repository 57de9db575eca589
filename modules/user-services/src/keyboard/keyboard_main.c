/*
 * The PS/2 keyboard driver: keys become bytes of a stream (stream.ipc), as a terminal would send them. A
 * machine without a keyboard controller gets a driver that has never anything to read.
 */
#include "common/listeners.h"
#include "common/ring.h"
#include "common/service.h"
#include "keyboard/controller.h"
#include "keyboard/scancode.h"

#include <libanon/log.h>
#include <libanon/start.h>
#include <user-services/stream_ipc.h>

#define PORT_DATA 0x60
#define PORT_STATUS 0x64
#define INPUT_BYTES 1024u
#define BYTES_AT_ONCE 256

struct driver {
	struct service service;
	struct controller controller;
	struct keyboard keyboard;
	struct listeners listeners;
	struct ring input;
	handle_t data, control, irq;
	uint8_t input_bytes[INPUT_BYTES];
};

static struct driver self;

static uint8_t port_in(void *context, bool is_status)
{
	struct driver *d = context;
	uint64_t value;
	status_t status = is_status ? sys_ioport_in(d->control, PORT_STATUS, 1, &value)
	                            : sys_ioport_in(d->data, PORT_DATA, 1, &value);

	return status == OK ? (uint8_t)value : 0xff;
}

static void port_out(void *context, bool is_command, uint8_t value)
{
	struct driver *d = context;

	(void)sys_ioport_out(is_command ? d->control : d->data,
	                     is_command ? PORT_STATUS : PORT_DATA, 1, value);
}

/* Keys that come faster than anybody reads are dropped, as a keyboard's own buffer would. */
static void take_keys(struct driver *d)
{
	uint8_t code, bytes[KEY_BYTES_MAX];
	uint32_t before = d->input.tail;

	for (int i = 0; i < BYTES_AT_ONCE && controller_take(&d->controller, &code); i++) {
		uint32_t len = (uint32_t)keyboard_feed(&d->keyboard, code, bytes);

		if (ring_free(&d->input) >= len)
			ring_put(&d->input, bytes, len);
	}
	if (d->input.tail != before)
		listeners_signal(&d->listeners, NEWS_INPUT);
}

static void on_event(struct server *server, uint64_t bits)
{
	struct driver *d = server->context;

	(void)bits;
	(void)sys_interrupt_ack(d->irq);
	take_keys(d);
}

static status_t do_read(void *context, uint64_t badge, uint32_t max, uint32_t *is_end,
                        struct ipc_out *data)
{
	struct driver *d = context;

	(void)badge;
	*is_end = 0;
	data->len = ring_take(&d->input, data->at, max < data->max ? max : data->max);
	return data->len ? OK : E_AGAIN;
}

static status_t do_listen(void *context, uint64_t badge, handle_t news, uint64_t bits)
{
	struct driver *d = context;

	(void)badge;
	return listeners_add(&d->listeners, news, bits);
}

static const struct stream_ops stream_ops = {.read = do_read, .listen = do_listen};

static status_t dispatch(struct service *service, struct ipc_message *m, void *page)
{
	(void)service;
	return stream_owns(m) ? stream_dispatch(&stream_ops, &self, m, page) : SERVICE_OBJECT;
}

static const struct object_type type = {.name = "keyboard",
                                        .doc = "The keyboard: what is typed, as a byte stream."};

int main(int argc, char **argv)
{
	struct driver *d = &self;
	status_t status;

	(void)argc, (void)argv;
	d->data = start_handle("data");
	d->control = start_handle("control");
	d->irq = start_handle("irq");
	d->input = (struct ring){.bytes = d->input_bytes, .size = INPUT_BYTES};
	d->controller = (struct controller){.in = port_in, .out = port_out, .context = d};
	status = service_begin(&d->service, start_handle("irq.event"), on_event, d);
	if (status != OK) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	if (!controller_init(&d->controller))
		log_info("no keyboard controller");
	keyboard_init(&d->keyboard, d->controller.scancode_set);
	take_keys(d);
	d->service.dispatch = dispatch;
	return service_run(&d->service, &type);
}
