/* A disk in memory for tests: it can be rolled back, can record, fail and lose power. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/random.h>
#include <distributed-fs/store.h>

/* One thing that reached the disk, in order. A flush has no data. */
struct disk_event {
	uint64_t block;
	uint8_t *data; /* one block, or NULL for a flush */
};

struct disk_undo {
	uint64_t block;
	uint8_t *data;
};

struct disk {
	struct store_ops ops;
	uint8_t *bytes;
	struct random random;
	int64_t now_ns;
	bool is_recording;
	struct disk_event *events;
	size_t event_count;
	size_t event_capacity;
	bool is_journaling; /* keep what is overwritten, for disk_roll_back() */
	struct disk_undo *undo;
	size_t undo_count;
	size_t undo_capacity;
	uint64_t writes_left; /* fails every write after so many */
	uint64_t allocs_left; /* and every allocation */
	uint64_t reads;
	uint64_t writes;
	uint64_t flushes;
	size_t memory_now; /* bytes that the library holds */
	size_t memory_max;
	void *spare; /* one large allocation, kept for the next open */
	size_t spare_bytes;
};

void disk_init(struct disk *disk, uint64_t blocks, uint64_t seed);
void disk_free(struct disk *disk);
uint8_t *disk_block(struct disk *disk, uint64_t block);

/* Writes from here on can be undone, all at once. */
void disk_begin(struct disk *disk);
void disk_roll_back(struct disk *disk);
/* Applies an event, or a random part of its 512-byte sectors. */
void disk_apply(struct disk *disk, const struct disk_event *event);
void disk_apply_torn(struct disk *disk, const struct disk_event *event, struct random *random);

/* Formats with the default layout (or bare), commits and leaves the store open. */
struct store *disk_format(struct disk *disk, bool has_layout);
/* Opens; fails the test when that does not go well. */
struct store *disk_open(struct disk *disk);
/* Runs the checker; prints what it finds. */
uint64_t disk_findings(struct store *store, bool is_silent);
