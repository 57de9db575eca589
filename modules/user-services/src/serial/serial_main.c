/*
 * The serial driver: one instance per 16550 port, a byte stream (stream.ipc) to its clients. Works from the
 * interrupt it was given; a machine whose interrupt never comes, or a driver started without one, is served
 * by a timer instead. A port that is not there accepts output and never has input.
 */
#include "common/listeners.h"
#include "common/service.h"
#include "serial/uart.h"

#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <user-services/stream_ipc.h>

#define EVENT_IRQ 1ul
#define EVENT_TICK 2ul
#define POLL_NS (5 * NS_PER_MS)

struct serial {
	struct service service;
	struct uart uart;
	struct listeners listeners;
	handle_t ports, irq, timer;
	uint64_t first_port;
	bool was_full;
	bool is_polling;
};

static struct serial self;

static uint8_t port_in(void *context, uint32_t reg)
{
	struct serial *s = context;
	uint64_t value;

	return sys_ioport_in(s->ports, s->first_port + reg, 1, &value) == OK ? (uint8_t)value
	                                                                     : 0xff;
}

static void port_out(void *context, uint32_t reg, uint8_t value)
{
	struct serial *s = context;

	(void)sys_ioport_out(s->ports, s->first_port + reg, 1, value);
}

static void port_out_many(void *context, uint32_t reg, const uint8_t *bytes, uint32_t len)
{
	struct serial *s = context;

	(void)sys_ioport_out_buffer(s->ports, s->first_port + reg, bytes, len);
}

/* With an interrupt the timer only looks after output that seems stuck. */
static void set_timer(struct serial *s)
{
	bool is_needed = s->is_polling || ring_used(&s->uart.output) != 0;

	if (!handle_is_none(s->timer) && s->uart.is_present)
		(void)sys_timer_set(s->timer, is_needed ? deadline_in_ns(POLL_NS) : 0, 0);
}

static void move_bytes(struct serial *s)
{
	uint32_t before = ring_used(&s->uart.input);

	uart_service(&s->uart);
	if (ring_used(&s->uart.input) > before)
		listeners_signal(&s->listeners, NEWS_INPUT);
	if (s->was_full && ring_free(&s->uart.output) >= UART_OUTPUT_BYTES / 2) {
		s->was_full = false;
		listeners_signal(&s->listeners, NEWS_ROOM);
	}
	set_timer(s);
}

static void on_event(struct server *server, uint64_t bits)
{
	struct serial *s = server->context;

	/* Acknowledge first: an edge that comes while the line is masked would be lost. */
	if (bits & EVENT_IRQ)
		(void)sys_interrupt_ack(s->irq);
	move_bytes(s);
}

static status_t do_write(void *context, uint64_t badge, struct ipc_bytes data, uint32_t *accepted)
{
	struct serial *s = context;

	(void)badge;
	*accepted = ring_put(&s->uart.output, data.at, data.len);
	s->was_full |= *accepted < data.len;
	move_bytes(s);
	return *accepted || data.len == 0 ? OK : E_AGAIN;
}

static status_t do_read(void *context, uint64_t badge, uint32_t max, uint32_t *is_end,
                        struct ipc_out *data)
{
	struct serial *s = context;

	(void)badge;
	*is_end = 0;
	data->len = ring_take(&s->uart.input, data->at, max < data->max ? max : data->max);
	if (data->len)
		move_bytes(s);
	return data->len ? OK : E_AGAIN;
}

static status_t do_listen(void *context, uint64_t badge, handle_t news, uint64_t bits)
{
	struct serial *s = context;

	(void)badge;
	return listeners_add(&s->listeners, news, bits);
}

static const struct stream_ops stream_ops = {
	.write = do_write, .read = do_read, .listen = do_listen};

static status_t dispatch(struct service *service, struct ipc_message *m, void *page)
{
	(void)service;
	return stream_owns(m) ? stream_dispatch(&stream_ops, &self, m, page) : SERVICE_OBJECT;
}

/* The port's numbers come as an argument: they are the manifest's business. */
static status_t setup(struct serial *s, const char *first_port)
{
	handle_t event = start_handle("irq.event");
	status_t status;

	s->ports = start_handle("ports");
	s->irq = start_handle("irq");
	s->is_polling = handle_is_none(s->irq) || handle_is_none(event);
	if (!service_number(first_port, &s->first_port))
		return E_INVAL;
	status = service_begin(&s->service, s->is_polling ? HANDLE_NONE : event, on_event, s);
	if (status == OK)
		status = sys_timer_create(s->service.event, EVENT_TICK, &s->timer);
	return status;
}

static const struct object_type type = {.name = "serial", .doc = "A serial port as a byte stream."};

int main(int argc, char **argv)
{
	status_t status = setup(&self, argc > 1 ? argv[1] : "");

	if (status != OK) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	uart_init(&self.uart, (struct uart_ports){port_in, port_out, port_out_many, &self});
	if (!self.uart.is_present)
		log_info("no port at %#lx", self.first_port);
	move_bytes(&self);
	self.service.dispatch = dispatch;
	return service_run(&self.service, &type);
}
