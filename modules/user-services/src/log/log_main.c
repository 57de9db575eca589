/*
 * The log service: takes lines (log.ipc) from everybody, keeps the newest 64 KiB and lets them be read as
 * an object. Warnings and errors also go to the kernel's log, where they survive this service.
 */
#include "common/service.h"
#include "log/journal.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <user-services/log_ipc.h>

#define LINES_AT_ONCE 64
#define RESULT_ROOM 3700u /* bytes of lines in one answer */
#define ECHO_PER_SECOND 50
#define LINE_OVERHEAD 48u /* of its map in CBOR, at most */

static struct service self;
static struct journal journal;
static uint64_t echo_level = LOG_WARN;
static uint64_t echo_second, echo_count;

/* The kernel's log is slow and small: nobody may flood it through us. */
static bool may_echo(void)
{
	uint64_t second = clock_ns() / NS_PER_S;

	if (second != echo_second)
		echo_count = 0;
	echo_second = second;
	return echo_count++ < ECHO_PER_SECOND;
}

static status_t do_write(void *context, uint64_t badge, uint32_t level, struct ipc_text text)
{
	(void)context, (void)badge;
	journal_add(&journal, clock_ns(), level, text.at, text.len);
	if (level <= echo_level && may_echo())
		(void)sys_domain_log(own_domain(), text.at, text.len);
	service_news(&self, 0);
	return OK;
}

static const struct log_ops log_ops = {.write = do_write};

static status_t dispatch(struct service *service, struct ipc_message *m, void *page)
{
	(void)service;
	return log_owns(m) ? log_dispatch(&log_ops, NULL, m, page) : SERVICE_OBJECT;
}

static void put_line(struct object_call *call, const struct journal_line *line)
{
	struct cbor_mark map = cbor_open_map(&call->result);

	service_put_uint(&call->result, "level", line->level);
	service_put_uint(&call->result, "number", line->number);
	service_put_text(&call->result, "text", line->text);
	service_put_uint(&call->result, "time", line->time_ns);
	cbor_close(&call->result, map);
}

static uint64_t put_lines(struct object_call *call, uint64_t from)
{
	struct cbor_mark array = cbor_open_array(&call->result);
	struct journal_cursor cursor = journal_seek(&journal, from), before = cursor;
	static struct journal_line line;
	size_t used = 0;

	for (int i = 0; i < LINES_AT_ONCE && journal_read(&journal, &cursor, &line); i++) {
		used += line.len + LINE_OVERHEAD;
		if (used > RESULT_ROOM)
			break;
		put_line(call, &line);
		before = cursor;
	}
	cbor_close(&call->result, array);
	return before.number;
}

static status_t method_read(struct object_call *call)
{
	struct cbor_mark map;
	uint64_t from = 0, next;
	status_t status = object_arg_uint(call, "from", &from);

	if (status != OK)
		return status;
	map = cbor_open_map(&call->result);
	cbor_put_text(&call->result, "lines");
	next = put_lines(call, from);
	service_put_uint(&call->result, "next", next);
	cbor_close(&call->result, map);
	return OK;
}

static status_t method_level(struct object_call *call)
{
	struct cbor_mark map;
	uint64_t level = echo_level;
	status_t status = object_arg_uint(call, "level", &level);

	if (status != OK || level > LOG_DEBUG)
		return E_INVAL;
	echo_level = level;
	map = cbor_open_map(&call->result);
	service_put_uint(&call->result, "level", level);
	cbor_close(&call->result, map);
	return OK;
}

static const struct object_method methods[] = {
	{"read", "Lines from number `from` on; `next` is where to go on.", "from?: uint",
         "{lines: [map], next: uint}", OBJECT_MAY_READ, method_read},
	{"level", "Up to which level lines go to the kernel's log too.", "level?: uint",
         "{level: uint}", OBJECT_MAY_MANAGE, method_level},
};
static const struct object_event events[] = {{"line", "A line was written.", 1}};
static const struct object_type type = {.name = "log",
                                        .doc = "The system's log.",
                                        .methods = methods,
                                        .method_count = ARRAY_SIZE(methods),
                                        .events = events,
                                        .event_count = ARRAY_SIZE(events),
                                        .subscribe = service_subscribe};

int main(int argc, char **argv)
{
	(void)argc, (void)argv;
	journal_init(&journal);
	self.dispatch = dispatch;
	if (service_begin(&self, HANDLE_NONE, NULL, NULL) != OK)
		return 1;
	return service_run(&self, &type);
}
