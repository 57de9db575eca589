/*
 * The test disk. Recorded events let a power-cut test rebuild every state the platters
 * could be in; the journal lets it throw away what a trial did without copying the disk.
 */
#include "disk.h"

#include <base/test.h>

#define SPARE_MIN 500000u /* the node cache: opening thousands of times, mapping it costs most */

static void *op_alloc(void *context, size_t bytes)
{
	struct disk *disk = context;

	if (disk->allocs_left == 0)
		return NULL;
	disk->allocs_left--;
	disk->memory_now += bytes;
	if (disk->memory_now > disk->memory_max)
		disk->memory_max = disk->memory_now;
	if (disk->spare != NULL && disk->spare_bytes == bytes) {
		void *memory = disk->spare;

		disk->spare = NULL;
		return memory;
	}
	return malloc(bytes);
}

static void op_free(void *context, void *memory, size_t bytes)
{
	struct disk *disk = context;

	disk->memory_now -= bytes;
	if (bytes >= SPARE_MIN && disk->spare == NULL) {
		disk->spare = memory;
		disk->spare_bytes = bytes;
		return;
	}
	free(memory);
}

uint8_t *disk_block(struct disk *disk, uint64_t block)
{
	return disk->bytes + block * STORE_BLOCK_BYTES;
}

static status_t op_read(void *context, uint64_t block, uint32_t count, void *buffer)
{
	struct disk *disk = context;

	if (block >= disk->ops.blocks || count > disk->ops.blocks - block)
		return E_IO;
	disk->reads += count;
	memcpy(buffer, disk_block(disk, block), (size_t)count * STORE_BLOCK_BYTES);
	return OK;
}

static uint8_t *copy_block(const void *from)
{
	uint8_t *copy = malloc(STORE_BLOCK_BYTES);

	memcpy(copy, from, STORE_BLOCK_BYTES);
	return copy;
}

static void record(struct disk *disk, uint64_t block, const void *data)
{
	if (disk->event_count == disk->event_capacity) {
		disk->event_capacity = disk->event_capacity * 2 + 256;
		disk->events = realloc(disk->events, disk->event_capacity * sizeof(*disk->events));
	}
	disk->events[disk->event_count++] = (struct disk_event){
		block, data != NULL ? copy_block(data) : NULL};
}

static void keep(struct disk *disk, uint64_t block)
{
	if (!disk->is_journaling)
		return;
	if (disk->undo_count == disk->undo_capacity) {
		disk->undo_capacity = disk->undo_capacity * 2 + 256;
		disk->undo = realloc(disk->undo, disk->undo_capacity * sizeof(*disk->undo));
	}
	disk->undo[disk->undo_count++] = (struct disk_undo){block,
	                                                    copy_block(disk_block(disk, block))};
}

static status_t op_write(void *context, uint64_t block, uint32_t count, const void *buffer)
{
	struct disk *disk = context;
	const uint8_t *from = buffer;

	CHECK(block < disk->ops.blocks && count <= disk->ops.blocks - block);
	for (uint32_t i = 0; i < count; i++, from += STORE_BLOCK_BYTES) {
		if (disk->writes_left == 0)
			return E_IO;
		disk->writes_left--;
		disk->writes++;
		if (disk->is_recording)
			record(disk, block + i, from);
		keep(disk, block + i);
		memcpy(disk_block(disk, block + i), from, STORE_BLOCK_BYTES);
	}
	return OK;
}

static status_t op_flush(void *context)
{
	struct disk *disk = context;

	disk->flushes++;
	if (disk->is_recording)
		record(disk, 0, NULL);
	return OK;
}

static int64_t op_now(void *context)
{
	struct disk *disk = context;

	return disk->now_ns += 1000;
}

static void op_random(void *context, void *buffer, size_t bytes)
{
	struct disk *disk = context;
	uint8_t *to = buffer;

	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)random_next(&disk->random);
}

void disk_init(struct disk *disk, uint64_t blocks, uint64_t seed)
{
	memset(disk, 0, sizeof(*disk));
	disk->ops = (struct store_ops){.context = disk,
	                               .blocks = blocks,
	                               .alloc = op_alloc,
	                               .free = op_free,
	                               .read = op_read,
	                               .write = op_write,
	                               .flush = op_flush,
	                               .now = op_now,
	                               .random = op_random};
	disk->bytes = calloc(blocks, STORE_BLOCK_BYTES);
	disk->now_ns = 1700000000000000000;
	disk->writes_left = UINT64_MAX;
	disk->allocs_left = UINT64_MAX;
	random_seed(&disk->random, seed);
}

void disk_free(struct disk *disk)
{
	for (size_t i = 0; i < disk->event_count; i++)
		free(disk->events[i].data);
	free(disk->events);
	for (size_t i = 0; i < disk->undo_count; i++)
		free(disk->undo[i].data);
	free(disk->undo);
	free(disk->spare);
	free(disk->bytes);
	CHECK_EQ(disk->memory_now, 0);
}

void disk_begin(struct disk *disk)
{
	disk->is_journaling = true;
}

void disk_roll_back(struct disk *disk)
{
	while (disk->undo_count > 0) {
		struct disk_undo *undo = &disk->undo[--disk->undo_count];

		memcpy(disk_block(disk, undo->block), undo->data, STORE_BLOCK_BYTES);
		free(undo->data);
	}
	disk->is_journaling = false;
}

void disk_apply(struct disk *disk, const struct disk_event *event)
{
	if (event->data == NULL)
		return;
	keep(disk, event->block);
	memcpy(disk_block(disk, event->block), event->data, STORE_BLOCK_BYTES);
}

void disk_apply_torn(struct disk *disk, const struct disk_event *event, struct random *random)
{
	uint8_t sectors = (uint8_t)random_next(random);

	if (event->data == NULL)
		return;
	keep(disk, event->block);
	for (unsigned int i = 0; i < 8; i++)
		if ((sectors >> i & 1) != 0)
			memcpy(disk_block(disk, event->block) + i * 512, event->data + i * 512,
			       512);
}

struct store *disk_format(struct disk *disk, bool has_layout)
{
	struct store_format_options options = {.blocks = 0};
	struct store *store;

	CHECK_EQ(store_format(&disk->ops, &options, &store, NULL), OK);
	if (has_layout)
		CHECK_EQ(store_layout_default(store), OK);
	CHECK_EQ(store_commit(store), OK);
	return store;
}

struct store *disk_open(struct disk *disk)
{
	struct store_message message;
	struct store *store;
	status_t status = store_open(&disk->ops, NULL, &store, &message);

	if (status != OK || message.text[0] != '\0')
		printf("  open: %d %s\n", status, message.text);
	CHECK_EQ(status, OK);
	CHECK_EQ(message.text[0], 0);
	return store;
}

static void print_finding(void *context, const char *text)
{
	(void)context;
	printf("  fsck: %s\n", text);
}

uint64_t disk_findings(struct store *store, bool is_silent)
{
	struct store_check check = {.finding = is_silent ? NULL : print_finding};

	CHECK_EQ(store_check(store, &check), OK);
	return check.findings;
}
