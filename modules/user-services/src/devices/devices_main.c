/*
 * The device manager: knows every PCI function and gives each to the one driver that the manifest names
 * (device.ipc), and reads the ACPI tables to switch the machine off. It is the only service that holds all
 * of physical memory, all ports and the interrupt control. When it starts, also after a crash, it stops
 * every function's bus mastering before it answers anybody: drivers of its earlier instance are restarted
 * by init.
 */
#include "common/service.h"
#include "devices/acpi.h"
#include "devices/claims.h"

#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <user-services/device_ipc.h>

#define PORT_ADDRESS 0xcf8
#define PORT_DATA 0xcfc
#define PORT_KEYBOARD_COMMAND 0x64
#define PORT_RESET 0xcf9
#define RESET_FULL 0x06
#define RESET_PULSE 0xfe
#define ENABLE 0x80000000u
#define BADGE_POWER 1ul
#define CLASS_DISPLAY 0x03u
#define CLASS_BRIDGE 0x06u
#define RESULT_ROOM 3600

static struct service self;
static struct devices devices;
static uint64_t rsdp;

/* --- access to the hardware --- */

static uint32_t config_read(void *context, struct pci_address at, uint32_t offset, uint32_t width)
{
	uint64_t value = 0;

	(void)context;
	if (sys_ioport_out(devices.ports, PORT_ADDRESS, 4, ENABLE | at.value | (offset & 0xfc)) !=
	            OK ||
	    sys_ioport_in(devices.ports, PORT_DATA + (offset & 3), width, &value) != OK)
		return 0xffffffffu >> (32 - 8 * width);
	return (uint32_t)value;
}

static void config_write(void *context, struct pci_address at, uint32_t offset, uint32_t width,
                         uint32_t value)
{
	(void)context;
	if (sys_ioport_out(devices.ports, PORT_ADDRESS, 4, ENABLE | at.value | (offset & 0xfc)) ==
	    OK)
		(void)sys_ioport_out(devices.ports, PORT_DATA + (offset & 3), width, value);
}

/* Tables may lie outside what the kernel counts as memory: map them. */
static bool read_physical(void *context, uint64_t physical, void *out, uint32_t len)
{
	uint64_t page = align_down(physical, PAGE_SIZE),
		 bytes = align_up(physical + len, PAGE_SIZE) - page;
	void *at;

	(void)context;
	if (memory_map(devices.physical, page, bytes, MAP_READ, &at) != OK)
		return false;
	memcpy(out, (const uint8_t *)at + (physical - page), len);
	return memory_unmap(at, bytes) == OK;
}

/* --- device.ipc --- */

/* The function that a driver's badge names. */
static struct pci_function *function_of(uint64_t badge)
{
	if (!(badge >> 63))
		return NULL;
	return pci_find(&devices.bus, badge >> 16 & 0xffff, badge & 0xffff, badge >> 32 & 0xff);
}

static status_t active(uint64_t badge, struct pci_function **out)
{
	*out = function_of(badge);
	return *out && claim_of(&devices, *out)->is_active ? OK : E_STALE;
}

static status_t do_claim(void *context, uint64_t badge, uint32_t *vendor, uint32_t *device,
                         uint32_t *class)
{
	struct pci_function *f = function_of(badge);

	(void)context;
	if (!f)
		return E_NOENT;
	claim_begin(&devices, f);
	*vendor = f->vendor;
	*device = f->device;
	*class = f->class;
	return OK;
}

static status_t do_bar(void *context, uint64_t badge, uint32_t index, uint32_t *kind,
                       uint64_t *bytes, handle_t *registers)
{
	struct pci_function *f;
	status_t status = active(badge, &f);

	(void)context;
	if (status != OK)
		return status;
	if (index >= PCI_BARS || f->bars[index].kind == PCI_BAR_NONE)
		return E_NOENT;
	*kind = f->bars[index].kind;
	*bytes = f->bars[index].bytes;
	return claim_bar(&devices, f, index, registers);
}

static status_t do_config(void *context, uint64_t badge, uint32_t offset, uint32_t width,
                          uint32_t *value)
{
	struct pci_function *f;
	status_t status = active(badge, &f);

	(void)context;
	if (status != OK)
		return status;
	if ((width != 1 && width != 2 && width != 4) || offset > 256 - width || offset % width)
		return E_INVAL;
	*value = pci_read(&devices.bus, f, offset, width);
	return OK;
}

static status_t do_interrupt(void *context, uint64_t badge, uint32_t vector, handle_t news,
                             uint64_t bits, handle_t *line)
{
	struct pci_function *f;
	status_t status = active(badge, &f);

	(void)context;
	if (status == OK)
		status = claim_interrupt(&devices, f, vector, news, bits, line);
	if (status == OK)
		(void)sys_handle_close(news);
	return status;
}

static status_t do_dma(void *context, uint64_t badge, uint64_t bytes, handle_t *pages)
{
	struct pci_function *f;
	status_t status = active(badge, &f);

	(void)context;
	return status == OK ? claim_dma(&devices, f, bytes, pages) : status;
}

static status_t do_master(void *context, uint64_t badge, uint32_t enable)
{
	struct pci_function *f;
	status_t status = active(badge, &f);

	(void)context;
	if (status == OK)
		pci_command(&devices.bus, f, enable ? PCI_COMMAND_MASTER : 0, PCI_COMMAND_MASTER);
	return status;
}

static status_t do_release(void *context, uint64_t badge)
{
	struct pci_function *f = function_of(badge);

	(void)context;
	if (!f)
		return E_NOENT;
	claim_release(&devices, f);
	return OK;
}

static status_t do_power_off(void *context, uint64_t badge)
{
	struct acpi_reader reader = {.read = read_physical};
	struct acpi_power power;

	(void)context;
	if (badge != BADGE_POWER)
		return E_ACCESS;
	if (!acpi_power(&reader, rsdp, &power) || power.pm1a_control == 0)
		return E_UNSUPPORTED;
	if (power.pm1b_control)
		(void)sys_ioport_out(devices.ports, power.pm1b_control, 2,
		                     ACPI_SLEEP_ENABLE | (uint64_t)power.sleep_type_b << 10);
	return sys_ioport_out(devices.ports, power.pm1a_control, 2,
	                      ACPI_SLEEP_ENABLE | (uint64_t)power.sleep_type_a << 10);
}

static status_t do_reset(void *context, uint64_t badge)
{
	struct acpi_reader reader = {.read = read_physical};
	struct acpi_power power;

	(void)context;
	if (badge != BADGE_POWER)
		return E_ACCESS;
	if (acpi_power(&reader, rsdp, &power) && power.reset_port)
		(void)sys_ioport_out(devices.ports, power.reset_port, 1, power.reset_value);
	(void)sys_ioport_out(devices.ports, PORT_RESET, 1, RESET_FULL);
	return sys_ioport_out(devices.ports, PORT_KEYBOARD_COMMAND, 1, RESET_PULSE);
}

static const struct device_ops device_ops = {
	.claim = do_claim,
	.bar = do_bar,
	.config = do_config,
	.interrupt = do_interrupt,
	.dma = do_dma,
	.master = do_master,
	.release = do_release,
	.power_off = do_power_off,
	.reset = do_reset,
};

static status_t dispatch(struct service *service, struct ipc_message *m, void *page)
{
	(void)service;
	return device_owns(m) ? device_dispatch(&device_ops, NULL, m, page) : SERVICE_OBJECT;
}

/* --- the object --- */

static void put_function(struct object_call *call, struct pci_function *f)
{
	struct cbor_mark map = cbor_open_map(&call->result);
	char text[16];

	format_string(text, sizeof(text), "%02x:%02x.%x", f->at.value >> 16, f->at.value >> 11 & 31,
	              f->at.value >> 8 & 7);
	service_put_text(&call->result, "at", text);
	service_put_uint(&call->result, "class", f->class);
	cbor_put_text(&call->result, "claimed");
	cbor_put_bool(&call->result, claim_of(&devices, f)->is_active);
	format_string(text, sizeof(text), "%04x:%04x", f->vendor, f->device);
	service_put_text(&call->result, "id", text);
	cbor_close(&call->result, map);
}

static status_t method_list(struct object_call *call)
{
	struct cbor_mark map;
	struct cbor_mark array;

	map = cbor_open_map(&call->result);
	cbor_put_text(&call->result, "functions");
	array = cbor_open_array(&call->result);
	for (uint32_t i = 0; i < devices.bus.count && call->result.len < RESULT_ROOM; i++)
		put_function(call, &devices.bus.functions[i]);
	cbor_close(&call->result, array);
	cbor_close(&call->result, map);
	return OK;
}

static status_t method_table(struct object_call *call)
{
	struct cbor_mark map;
	struct acpi_reader reader = {.read = read_physical};
	struct acpi_table table;
	char signature[5];
	status_t status = object_arg_text(call, "signature", signature, sizeof(signature));

	if (status != OK || strlen(signature) != 4)
		return E_INVAL;
	if (!acpi_find(&reader, rsdp, signature, &table))
		return E_NOENT;
	map = cbor_open_map(&call->result);
	service_put_uint(&call->result, "bytes", table.bytes);
	service_put_uint(&call->result, "physical", table.physical);
	cbor_close(&call->result, map);
	return OK;
}

static const struct object_method methods[] = {
	{"list", "Every PCI function.", NULL, "{functions: [map]}", OBJECT_MAY_READ, method_list},
	{"table", "Where an ACPI table lies.", "signature: text", "{bytes: uint, physical: uint}",
         OBJECT_MAY_READ, method_table},
};
static const struct object_type type = {.name = "devices",
                                        .doc = "PCI functions and ACPI tables.",
                                        .methods = methods,
                                        .method_count = ARRAY_SIZE(methods)};

/* Nothing that an earlier driver left running may write to memory. The boot screen is let be. */
static void quiet_all(void)
{
	for (uint32_t i = 0; i < devices.bus.count; i++) {
		const struct pci_function *f = &devices.bus.functions[i];
		uint32_t class = f->class >> 16;

		if (f->header == 0 && class != CLASS_DISPLAY && class != CLASS_BRIDGE)
			pci_command(&devices.bus, f, 0, PCI_COMMAND_MASTER);
	}
}

int main(int argc, char **argv)
{
	(void)argc, (void)argv;
	self.dispatch = dispatch;
	devices.physical = start_handle("physical");
	devices.ports = start_handle("ports");
	devices.interrupts = start_handle("interrupts");
	devices.vault = start_handle("vault");
	devices.vault_domain = start_handle("vault.domain");
	if (sys_memory_read(start_handle("boot"), offsetof(struct boot_info, rsdp), &rsdp,
	                    sizeof(rsdp)) != OK)
		rsdp = 0;
	pci_scan(&devices.bus, (struct pci_access){config_read, config_write, NULL});
	quiet_all();
	claims_forget_dma(&devices);
	log_info("%u PCI functions", devices.bus.count);
	if (service_begin(&self, HANDLE_NONE, NULL, NULL) != OK)
		return 1;
	return service_run(&self, &type);
}
