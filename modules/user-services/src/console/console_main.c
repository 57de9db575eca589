/*
 * The console: the serial line, the screen and the keyboard as one byte stream for several clients
 * (console.ipc). Output goes to every device, each call whole; input comes from all of them in the order in
 * which it arrives. A slow device slows its clients down (E_AGAIN), a dead one does not.
 */
#include "common/listeners.h"
#include "common/service.h"
#include "console/port.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <user-services/console_ipc.h>

#define EVENT_NEWS 1ul /* a driver was started again */
#define EVENT_PORT(i) (1ul << (8 + 4 * (i)))
#define INPUT_BYTES 4096u
#define READ_AT_ONCE 1024u
#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT 24

struct console {
	struct service service;
	struct listeners listeners;
	struct ring input;
	uint32_t columns, rows;
	bool has_refused; /* some client waits for room */
	uint8_t input_bytes[INPUT_BYTES];
};

static struct console self;
static struct port ports[] = {
	{.name = "serial", .takes_output = true},
	{.name = "screen", .is_screen = true, .takes_output = true},
	{.name = "keyboard"},
};

static bool have_room(uint32_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		if (!port_has_room(&ports[i], len))
			return false;
	}
	return true;
}

static void pump_output(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		port_pump(&ports[i]);
	if (self.has_refused && have_room(CONSOLE_WRITE_TEXT_MAX)) {
		self.has_refused = false;
		listeners_signal(&self.listeners, NEWS_ROOM);
	}
}

/* What does not fit stays with the drivers, which wait for it to be read. */
static void gather_input(void)
{
	uint8_t bytes[READ_AT_ONCE];
	uint32_t before = self.input.tail;

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		uint32_t room = MIN(ring_free(&self.input), READ_AT_ONCE);

		ring_put(&self.input, bytes, port_read(&ports[i], bytes, room));
	}
	if (self.input.tail != before)
		listeners_signal(&self.listeners, NEWS_INPUT);
}

static void ask_size(void)
{
	uint32_t columns = 0, rows = 0, old = self.columns << 16 | self.rows;

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		if (ports[i].is_screen && !handle_is_none(ports[i].handle) && !ports[i].is_gone)
			(void)console_size(ports[i].handle, &columns, &rows);
	}
	self.columns = columns ? columns : COLUMNS_DEFAULT;
	self.rows = rows ? rows : ROWS_DEFAULT;
	if ((self.columns << 16 | self.rows) != old)
		listeners_signal(&self.listeners, NEWS_SIZE);
}

static void listen_to_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		port_listen(&ports[i], self.service.event, EVENT_PORT(i));
	ask_size();
}

static void on_event(struct server *server, uint64_t bits)
{
	(void)server;
	if (bits & EVENT_NEWS)
		listen_to_all();
	pump_output();
	gather_input();
}

static status_t do_write(void *context, uint64_t badge, struct ipc_bytes text, uint32_t *accepted)
{
	(void)context, (void)badge;
	if (!have_room(text.len)) {
		self.has_refused = true;
		return E_AGAIN;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		port_queue(&ports[i], text.at, text.len);
	*accepted = text.len;
	pump_output();
	return OK;
}

static status_t do_read(void *context, uint64_t badge, uint32_t max, struct ipc_out *text)
{
	bool was_full = ring_free(&self.input) < READ_AT_ONCE;

	(void)context, (void)badge;
	text->len = ring_take(&self.input, text->at, MIN(max, text->max));
	if (was_full)
		gather_input();
	return OK;
}

static status_t do_listen(void *context, uint64_t badge, handle_t news, uint64_t bits)
{
	(void)context, (void)badge;
	return listeners_add(&self.listeners, news, bits);
}

static status_t do_size(void *context, uint64_t badge, uint32_t *columns, uint32_t *rows)
{
	(void)context, (void)badge;
	*columns = self.columns;
	*rows = self.rows;
	return OK;
}

static const struct console_ops console_ops = {
	.write = do_write, .read = do_read, .listen = do_listen, .size = do_size};

static status_t dispatch(struct service *service, struct ipc_message *m, void *page)
{
	(void)service;
	return console_owns(m) ? console_dispatch(&console_ops, &self, m, page) : SERVICE_OBJECT;
}

static status_t method_size(struct object_call *call)
{
	struct cbor_mark map;

	map = cbor_open_map(&call->result);
	service_put_uint(&call->result, "columns", self.columns);
	service_put_uint(&call->result, "rows", self.rows);
	cbor_close(&call->result, map);
	return OK;
}

static status_t method_write(struct object_call *call)
{
	struct cbor_mark map;
	char text[1024];
	uint32_t accepted = 0;
	status_t status = object_arg_text(call, "text", text, sizeof(text));

	if (status == OK)
		status = do_write(NULL, 0, (struct ipc_bytes){text, (uint32_t)strlen(text)},
		                  &accepted);
	if (status != OK)
		return status;
	map = cbor_open_map(&call->result);
	service_put_uint(&call->result, "accepted", accepted);
	cbor_close(&call->result, map);
	return OK;
}

static const struct object_method methods[] = {
	{"size", "Columns and rows of the screen.", NULL, "{columns: uint, rows: uint}",
         OBJECT_MAY_READ, method_size},
	{"write", "Show a text.", "text: text", "{accepted: uint}", OBJECT_MAY_CHANGE,
         method_write},
};
static const struct object_type type = {
	.name = "console",
	.doc = "Screen, keyboard and serial line as one byte stream.",
	.methods = methods,
	.method_count = ARRAY_SIZE(methods)};

int main(int argc, char **argv)
{
	status_t status = service_begin(&self.service, start_handle("news"), on_event, &self);

	(void)argc, (void)argv;
	if (status != OK) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	self.service.dispatch = dispatch;
	self.input = (struct ring){.bytes = self.input_bytes, .size = INPUT_BYTES};
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		port_init(&ports[i]);
		ports[i].handle = start_handle(ports[i].name);
	}
	listen_to_all();
	return service_run(&self.service, &type);
}
