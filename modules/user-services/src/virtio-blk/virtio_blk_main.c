/*
 * The virtio block driver: one disk, one client, requests in a shared ring (block_ring.h). The client's indices and
 * requests are copied before they are checked. When the ring is opened anew, what the last client had under way
 * runs to its end unseen. On a machine without such a disk every call answers E_NOENT.
 */
#include "common/service.h"
#include "virtio-blk/disk.h"

#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <distributed-fs/block_ipc.h>

#define EVENT_DEVICE 1ul
#define EVENT_SUBMIT 2ul
#define RING_BYTES_MAX (16ul << 20)

struct client {
	struct block_ring *ring; /* null: nobody has opened the disk */
	uint64_t ring_bytes;
	uint32_t submit_head; /* ours; the shared copies are for the client to read */
	uint32_t complete_tail;
	handle_t news;
	uint64_t news_bits;
};

static struct service self;
static struct disk disk;
static struct client client;
static bool is_present;
static uint64_t epoch; /* counts openings: which client a request belongs to */

static uint64_t data_bytes(void)
{
	return client.ring_bytes - BLOCK_RING_DATA;
}

static uint8_t *data_at(const struct block_request *request)
{
	return (uint8_t *)client.ring + BLOCK_RING_DATA + request->data_offset;
}

static void complete(uint64_t cookie, status_t status)
{
	struct block_ring *ring = client.ring;

	ring->complete[client.complete_tail % BLOCK_RING_SLOTS] = (struct block_completion){
		cookie, status, 0};
	client.complete_tail++;
	__atomic_store_n(&ring->complete_tail, client.complete_tail, __ATOMIC_RELEASE);
}

/* Completed requests of an earlier client are dropped: its memory is no longer there. */
static bool take_completions(void)
{
	struct block_request request;
	bool is_any = false;
	status_t status;

	while (disk_complete(&disk, &request, &status, data_at)) {
		if (client.ring && request.reserved == (uint32_t)epoch) {
			complete(request.cookie, status);
			is_any = true;
		}
	}
	return is_any;
}

static bool take_submissions(void)
{
	struct block_ring *ring = client.ring;
	uint32_t tail = __atomic_load_n(&ring->submit_tail, __ATOMIC_ACQUIRE);
	bool is_any = false;
	bool is_kicked = false;

	if (tail - client.submit_head > BLOCK_RING_SLOTS)
		return false; /* nonsense: nothing is lost by waiting for a better index */
	for (; client.submit_head != tail && disk.free_slots > 0; client.submit_head++) {
		struct block_request request =
			*(volatile struct block_request *)&ring
				 ->submit[client.submit_head % BLOCK_RING_SLOTS];
		status_t status = disk_check(&disk, &request, data_bytes());

		request.reserved = (uint32_t)epoch;
		if (status == OK && (request.op != BLOCK_FLUSH || disk.has_flush)) {
			disk_submit(&disk, &request, data_at(&request));
			is_kicked = true;
		} else {
			complete(request.cookie,
			         status); /* wrong, or a flush of a disk that has no cache */
			is_any = true;
		}
	}
	__atomic_store_n(&ring->submit_head, client.submit_head, __ATOMIC_RELEASE);
	if (is_kicked)
		disk_kick(&disk);
	return is_any;
}

static void on_event(struct server *server, uint64_t bits)
{
	bool is_any = take_completions();

	(void)server;
	(void)bits;
	if (client.ring && take_submissions())
		is_any = true;
	if (is_any)
		(void)sys_event_signal(client.news, client.news_bits);
}

static status_t do_info(void *context, uint64_t badge, uint64_t *sectors, uint32_t *sector_bytes,
                        uint32_t *max_sectors, uint32_t *flags)
{
	(void)context;
	(void)badge;
	if (!is_present)
		return E_NOENT;
	*sectors = disk.sectors;
	*sector_bytes = DISK_SECTOR;
	*max_sectors = DISK_BYTES_MAX / DISK_SECTOR;
	*flags = (disk.is_read_only ? 1 : 0) | (disk.has_flush ? 2 : 0);
	return OK;
}

static void forget_client(void)
{
	if (!client.ring)
		return;
	(void)memory_unmap(client.ring, client.ring_bytes);
	(void)sys_handle_close(client.news);
	client = (struct client){0};
}

/* Requests under way for an earlier client must not write into the new one's memory. */
static void finish_all(void)
{
	struct block_request request;
	status_t status;

	while (disk.free_slots < DISK_SLOTS && disk_complete(&disk, &request, &status, data_at))
		;
}

static status_t do_open(void *context, uint64_t badge, handle_t ring, handle_t complete_event,
                        uint64_t complete_bits, handle_t *submit)
{
	struct memory_info info;
	void *at;
	status_t status = sys_memory_info(ring, &info);

	(void)context;
	(void)badge;
	if (!is_present)
		return E_NOENT;
	finish_all();
	if (status == OK && disk.free_slots < DISK_SLOTS)
		status = E_BUSY;
	if (status == OK && (info.bytes <= BLOCK_RING_DATA || info.bytes > RING_BYTES_MAX))
		status = E_INVAL;
	if (status == OK)
		status = memory_map(ring, 0, info.bytes, MAP_READ | MAP_WRITE, &at);
	if (status != OK)
		return status;
	status = sys_handle_derive(self.event, RIGHT_WRITE | RIGHT_TRANSFER, EVENT_SUBMIT, submit);
	if (status != OK) {
		(void)memory_unmap(at, info.bytes);
		return status;
	}
	forget_client();
	(void)sys_handle_close(ring); /* the mapping holds it */
	epoch++;
	client = (struct client){.ring = at,
	                         .ring_bytes = info.bytes,
	                         .news = complete_event,
	                         .news_bits = complete_bits};
	return OK;
}

static const struct block_ops block_ops = {.info = do_info, .open = do_open};

static status_t dispatch(struct service *service, struct ipc_message *m, void *page)
{
	(void)service;
	return block_owns(m) ? block_dispatch(&block_ops, NULL, m, page) : SERVICE_OBJECT;
}

static const struct object_type type = {.name = "block",
                                        .doc = "A virtio disk. Data moves through block.ipc."};

int main(void)
{
	status_t status = service_begin(&self, HANDLE_NONE, on_event, NULL);

	if (status == OK)
		status = disk_begin(&disk, start_handle("device"), self.event, EVENT_DEVICE);
	is_present = status == OK;
	if (status != OK && status != E_NOENT) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	if (is_present)
		log_info("%lu MiB%s", disk.sectors / 2048, disk.is_read_only ? ", read-only" : "");
	else
		log_info("no disk");
	self.dispatch = dispatch;
	return service_run(&self, &type);
}
