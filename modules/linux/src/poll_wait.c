/*
 * A table of wait entries that grows by blocks, since an entry's address must not change while it is queued.
 * Each entry holds its file, so that the queue it is on stays.
 */
#include "poll_wait.h"
#include "file.h"
#include <libanon/heap.h>

#define BLOCK_ENTRIES 16

struct poll_block {
	struct poll_block *next;
	unsigned used;
	struct {
		struct wait_entry entry;
		struct file *file;
	} slots[BLOCK_ENTRIES];
};

static void add(struct poll_table *table, struct wait_queue *queue, uint32_t events)
{
	struct poll_wait *wait = (struct poll_wait *)table;
	struct poll_block *block = wait->blocks;
	if (!block || block->used == BLOCK_ENTRIES) {
		block = heap_zalloc(sizeof(*block));
		if (!block) {
			wait->has_failed = true;
			return;
		}
		block->next = wait->blocks;
		wait->blocks = block;
	}
	unsigned at = block->used++;
	file_get(wait->file);
	block->slots[at].file = wait->file;
	wait_add_events(queue, &block->slots[at].entry, wait->task, events);
}

void poll_wait_begin(struct poll_wait *wait, struct task *task)
{
	*wait = (struct poll_wait){.table.add = add, .task = task};
}

void poll_wait_end(struct poll_wait *wait)
{
	struct poll_block *block = wait->blocks;
	while (block) {
		struct poll_block *next = block->next;
		for (unsigned i = 0; i < block->used; i++) {
			wait_remove(&block->slots[i].entry);
			file_put(block->slots[i].file);
		}
		heap_free(block);
		block = next;
	}
}

uint32_t poll_wait_ask(struct poll_wait *wait, struct file *file, uint32_t events,
                       bool is_registering)
{
	wait->file = file;
	return file_poll(file, is_registering ? &wait->table : NULL) & (events | POLLERR | POLLHUP);
}
