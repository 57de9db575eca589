/*
 * virtio over PCI. Registers are little-endian and read with their own width, as 4.1.3.1 demands.
 */
#include "virtio-blk/virtio_pci.h"

#include <libanon/memory.h>
#include <user-services/device_ipc.h>

#define VENDOR_VIRTIO 0x1af4u
#define PCI_CAPABILITIES 0x34u
#define PCI_VENDOR_SPECIFIC 0x09u
#define CAPABILITIES_MAX 48u /* a longer list is a loop */

#define CFG_COMMON 1u
#define CFG_NOTIFY 2u
#define CFG_DEVICE 4u

#define COMMON_DEVICE_SELECT 0u
#define COMMON_DEVICE_FEATURE 4u
#define COMMON_DRIVER_SELECT 8u
#define COMMON_DRIVER_FEATURE 12u
#define COMMON_STATUS 20u
#define COMMON_QUEUE_SELECT 22u
#define COMMON_QUEUE_SIZE 24u
#define COMMON_QUEUE_VECTOR 26u
#define COMMON_QUEUE_ENABLE 28u
#define COMMON_QUEUE_NOTIFY_OFF 30u
#define COMMON_QUEUE_DESC 32u
#define COMMON_QUEUE_AVAIL 40u
#define COMMON_QUEUE_USED 48u
#define COMMON_BYTES 56u

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define FEATURE_VERSION_1 (1ull << 32)
#define RESET_TRIES 100000u

static uint8_t read8(const volatile uint8_t *at)
{
	return *at;
}

static uint16_t read16(const volatile uint8_t *at)
{
	return *(const volatile uint16_t *)at;
}

static uint32_t read32(const volatile uint8_t *at)
{
	return *(const volatile uint32_t *)at;
}

static void write8(volatile uint8_t *at, uint8_t value)
{
	*at = value;
}

static void write16(volatile uint8_t *at, uint16_t value)
{
	*(volatile uint16_t *)at = value;
}

static void write32(volatile uint8_t *at, uint32_t value)
{
	*(volatile uint32_t *)at = value;
}

static void write64(volatile uint8_t *at, uint64_t value)
{
	write32(at, (uint32_t)value);
	write32(at + 4, (uint32_t)(value >> 32));
}

static uint32_t config_read(const struct virtio_pci *v, uint32_t offset, uint32_t width)
{
	uint32_t value = 0;

	return device_config(v->device, offset, width, &value) == OK ? value : 0;
}

/* Maps the whole block; blocks are few and small. */
static status_t map_block(struct virtio_pci *v, uint32_t bar, uint32_t offset, uint32_t bytes,
                          volatile uint8_t **out)
{
	handle_t registers;
	uint64_t bar_bytes;
	uint32_t kind;
	void *at;
	status_t status = device_bar(v->device, bar, &kind, &bar_bytes, &registers);

	if (status != OK)
		return status;
	if (kind != 1 || offset > bar_bytes || bytes > bar_bytes - offset)
		return E_UNSUPPORTED;
	status = memory_map(registers, 0, bar_bytes, MAP_READ | MAP_WRITE, &at);
	if (status == OK)
		*out = (volatile uint8_t *)at + offset;
	return status;
}

/* One vendor capability (4.1.4): type at 3, bar at 4, offset at 8, length at 12. */
static status_t take_capability(struct virtio_pci *v, uint32_t at)
{
	uint32_t type = config_read(v, at + 3, 1);
	uint32_t bar = config_read(v, at + 4, 1);
	uint32_t offset = config_read(v, at + 8, 4);
	uint32_t bytes = config_read(v, at + 12, 4);

	if (type == CFG_COMMON && !v->common && bytes >= COMMON_BYTES)
		return map_block(v, bar, offset, bytes, &v->common);
	if (type == CFG_NOTIFY && !v->notify) {
		v->notify_multiplier = config_read(v, at + 16, 4);
		return map_block(v, bar, offset, bytes, &v->notify);
	}
	if (type == CFG_DEVICE && !v->config) {
		v->config_bytes = bytes;
		return map_block(v, bar, offset, bytes, &v->config);
	}
	return OK;
}

static status_t take_capabilities(struct virtio_pci *v)
{
	uint32_t at = config_read(v, PCI_CAPABILITIES, 1) & 0xfc;

	for (unsigned i = 0; at && i < CAPABILITIES_MAX; i++) {
		status_t status = OK;

		if (config_read(v, at, 1) == PCI_VENDOR_SPECIFIC)
			status = take_capability(v, at);
		if (status != OK)
			return status;
		at = config_read(v, at + 1, 1) & 0xfc;
	}
	return v->common && v->notify && v->config ? OK : E_UNSUPPORTED;
}

static status_t reset(struct virtio_pci *v)
{
	write8(v->common + COMMON_STATUS, 0);
	for (unsigned i = 0; i < RESET_TRIES; i++) {
		if (read8(v->common + COMMON_STATUS) == 0) {
			write8(v->common + COMMON_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
			return OK;
		}
	}
	return E_IO;
}

status_t virtio_pci_begin(struct virtio_pci *v, handle_t device)
{
	uint32_t vendor;
	status_t status;

	*v = (struct virtio_pci){.device = device};
	status = device_claim(device, &vendor, NULL, NULL);
	if (status == OK && vendor != VENDOR_VIRTIO)
		status = E_UNSUPPORTED;
	if (status == OK)
		status = take_capabilities(v);
	return status == OK ? reset(v) : status;
}

status_t virtio_pci_features(struct virtio_pci *v, uint64_t wanted, uint64_t *out_accepted)
{
	uint64_t offered;

	write32(v->common + COMMON_DEVICE_SELECT, 0);
	offered = read32(v->common + COMMON_DEVICE_FEATURE);
	write32(v->common + COMMON_DEVICE_SELECT, 1);
	offered |= (uint64_t)read32(v->common + COMMON_DEVICE_FEATURE) << 32;
	if (!(offered & FEATURE_VERSION_1))
		return E_UNSUPPORTED;
	*out_accepted = offered & (wanted | FEATURE_VERSION_1);
	write32(v->common + COMMON_DRIVER_SELECT, 0);
	write32(v->common + COMMON_DRIVER_FEATURE, (uint32_t)*out_accepted);
	write32(v->common + COMMON_DRIVER_SELECT, 1);
	write32(v->common + COMMON_DRIVER_FEATURE, (uint32_t)(*out_accepted >> 32));
	write8(v->common + COMMON_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	return read8(v->common + COMMON_STATUS) & STATUS_FEATURES_OK ? OK : E_UNSUPPORTED;
}

status_t virtio_pci_queue(struct virtio_pci *v, uint16_t index, uint16_t size, uint64_t desc,
                          uint64_t avail, uint64_t used, uint16_t vector,
                          volatile uint16_t **out_doorbell)
{
	volatile uint8_t *c = v->common;

	write16(c + COMMON_QUEUE_SELECT, index);
	if (read16(c + COMMON_QUEUE_SIZE) < size)
		return E_UNSUPPORTED;
	write16(c + COMMON_QUEUE_SIZE, size);
	write16(c + COMMON_QUEUE_VECTOR, vector);
	write64(c + COMMON_QUEUE_DESC, desc);
	write64(c + COMMON_QUEUE_AVAIL, avail);
	write64(c + COMMON_QUEUE_USED, used);
	write16(c + COMMON_QUEUE_ENABLE, 1);
	*out_doorbell = (volatile uint16_t *)(v->notify +
	                                      (uint64_t)read16(c + COMMON_QUEUE_NOTIFY_OFF) *
	                                              v->notify_multiplier);
	return read16(c + COMMON_QUEUE_VECTOR) == vector ? OK : E_UNSUPPORTED;
}

void virtio_pci_ready(struct virtio_pci *v)
{
	write8(v->common + COMMON_STATUS,
	       STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

uint64_t virtio_pci_config(const struct virtio_pci *v, uint32_t offset, uint32_t width)
{
	if (offset + width > v->config_bytes)
		return 0;
	if (width == 4)
		return read32(v->config + offset);
	return read32(v->config + offset) | (uint64_t)read32(v->config + offset + 4) << 32;
}
