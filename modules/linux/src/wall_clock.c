/*
 * The time of day: the kernel's monotonic clock and an offset, which /sys/time knows. It is asked once when the
 * container starts and again when that service says that the clock was set; reading the clock calls nobody.
 */
#include "wall_clock.h"
#include <libanon/log.h>
#include <libanon/server.h>
#include <libanon/start.h>
#include <object-tree/object.h>
#include "clock_page.h"
#include "timerfd.h"

#define TIME_SERVICE "/sys/time"
#define CLOCK_WAS_SET 1ul

static status_t ask(void)
{
	uint8_t value[256];
	struct obj_arguments arguments = {0};
	struct obj_result result = {.at = value, .max = sizeof(value)};
	struct cbor_reader found;
	uint64_t ns;
	status_t status = obj_call(start_handle("root"), TIME_SERVICE, "now", &arguments, &result);

	if (status != OK)
		return status;
	if (!handle_is_none(result.cap))
		(void)sys_handle_close(result.cap);
	status = cbor_find(value, result.len, "offset", &found);
	if (status == OK)
		status = cbor_get_uint(&found, &ns);
	if (status == OK)
		clock_page_set_real_offset(ns);
	return status;
}

static void on_event(struct server *server, uint64_t bits)
{
	(void)server;
	if (bits & CLOCK_WAS_SET && ask() == OK)
		timerfd_clock_was_set();
}

static status_t subscribe(struct server *server)
{
	handle_t event, time;
	status_t status = sys_event_create(&event);

	if (status == OK)
		status = server_bind_event(server, event);
	if (status == OK)
		status = obj_resolve(start_handle("root"), TIME_SERVICE, &time);
	if (status == OK) {
		status = object_subscribe(time, "set", event, CLOCK_WAS_SET);
		(void)sys_handle_close(time);
	}
	server->on_event = on_event;
	return status;
}

void wall_clock_start(struct server *server)
{
	status_t status = subscribe(server);

	if (status == OK)
		status = ask();
	if (status != OK)
		log_warn("no service knows the date, time starts at 1970: %s", status_name(status));
}
