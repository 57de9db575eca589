/*
 * The block ring's client side. Reads wait for their data. Writes are copied into the ring's data area and
 * left to the driver; a flush waits for all of them, and the first that failed is reported there or by the
 * next write. The driver may complete in any order, so a request waits for earlier writes to its blocks.
 *
 *	slot:  FREE --fill--> BUSY --completion--> FREE
 *
 * A driver that died completes nothing more. When its successor runs (init signals EVENT_RESTARTED), the
 * ring is offered anew and every BUSY slot submitted again: the data is still in the data area, and a write
 * done twice is the same write.
 */
#include "disk.h"
#include "files.h"
#include "vault.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <distributed-fs/block_ipc.h>
#include <distributed-fs/block_ring.h>

#define SLOTS 16u
#define SECTOR 512u
#define SECTORS_PER_BLOCK (STORE_BLOCK_BYTES / SECTOR)
#define SLOT_BYTES_MAX 65536u
#define KICK_AT 8u /* unsubmitted writes */
#define ANSWER_MS 2000
#define WAIT_NS (2 * NS_PER_S)
#define START_PATIENCE_MS 5000
#define RING_BYTES (BLOCK_RING_DATA + SLOTS * SLOT_BYTES_MAX)

struct slot {
	bool is_busy;
	bool is_read;
	status_t status;
	struct block_request request;
};

static struct {
	handle_t port, memory, submit;
	struct block_ring *ring;
	uint32_t submit_tail, complete_head; /* ours; what the ring says is only for the driver */
	uint32_t unkicked;
	uint32_t slot_bytes;
	uint64_t sectors;
	status_t write_error;
	bool is_dead; /* nobody will ever answer */
	struct slot slots[SLOTS];
} disk;

static uint8_t *slot_data(unsigned slot)
{
	return (uint8_t *)disk.ring + BLOCK_RING_DATA + slot * disk.slot_bytes;
}

/* --- the ring --- */

static void submit(unsigned slot)
{
	disk.ring->submit[disk.submit_tail % BLOCK_RING_SLOTS] = disk.slots[slot].request;
	disk.submit_tail++;
	__atomic_store_n(&disk.ring->submit_tail, disk.submit_tail, __ATOMIC_RELEASE);
	disk.unkicked++;
}

static void kick(void)
{
	if (disk.unkicked > 0 && !handle_is_none(disk.submit))
		(void)sys_event_signal(disk.submit, UINT64_MAX); /* its badge says which bits */
	disk.unkicked = 0;
}

static void take_completion(const struct block_completion *from)
{
	struct block_completion c = *from;
	struct slot *slot = &disk.slots[c.cookie % SLOTS];

	if (c.cookie >= SLOTS || !slot->is_busy)
		return;
	slot->is_busy = false;
	slot->status = c.status == 0 ? OK : E_IO;
	if (slot->status != OK && !slot->is_read && disk.write_error == OK)
		disk.write_error = E_IO;
}

static bool take_completions(void)
{
	uint32_t tail = __atomic_load_n(&disk.ring->complete_tail, __ATOMIC_ACQUIRE);
	bool is_any = false;

	if (tail - disk.complete_head > BLOCK_RING_SLOTS)
		return false;
	for (; disk.complete_head != tail; disk.complete_head++) {
		take_completion(&disk.ring->complete[disk.complete_head % BLOCK_RING_SLOTS]);
		is_any = true;
	}
	__atomic_store_n(&disk.ring->complete_head, disk.complete_head, __ATOMIC_RELEASE);
	return is_any;
}

static status_t offer_ring(uint64_t patience_ms)
{
	handle_t memory, event;
	status_t status = sys_handle_derive(
		disk.memory, RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_DERIVE, 0, &memory);

	if (status != OK)
		return status;
	status = sys_handle_derive(fs.event, RIGHT_WRITE | RIGHT_DERIVE, 0, &event);
	if (status == OK) {
		memset(disk.ring, 0, sizeof(*disk.ring));
		disk.submit_tail = disk.complete_head = disk.unkicked = 0;
		ipc_close(disk.submit);
		disk.submit = HANDLE_NONE;
		status = block_open_until(disk.port, deadline_in_ms(patience_ms), memory, event,
		                          EVENT_DISK, &disk.submit);
		(void)sys_handle_close(event);
	}
	(void)sys_handle_close(memory);
	return status;
}

/* Nothing will come any more: whoever waits is told so. */
static void give_up(void)
{
	log_error("the disk's driver is gone for good");
	disk.is_dead = true;
	disk.write_error = E_IO;
	for (unsigned i = 0; i < SLOTS; i++) {
		disk.slots[i].is_busy = false;
		disk.slots[i].status = E_IO;
	}
}

/* The event by which we wake the driver is its own, and gone with it. */
static bool is_driver_alive(void)
{
	return !handle_is_none(disk.submit) && sys_event_signal(disk.submit, UINT64_MAX) == OK;
}

/* The news may be of another service: a driver that lives keeps the ring it has. */
void disk_restarted(void)
{
	status_t status;

	if (disk.ring == NULL || disk.is_dead || is_driver_alive())
		return;
	(void)take_completions();
	status = offer_ring(ANSWER_MS);
	if (status == E_GONE)
		give_up();
	if (status != OK) {
		log_warn("the disk's driver does not take the ring: %s", status_name(status));
		return;
	}
	for (unsigned i = 0; i < SLOTS; i++) {
		if (disk.slots[i].is_busy)
			submit(i);
	}
	kick();
}

/* Somebody must tell us that the driver is dead, should the news have been missed or the new one been too slow. */
static void look_after_driver(void)
{
	uint64_t sectors;
	status_t status = block_info_until(disk.port, deadline_in_ms(ANSWER_MS), &sectors, NULL,
	                                   NULL, NULL);

	if (status == E_GONE)
		give_up();
	else if (status != OK)
		log_warn("the disk does not answer: %s", status_name(status));
	else
		disk_restarted();
}

/* Until at least one request was completed, or all were given up. */
static void wait_some(void)
{
	uint64_t bits = 0;

	kick();
	while (!disk.is_dead && !take_completions()) {
		status_t status = event_await(fs.event, EVENT_DISK | EVENT_RESTARTED, WAIT_NS,
		                              &bits);

		if (status == OK && (bits & EVENT_RESTARTED) != 0)
			disk_restarted();
		else if (status == E_TIMEOUT && !take_completions())
			look_after_driver();
		else if (status == E_TIMEOUT)
			return;
	}
}

/* --- requests --- */

static bool overlaps(const struct slot *slot, uint64_t sector, uint64_t sectors)
{
	uint64_t first = slot->request.sector, count = slot->request.bytes / SECTOR;

	return slot->is_busy && first < sector + sectors && sector < first + count;
}

/* Waits for earlier requests that touch these sectors, then for a free slot. */
static unsigned take_slot(uint64_t sector, uint64_t sectors)
{
	for (;;) {
		unsigned free_slot = SLOTS;
		bool is_busy = false;

		(void)take_completions();
		for (unsigned i = 0; i < SLOTS; i++) {
			is_busy |= overlaps(&disk.slots[i], sector, sectors);
			if (!disk.slots[i].is_busy && free_slot == SLOTS)
				free_slot = i;
		}
		if (!is_busy && free_slot < SLOTS)
			return free_slot;
		wait_some();
	}
}

static void fill_slot(unsigned slot, uint32_t op, uint64_t sector, uint32_t bytes)
{
	disk.slots[slot] = (struct slot){
		.is_busy = true,
		.is_read = op == BLOCK_READ,
		.request = {.cookie = slot,
	                    .sector = sector,
	                    .data_offset = slot * disk.slot_bytes,
	                    .bytes = bytes,
	                    .op = op},
	};
}

/* Reads of one call that are under way. */
struct pieces {
	uint32_t count;
	unsigned slot[SLOTS];
	uint8_t *to[SLOTS];
};

static status_t finish_reads(struct pieces *pieces)
{
	status_t status = OK;

	for (uint32_t i = 0; i < pieces->count; i++) {
		struct slot *slot = &disk.slots[pieces->slot[i]];

		while (slot->is_busy)
			wait_some();
		if (slot->status != OK)
			status = slot->status;
		else
			memcpy(pieces->to[i], slot_data(pieces->slot[i]), slot->request.bytes);
	}
	pieces->count = 0;
	return status;
}

static bool is_in_range(uint64_t block, uint32_t count)
{
	uint64_t blocks = disk.sectors / SECTORS_PER_BLOCK;

	return block <= blocks && count <= blocks - block;
}

static status_t do_read(void *context, uint64_t block, uint32_t count, void *buffer)
{
	struct pieces pieces = {.count = 0};
	uint64_t sector = block * SECTORS_PER_BLOCK;
	uint64_t left = (uint64_t)count * STORE_BLOCK_BYTES;
	status_t status = is_in_range(block, count) ? OK : E_RANGE;
	uint8_t *to = buffer;

	(void)context;
	while (status == OK && left > 0 && !disk.is_dead) {
		uint32_t part = (uint32_t)MIN(left, (uint64_t)disk.slot_bytes);
		unsigned slot;

		if (pieces.count == SLOTS / 2)
			status = finish_reads(&pieces);
		slot = take_slot(sector, part / SECTOR);
		fill_slot(slot, BLOCK_READ, sector, part);
		submit(slot);
		pieces.slot[pieces.count] = slot;
		pieces.to[pieces.count++] = to;
		to += part;
		left -= part;
		sector += part / SECTOR;
	}
	if (disk.is_dead)
		return E_IO;
	return pieces.count > 0 ? (finish_reads(&pieces) == OK ? status : E_IO) : status;
}

static status_t do_write(void *context, uint64_t block, uint32_t count, const void *buffer)
{
	uint64_t sector = block * SECTORS_PER_BLOCK;
	uint64_t left = (uint64_t)count * STORE_BLOCK_BYTES;
	const uint8_t *from = buffer;

	(void)context;
	if (!is_in_range(block, count))
		return E_RANGE;
	while (left > 0 && !disk.is_dead) {
		uint32_t part = (uint32_t)MIN(left, (uint64_t)disk.slot_bytes);
		unsigned slot = take_slot(sector, part / SECTOR);

		memcpy(slot_data(slot), from, part);
		fill_slot(slot, BLOCK_WRITE, sector, part);
		submit(slot);
		if (disk.unkicked >= KICK_AT)
			kick();
		from += part;
		left -= part;
		sector += part / SECTOR;
	}
	return disk.write_error;
}

static void wait_for_writes(void)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		while (disk.slots[i].is_busy)
			wait_some();
	}
}

static status_t do_flush(void *context)
{
	unsigned slot;

	(void)context;
	wait_for_writes();
	if (disk.write_error != OK)
		return disk.write_error;
	slot = take_slot(0, 0);
	fill_slot(slot, BLOCK_FLUSH, 0, 0);
	submit(slot);
	while (disk.slots[slot].is_busy)
		wait_some();
	return disk.slots[slot].status == OK ? disk.write_error : disk.slots[slot].status;
}

/* --- beginning --- */

/* The vault pays for it: the driver may have it mapped when we are no more. */
static status_t make_ring(void)
{
	void *at = NULL;
	status_t status = OK;

	if (disk.ring == NULL)
		status = sys_memory_create(vault_domain(), RING_BYTES, 0, &disk.memory);
	if (status == OK && disk.ring == NULL) {
		status = memory_map(disk.memory, 0, RING_BYTES, MAP_READ | MAP_WRITE, &at);
		disk.ring = at;
	}
	return status == OK ? offer_ring(START_PATIENCE_MS) : status;
}

status_t disk_begin(struct store_ops *ops, bool *out_read_only)
{
	uint32_t sector_bytes, max_sectors, flags;
	status_t status;

	disk.port = start_handle("disk");
	if (handle_is_none(disk.port))
		return E_NOENT;
	status = block_info_until(disk.port, deadline_in_ms(START_PATIENCE_MS), &disk.sectors,
	                          &sector_bytes, &max_sectors, &flags);
	if (status != OK)
		return status;
	disk.slot_bytes = (uint32_t)align_down(
		MIN((uint64_t)max_sectors * SECTOR, (uint64_t)SLOT_BYTES_MAX), STORE_BLOCK_BYTES);
	if (sector_bytes != SECTOR || disk.slot_bytes == 0)
		return E_UNSUPPORTED;
	ops->blocks = disk.sectors / SECTORS_PER_BLOCK;
	ops->read = do_read;
	ops->write = do_write;
	ops->flush = do_flush;
	*out_read_only = (flags & 1) != 0;
	return make_ring();
}
