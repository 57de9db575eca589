/*
 * The block device's queue. The DMA area is laid out as
 *
 *	0       descriptors, 16 bytes each
 *	1024    available ring
 *	2048    used ring
 *	4096    a header of 16 bytes and a status byte per slot
 *	8192    a buffer per slot
 *
 * A slot owns three descriptors: header, data, status. Everything the device writes is taken as hostile: an index
 * that is out of range or not under way is ignored.
 */
#include "virtio-blk/disk.h"

#include <base/assert.h>
#include <base/string.h>
#include <libanon/memory.h>
#include <user-services/device_ipc.h>

#define QUEUE_SIZE 64u
#define AVAIL_AT 1024u
#define USED_AT 2048u
#define HEADERS_AT 4096u
#define STATES_AT (HEADERS_AT + DISK_SLOTS * 16u)
#define BUFFERS_AT 8192u
#define DMA_BYTES (BUFFERS_AT + DISK_SLOTS * DISK_BYTES_MAX)

#define DESC_NEXT 1u
#define DESC_WRITE 2u /* by the device */
#define TYPE_IN 0u
#define TYPE_OUT 1u
#define TYPE_FLUSH 4u
#define STATE_OK 0u
#define STATE_PENDING 0xffu
#define FEATURE_READ_ONLY (1ull << 5)
#define FEATURE_FLUSH (1ull << 9)

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};
struct header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};
struct used_element {
	uint32_t id;
	uint32_t bytes;
};
struct available {
	uint16_t flags;
	uint16_t index;
	uint16_t ring[QUEUE_SIZE];
};
struct used {
	uint16_t flags;
	uint16_t index;
	struct used_element ring[QUEUE_SIZE];
};
STATIC_ASSERT(sizeof(struct descriptor) == 16 &&
              QUEUE_SIZE * sizeof(struct descriptor) <= AVAIL_AT);
STATIC_ASSERT(AVAIL_AT + sizeof(struct available) <= USED_AT &&
              USED_AT + sizeof(struct used) <= HEADERS_AT);
STATIC_ASSERT(DISK_SLOTS * 3 <= QUEUE_SIZE && STATES_AT + DISK_SLOTS <= BUFFERS_AT);

static struct available *available_of(struct disk *disk)
{
	return (struct available *)(disk->dma + AVAIL_AT);
}

static const volatile struct used *used_of(const struct disk *disk)
{
	return (const volatile struct used *)(disk->dma + USED_AT);
}

static uint8_t *buffer_of(struct disk *disk, unsigned slot)
{
	return disk->dma + BUFFERS_AT + slot * DISK_BYTES_MAX;
}

static status_t make_dma(struct disk *disk)
{
	handle_t memory;
	void *at;
	status_t status = device_dma(disk->pci.device, DMA_BYTES, &memory);

	if (status == OK)
		status = sys_memory_physical(memory, 0, &disk->dma_physical);
	if (status == OK)
		status = memory_map(memory, 0, DMA_BYTES, MAP_READ | MAP_WRITE, &at);
	if (status == OK)
		disk->dma = at;
	return status;
}

static status_t set_up_queue(struct disk *disk, handle_t event, uint64_t bits)
{
	handle_t line;
	status_t status = device_interrupt(disk->pci.device, 0, event, bits, &line);

	if (status == OK)
		status = virtio_pci_queue(&disk->pci, 0, QUEUE_SIZE, disk->dma_physical,
		                          disk->dma_physical + AVAIL_AT,
		                          disk->dma_physical + USED_AT, 0, &disk->doorbell);
	if (status == OK)
		status = device_master(disk->pci.device, 1);
	return status;
}

status_t disk_begin(struct disk *disk, handle_t device, handle_t event, uint64_t bits)
{
	uint64_t features;
	status_t status;

	*disk = (struct disk){.free_slots = DISK_SLOTS};
	status = virtio_pci_begin(&disk->pci, device);
	if (status == OK)
		status = virtio_pci_features(&disk->pci, FEATURE_READ_ONLY | FEATURE_FLUSH,
		                             &features);
	if (status == OK)
		status = make_dma(disk);
	if (status == OK)
		status = set_up_queue(disk, event, bits);
	if (status != OK)
		return status;
	disk->sectors = virtio_pci_config(&disk->pci, 0, 8);
	disk->is_read_only = features & FEATURE_READ_ONLY;
	disk->has_flush = features & FEATURE_FLUSH;
	virtio_pci_ready(&disk->pci);
	return OK;
}

status_t disk_check(const struct disk *disk, const struct block_request *request,
                    uint64_t data_bytes)
{
	uint64_t sectors = request->bytes / DISK_SECTOR;

	if (request->op == BLOCK_FLUSH)
		return OK;
	if (request->op != BLOCK_READ && request->op != BLOCK_WRITE)
		return E_INVAL;
	if (request->op == BLOCK_WRITE && disk->is_read_only)
		return E_ROFS;
	if (request->bytes == 0 || request->bytes % DISK_SECTOR || request->bytes > DISK_BYTES_MAX)
		return E_INVAL;
	if (request->data_offset > data_bytes || request->bytes > data_bytes - request->data_offset)
		return E_INVAL;
	return request->sector > disk->sectors || sectors > disk->sectors - request->sector
	               ? E_RANGE
	               : OK;
}

static unsigned take_slot(struct disk *disk)
{
	unsigned slot = 0;

	while (disk->slots[slot].is_used)
		slot++;
	disk->slots[slot].is_used = true;
	disk->free_slots--;
	return slot;
}

static void put_header(struct disk *disk, unsigned slot, const struct block_request *request)
{
	static const uint32_t types[] = {
		[BLOCK_READ] = TYPE_IN, [BLOCK_WRITE] = TYPE_OUT, [BLOCK_FLUSH] = TYPE_FLUSH};
	struct header *header = (struct header *)(disk->dma + HEADERS_AT) + slot;

	*header = (struct header){.type = types[request->op],
	                          .sector = request->op == BLOCK_FLUSH ? 0 : request->sector};
	disk->dma[STATES_AT + slot] = STATE_PENDING;
}

static void put_descriptors(struct disk *disk, unsigned slot, const struct block_request *request)
{
	struct descriptor *d = (struct descriptor *)disk->dma + slot * 3;
	uint16_t first = (uint16_t)(slot * 3);
	bool has_data = request->op != BLOCK_FLUSH;

	d[0] = (struct descriptor){disk->dma_physical + HEADERS_AT + slot * sizeof(struct header),
	                           sizeof(struct header), DESC_NEXT,
	                           (uint16_t)(has_data ? first + 1 : first + 2)};
	d[1] = (struct descriptor){
		disk->dma_physical + BUFFERS_AT + slot * DISK_BYTES_MAX, request->bytes,
		(uint16_t)(DESC_NEXT | (request->op == BLOCK_READ ? DESC_WRITE : 0)),
		(uint16_t)(first + 2)};
	d[2] = (struct descriptor){disk->dma_physical + STATES_AT + slot, 1, DESC_WRITE, 0};
}

bool disk_submit(struct disk *disk, const struct block_request *request, const uint8_t *data)
{
	struct available *available = available_of(disk);
	unsigned slot;

	if (disk->free_slots == 0)
		return false;
	slot = take_slot(disk);
	disk->slots[slot].request = *request;
	if (request->op == BLOCK_WRITE)
		memcpy(buffer_of(disk, slot), data, request->bytes);
	put_header(disk, slot, request);
	put_descriptors(disk, slot, request);
	available->ring[disk->avail_next % QUEUE_SIZE] = (uint16_t)(slot * 3);
	disk->avail_next++;
	__atomic_store_n(&available->index, disk->avail_next, __ATOMIC_RELEASE);
	return true;
}

void disk_kick(struct disk *disk)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*disk->doorbell = 0;
}

bool disk_complete(struct disk *disk, struct block_request *out, status_t *out_status,
                   uint8_t *(*data_of)(const struct block_request *))
{
	const volatile struct used *used = used_of(disk);

	while (disk->used_next != __atomic_load_n(&used->index, __ATOMIC_ACQUIRE)) {
		uint32_t slot = used->ring[disk->used_next % QUEUE_SIZE].id / 3;

		disk->used_next++;
		if (slot >= DISK_SLOTS || !disk->slots[slot].is_used)
			continue;
		*out = disk->slots[slot].request;
		*out_status = disk->dma[STATES_AT + slot] == STATE_OK ? OK : E_IO;
		if (out->op == BLOCK_READ && *out_status == OK)
			memcpy(data_of(out), buffer_of(disk, slot), out->bytes);
		disk->slots[slot].is_used = false;
		disk->free_slots++;
		return true;
	}
	return false;
}
