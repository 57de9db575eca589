/*
 * Power: switches the machine off or starts it anew, orderly. First init stops every service that is not
 * marked `keep`, from the highest level down, the file server writes what is left, then the device manager turns the machine off. With
 * `debugexit` on the kernel command line the machine is QEMU under test and ends with exit status 1 (value 0).
 */
#include "common/client.h"
#include "common/service.h"
#include "common/text.h"

#include <base/bits.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <user-services/device_ipc.h>

#define DEBUG_EXIT_PORT 0xf4
#define STOP_PATIENCE_MS 10000
#define DEVICE_PATIENCE_MS 3000
#define OBEY_PATIENCE_NS (3 * NS_PER_S)
#define SYNC_PATIENCE_MS 60000

static struct service self;
static char cmdline[BOOT_CMDLINE_MAX];

static void read_cmdline(void)
{
	handle_t boot = start_handle("boot");

	if (handle_is_none(boot) || sys_memory_read(boot, offsetof(struct boot_info, cmdline),
	                                            cmdline, sizeof(cmdline) - 1) != OK)
		cmdline[0] = 0;
}

static void stop_services(void)
{
	struct client_call call;
	status_t status;

	client_begin(&call);
	client_put_uint(&call, "level", 0);
	status = client_call(&call, start_handle("init"), "stop", deadline_in_ms(STOP_PATIENCE_MS));
	if (status != OK)
		log_error("services were not stopped: %s", status_name(status));
}

/* Nobody writes any more: what they wrote goes to the disk. */
static void sync_files(void)
{
	struct client_call call;
	handle_t files = start_handle("files");
	status_t status;

	if (handle_is_none(files))
		return;
	client_begin(&call);
	status = client_call(&call, files, "sync", deadline_in_ms(SYNC_PATIENCE_MS));
	if (status != OK)
		log_error("files were not written to the disk: %s", status_name(status));
}

static void leave_emulator(void)
{
	if (text_has_word(cmdline, "debugexit"))
		(void)sys_ioport_out(start_handle("debug-exit"), DEBUG_EXIT_PORT, 4, 0);
}

/* We are still here after some time, which a machine may take to do as it was told: say why. */
static status_t still_on(status_t status)
{
	if (status == OK)
		sleep_ns(OBEY_PATIENCE_NS);
	log_error("the machine does not obey: %s", status_name(status));
	return status == OK ? E_IO : status;
}

static status_t method_shutdown(struct object_call *call)
{
	(void)call;
	stop_services();
	sync_files();
	leave_emulator();
	return still_on(device_power_off_until(start_handle("devices"),
	                                       deadline_in_ms(DEVICE_PATIENCE_MS)));
}

static status_t method_reboot(struct object_call *call)
{
	(void)call;
	stop_services();
	sync_files();
	return still_on(
		device_reset_until(start_handle("devices"), deadline_in_ms(DEVICE_PATIENCE_MS)));
}

static status_t method_info(struct object_call *call)
{
	struct cbor_mark map;

	map = cbor_open_map(&call->result);
	cbor_put_text(&call->result, "debugexit");
	cbor_put_bool(&call->result, text_has_word(cmdline, "debugexit"));
	service_put_uint(&call->result, "uptime", clock_ns());
	cbor_close(&call->result, map);
	return OK;
}

static const struct object_method methods[] = {
	{"shutdown", "Stop all services and switch the machine off.", NULL, NULL, OBJECT_MAY_MANAGE,
         method_shutdown},
	{"reboot", "Stop all services and start the machine anew.", NULL, NULL, OBJECT_MAY_MANAGE,
         method_reboot},
	{"info", "How long the machine has been up, in ns.", NULL,
         "{debugexit: bool, uptime: uint}", OBJECT_MAY_READ, method_info},
};
static const struct object_type type = {.name = "power",
                                        .doc = "The machine's power switch.",
                                        .methods = methods,
                                        .method_count = ARRAY_SIZE(methods)};

int main(int argc, char **argv)
{
	(void)argc, (void)argv;
	read_cmdline();
	if (service_begin(&self, HANDLE_NONE, NULL, NULL) != OK)
		return 1;
	return service_run(&self, &type);
}
