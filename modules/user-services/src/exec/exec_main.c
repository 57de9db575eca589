/*
 * The exec agent: runs commands for the host over the second serial line (frames in exec/frame.h). A command is
 * a line for the shell of the Linux container (C), or names a native program of the boot archive and its
 * arguments (N). Either gets streams for its input, output and errors, which this service answers; a native
 * program gets the root of the tree as well. One command at a time.
 *
 *   IDLE --C, N--> RUNNING --program ends, its output sent--> X --> IDLE          Q: shut down
 */
#include "common/client.h"
#include "common/listeners.h"
#include "common/ring.h"
#include "common/service.h"
#include "common/text.h"
#include "exec/frame.h"
#include "exec/shell.h"

#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <user-services/stream_ipc.h>

#define EVENT_NEWS 1ul
#define EVENT_ENDED 2ul
#define EVENT_LINE (1ul << 8)

#define COMMAND_MAX 4096u
#define OUTPUT_BYTES 65536u
#define INPUT_BYTES 16384u
#define CHUNK 2000u
#define BADGE_INPUT 1ul /* of the streams that the program gets */
#define BADGE_OUTPUT 2ul
#define BADGE_ERROR 3ul
#define PATIENCE_MS 5000
#define STATUS_NOT_FOUND 127u
#define STATUS_NOT_RUN 126u
#define PROGRAM_PAGES 65536

struct agent {
	struct service service;
	struct frame_reader frames;
	struct listeners listeners;
	struct ring output, input;
	handle_t line, scheduler, container;
	uint64_t job;
	bool is_native; /* the job is the scheduler's, not the container's */
	bool is_running, has_ended, is_input_ended, has_refused, is_quitting, has_complained;
	uint32_t command_len;
	char command[COMMAND_MAX + 1];
	uint8_t output_bytes[OUTPUT_BYTES];
	uint8_t input_bytes[INPUT_BYTES];
};

static struct agent self;

static uint64_t patience(void)
{
	return deadline_in_ms(PATIENCE_MS);
}

/* --- frames to the host --- */

/* Queue a whole frame or nothing. */
static bool send_frame(uint8_t type, const void *bytes, uint32_t len)
{
	uint8_t header[FRAME_HEADER];

	if (ring_free(&self.output) < FRAME_HEADER + len)
		return false;
	frame_header(header, type, len);
	ring_put(&self.output, header, FRAME_HEADER);
	ring_put(&self.output, bytes, len);
	return true;
}

static void pump_output(void)
{
	uint8_t chunk[CHUNK];

	while (ring_used(&self.output)) {
		struct ring peek = self.output;
		uint32_t len = ring_take(&peek, chunk, CHUNK), accepted = 0;
		status_t status = stream_write_until(self.line, patience(), chunk, len, &accepted);

		if (status == E_GONE)
			continue; /* the driver's next instance gets it */
		if (status != OK || accepted == 0)
			break;
		self.output.head += MIN(accepted, len);
	}
	if (self.has_refused && ring_free(&self.output) > OUTPUT_BYTES / 2) {
		self.has_refused = false;
		listeners_signal(&self.listeners, NEWS_ROOM);
	}
}

/* --- the command --- */

static status_t ask(struct client_call *call, const char *method)
{
	return client_call(call, self.scheduler, method, patience());
}

static status_t create_job(const char *program, struct text rest)
{
	struct client_call call;
	struct cbor_mark list;
	char word[512];
	status_t status;

	client_begin(&call);
	client_put_text(&call, "program", program);
	client_put_uint(&call, "pages", PROGRAM_PAGES);
	cbor_put_text(&call.args, "args");
	list = cbor_open_array(&call.args);
	while (text_argument(&rest, word, sizeof(word)))
		cbor_put_text(&call.args, word);
	cbor_close(&call.args, list);
	status = ask(&call, "create");
	return status == OK ? client_get_uint(&call, "id", &self.job) : status;
}

static status_t give(const char *name, handle_t handle)
{
	struct client_call call;

	client_begin(&call);
	client_put_uint(&call, "id", self.job);
	client_put_text(&call, "name", name);
	call.cap = handle;
	return ask(&call, "give");
}

static status_t make_stream(uint64_t badge, handle_t *out)
{
	return sys_handle_derive(self.service.server.endpoint,
	                         RIGHT_CALL | RIGHT_DERIVE | RIGHT_TRANSFER, badge, out);
}

static status_t give_stream(const char *name, uint64_t badge)
{
	handle_t stream;
	status_t status = make_stream(badge, &stream);

	if (status != OK)
		return status;
	status = give(name, stream);
	(void)sys_handle_close(stream);
	return status;
}

static status_t run_and_watch(void)
{
	struct client_call call;
	status_t status;

	client_begin(&call);
	client_put_uint(&call, "id", self.job);
	status = ask(&call, "run");
	if (status != OK)
		return status;
	client_begin(&call);
	client_put_uint(&call, "id", self.job);
	client_put_uint(&call, "bits", EVENT_ENDED);
	call.cap = self.service.event;
	return ask(&call, "wait");
}

static status_t start_native(const char *program, struct text rest)
{
	status_t status = create_job(program, rest);

	if (status == OK)
		status = give_stream("stdin", BADGE_INPUT);
	if (status == OK)
		status = give_stream("stdout", BADGE_OUTPUT);
	if (status == OK)
		status = give_stream("stderr", BADGE_ERROR);
	if (status == OK)
		status = give("root", start_handle("root"));
	if (status == OK)
		status = run_and_watch();
	return status;
}

static void close_streams(const struct shell_streams *streams)
{
	(void)sys_handle_close(streams->input);
	(void)sys_handle_close(streams->output);
	(void)sys_handle_close(streams->error);
}

static status_t start_shell(void)
{
	struct shell_streams streams = {0};
	uint32_t job = 0;
	status_t status = make_stream(BADGE_INPUT, &streams.input);

	if (status == OK)
		status = make_stream(BADGE_OUTPUT, &streams.output);
	if (status == OK)
		status = make_stream(BADGE_ERROR, &streams.error);
	if (status == OK)
		status = shell_start(self.container, self.command, &streams, self.service.event,
		                     EVENT_ENDED, &job);
	close_streams(&streams);
	self.job = job;
	return status;
}

static void finish(uint64_t status)
{
	uint8_t bytes[4] = {(uint8_t)status};

	self.is_running = self.has_ended = false;
	(void)send_frame(FRAME_EXIT, bytes, sizeof(bytes));
	pump_output();
}

static void refuse(const char *program, status_t status)
{
	char text[128];
	size_t len = format_string(text, sizeof(text), "%s: %s\n", program, status_name(status));

	(void)send_frame(FRAME_ERROR, text, (uint32_t)MIN(len, sizeof(text) - 1));
	finish(status == E_NOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN);
}

static void run_command(bool is_native)
{
	struct text rest = {self.command, self.command_len};
	char program[64] = "sh";
	status_t status;

	self.input.head = self.input.tail;
	self.is_input_ended = self.has_ended = false;
	self.is_running = true;
	self.is_native = is_native;
	self.command[self.command_len] = 0;
	if (!is_native)
		status = start_shell();
	else if (!text_argument(&rest, program, sizeof(program)))
		status = E_NOENT;
	else
		status = start_native(program, rest);
	if (status != OK)
		refuse(program, status);
}

static bool native_ended(uint64_t *out_status)
{
	struct client_call call;
	char state[16] = "";

	client_begin(&call);
	client_put_uint(&call, "id", self.job);
	if (ask(&call, "wait") != OK)
		return true;
	(void)client_get_text(&call, "state", state, sizeof(state));
	if (strcmp(state, "ended") != 0)
		return false;
	(void)client_get_uint(&call, "status", out_status);
	return true;
}

/* The exit status goes out behind all output: wait for room when there is none. */
static void check_end(void)
{
	uint64_t status = STATUS_NOT_RUN;

	if (!self.is_running || !self.has_ended || ring_free(&self.output) < 2 * FRAME_HEADER)
		return;
	if (self.is_native ? native_ended(&status)
	                   : shell_ended(self.container, (uint32_t)self.job, &status))
		finish(status);
}

/* --- frames from the host --- */

static void take_command(uint8_t type, const uint8_t *bytes, uint32_t len, bool is_last)
{
	uint32_t count = MIN(len, COMMAND_MAX - self.command_len);

	memcpy(self.command + self.command_len, bytes, count);
	self.command_len += count;
	if (!is_last)
		return;
	if (!self.is_running)
		run_command(type == FRAME_NATIVE);
	self.command_len = 0;
}

/* There is room: no more than fits is read from the line. An empty frame is the end. */
static void take_input(const uint8_t *bytes, uint32_t len, bool is_last)
{
	if (!self.is_running)
		return;
	ring_put(&self.input, bytes, len);
	self.is_input_ended |= is_last && len == 0;
	listeners_signal(&self.listeners, NEWS_INPUT);
}

static void shut_down(void)
{
	struct client_call call;

	client_begin(&call);
	status_t status = client_call(&call, start_handle("power"), "shutdown", 0);

	log_error("the machine did not shut down: %s", status_name(status));
}

static void take_piece(void *context, uint8_t type, const uint8_t *bytes, uint32_t len,
                       bool is_last)
{
	(void)context;
	if (type == FRAME_COMMAND || type == FRAME_NATIVE)
		take_command(type, bytes, len, is_last);
	else if (type == FRAME_INPUT)
		take_input(bytes, len, is_last);
	else if (type == FRAME_QUIT)
		self.is_quitting = true;
}

static void read_line(void)
{
	uint8_t bytes[CHUNK];
	uint32_t len, is_end;

	while (ring_free(&self.input) >= CHUNK) {
		if (stream_read_until(self.line, patience(), CHUNK, &is_end, bytes, CHUNK, &len) !=
		            OK ||
		    len == 0)
			break;
		if (!frame_feed(&self.frames, bytes, len) && !self.has_complained) {
			self.has_complained = true;
			log_warn("the host sent something that is no frame");
		}
	}
}

static void listen_to_line(void)
{
	if (stream_listen_until(self.line, patience(), self.service.event, EVENT_LINE) != OK)
		log_warn("the serial line does not answer");
}

static void on_event(struct server *server, uint64_t bits)
{
	(void)server;
	if (bits & EVENT_NEWS)
		listen_to_line();
	/* After news, too: the service that runs the command may have died with it. */
	self.has_ended |= (bits & (EVENT_ENDED | EVENT_NEWS)) != 0;
	read_line();
	pump_output();
	check_end();
	if (self.is_quitting)
		shut_down();
}

/* --- the program's streams --- */

static status_t do_write(void *context, uint64_t badge, struct ipc_bytes data, uint32_t *accepted)
{
	uint8_t type = badge == BADGE_ERROR ? FRAME_ERROR : FRAME_OUT;

	(void)context;
	if (badge != BADGE_OUTPUT && badge != BADGE_ERROR)
		return E_ACCESS;
	/* Some room always stays for the error and exit frames. */
	if (data.len &&
	    (ring_free(&self.output) < data.len + 1024u || !send_frame(type, data.at, data.len))) {
		self.has_refused = true;
		return E_AGAIN;
	}
	*accepted = data.len;
	pump_output();
	return OK;
}

static status_t do_read(void *context, uint64_t badge, uint32_t max, uint32_t *is_end,
                        struct ipc_out *data)
{
	(void)context;
	if (badge != BADGE_INPUT)
		return E_ACCESS;
	data->len = ring_take(&self.input, data->at, MIN(max, data->max));
	read_line();
	*is_end = data->len == 0 && self.is_input_ended;
	return data->len || *is_end ? OK : E_AGAIN;
}

static status_t do_listen(void *context, uint64_t badge, handle_t news, uint64_t bits)
{
	(void)context, (void)badge;
	return listeners_add(&self.listeners, news, bits);
}

static const struct stream_ops stream_ops = {
	.write = do_write, .read = do_read, .listen = do_listen};

static status_t dispatch(struct service *service, struct ipc_message *m, void *page)
{
	(void)service;
	return stream_owns(m) ? stream_dispatch(&stream_ops, NULL, m, page) : SERVICE_OBJECT;
}

static const struct object_type type = {
	.name = "exec", .doc = "Runs commands for the host that started this machine."};

int main(int argc, char **argv)
{
	status_t status = service_begin(&self.service, start_handle("news"), on_event, NULL);

	(void)argc, (void)argv;
	if (status != OK) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	self.frames.piece = take_piece;
	self.output = (struct ring){.bytes = self.output_bytes, .size = OUTPUT_BYTES};
	self.input = (struct ring){.bytes = self.input_bytes, .size = INPUT_BYTES};
	self.line = start_handle("line");
	self.scheduler = start_handle("scheduler");
	self.container = start_handle("linux");
	listen_to_line();
	(void)send_frame(FRAME_READY, NULL, 0);
	pump_output();
	self.service.dispatch = dispatch;
	return service_run(&self.service, &type);
}
