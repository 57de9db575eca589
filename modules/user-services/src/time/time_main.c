/*
 * Wall-clock time: read once from the battery clock and then carried on by the monotonic clock. Clients that
 * need it often ask once for `offset` and add it to the monotonic clock themselves.
 */
#include "common/service.h"
#include "time/rtc.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>

#define PORT_INDEX 0x70
#define PORT_VALUE 0x71
#define REG_STATUS_A 0x0a
#define REG_STATUS_B 0x0b
#define REG_CENTURY 0x32
#define STATUS_UPDATING 0x80u
#define READ_ATTEMPTS 8
#define UPDATE_POLLS 3000

static struct service self;
static handle_t ports;
static uint64_t offset_ns; /* wall clock minus monotonic clock */

static uint8_t read_register(uint8_t reg)
{
	uint64_t value;

	if (sys_ioport_out(ports, PORT_INDEX, 1, reg) != OK ||
	    sys_ioport_in(ports, PORT_VALUE, 1, &value) != OK)
		return 0xff;
	return (uint8_t)value;
}

static void read_all(struct rtc_registers *r)
{
	for (int i = 0; i < UPDATE_POLLS && read_register(REG_STATUS_A) & STATUS_UPDATING; i++)
		;
	*r = (struct rtc_registers){
		.second = read_register(0),
		.minute = read_register(2),
		.hour = read_register(4),
		.day = read_register(7),
		.month = read_register(8),
		.year = read_register(9),
		.century = read_register(REG_CENTURY),
		.status_b = read_register(REG_STATUS_B),
	};
}

/* The clock may tick between two registers: only two equal readings count. */
static bool read_clock(int64_t *out_seconds)
{
	struct rtc_registers now, before;

	read_all(&before);
	for (int i = 0; i < READ_ATTEMPTS; i++) {
		read_all(&now);
		if (memcmp(&now, &before, sizeof(now)) == 0)
			return rtc_decode(&now, out_seconds);
		before = now;
	}
	return false;
}

static status_t method_now(struct object_call *call)
{
	struct cbor_mark map;
	uint64_t now = clock_ns();

	map = cbor_open_map(&call->result);
	service_put_uint(&call->result, "monotonic", now);
	service_put_uint(&call->result, "offset", offset_ns);
	service_put_uint(&call->result, "realtime", now + offset_ns);
	cbor_close(&call->result, map);
	return OK;
}

static status_t method_set(struct object_call *call)
{
	uint64_t realtime;
	status_t status = object_arg_uint(call, "realtime", &realtime);

	if (status != OK || realtime < clock_ns())
		return E_INVAL;
	offset_ns = realtime - clock_ns();
	service_news(&self, 0);
	return OK;
}

static const struct object_method methods[] = {
	{"now", "Nanoseconds since 1970 UTC, and what to add to the monotonic clock.", NULL,
         "{monotonic: uint, offset: uint, realtime: uint}", OBJECT_MAY_READ, method_now},
	{"set", "Set the wall clock until the next boot.", "realtime: uint", NULL,
         OBJECT_MAY_MANAGE, method_set},
};
static const struct object_event events[] = {{"set", "The wall clock was set.", 1}};
static const struct object_type type = {.name = "time",
                                        .doc = "The wall clock.",
                                        .methods = methods,
                                        .method_count = ARRAY_SIZE(methods),
                                        .events = events,
                                        .event_count = ARRAY_SIZE(events),
                                        .subscribe = service_subscribe};

int main(int argc, char **argv)
{
	int64_t seconds = 0;

	(void)argc, (void)argv;
	ports = start_handle("ports");
	if (service_begin(&self, HANDLE_NONE, NULL, NULL) != OK)
		return 1;
	if (read_clock(&seconds))
		offset_ns = (uint64_t)seconds * NS_PER_S - clock_ns();
	else
		log_warn("the battery clock shows no date: time starts at 1970");
	return service_run(&self, &type);
}
