/*
 * Write-back. A dirty page is made clean first (write-protected) and then copied, so that a write in
 * between makes it dirty again and is not lost. The copy goes to the store, which commits everything at
 * once; that is what sync waits for, and what the timer does within a second of a change.
 *
 * Writing back must not look like a change: the store is given the file's own times as "now".
 *
 * Space for dirty pages that lie in holes is promised when they become dirty. While the promises would not
 * be met any more, pages are written out, which turns promises into blocks; what is refused, is refused
 * before the page is written.
 */
#include "writeback.h"
#include "cache.h"
#include "clock.h"
#include "files.h"
#include "generations.h"
#include "journal.h"
#include "memory_disk.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/time.h>

#define DELAY_MS 700
#define COPY_PAGES 32u
#define RANGES 16u
#define SLACK_BLOCKS 32u /* tree nodes that writing takes besides */
#define SLACK_PART 32u
#define DIRTY_MAX 8192u /* permits before pages are written out early */
#define DIRTY_PART 4u   /* of the cache, should that be less */

static handle_t timer;
static bool is_armed;
static struct list dirty_nodes = LIST_INIT(dirty_nodes);
static uint64_t reserved; /* sum over the nodes */
static uint64_t permits;  /* since the last write-back of everything */
static uint8_t copy[COPY_PAGES * PAGE_SIZE];

uint64_t writeback_reserved(void)
{
	return reserved;
}

status_t writeback_begin(void)
{
	return sys_timer_create(fs.event, EVENT_TIMER, &timer);
}

static bool has_work(void)
{
	return !list_is_empty(&dirty_nodes) || store_is_dirty(fs.store) || vnode_has_lingering();
}

void writeback_schedule(void)
{
	if (is_armed || fs.is_read_only || !has_work())
		return;
	is_armed = sys_timer_set(timer, deadline_in_ms(DELAY_MS), 0) == OK;
}

/* --- one file --- */

static void release(struct vnode *node)
{
	reserved -= node->reserved;
	node->reserved = 0;
}

void writeback_forget(struct vnode *node)
{
	release(node);
	list_remove(&node->dirty);
}

status_t writeback_note_time(struct vnode *node)
{
	static const struct change_names none = {"", ""};
	struct change change = {.kind = CHANGE_SETATTR,
	                        .inode = vnode_inode(node),
	                        .flags = STORE_SET_MTIME,
	                        .mtime_ns = node->written_ns,
	                        .now_ns = node->written_ns,
	                        .random = 1};
	status_t status;

	if (node->written_ns == 0)
		return OK;
	status = journal_make(fs.store, &change, &none);
	if (status == OK)
		node->written_ns = 0;
	return status;
}

/* One stretch of dirty pages, at most as long as the copy. */
static status_t write_range(struct vnode *node, uint64_t offset, uint64_t bytes)
{
	uint64_t end = MIN(offset + bytes, node->size);
	struct change *write = journal_begin_write(fs.store, vnode_inode(node), offset, bytes);
	status_t status = write != NULL ? sys_memory_clean(node->memory, offset, bytes) : E_ROFS;

	if (status == OK && end > offset)
		status = sys_memory_read(node->memory, offset, copy, end - offset);
	if (status == OK && end > offset)
		status = store_write_all(fs.store, vnode_inode(node), offset, copy, end - offset);
	if (status != OK)
		(void)sys_memory_permit(node->memory, offset, bytes);
	if (write != NULL)
		journal_end_write(fs.store, write, status == OK);
	return status;
}

static status_t write_ranges(struct vnode *node, const struct memory_range *ranges, uint64_t count)
{
	status_t status = OK;

	for (uint64_t i = 0; i < count && status == OK; i++) {
		for (uint64_t at = 0; at < ranges[i].bytes && status == OK; at += sizeof(copy))
			status = write_range(node, ranges[i].offset + at,
			                     MIN(ranges[i].bytes - at, sizeof(copy)));
	}
	return status;
}

static status_t write_pages(struct vnode *node)
{
	struct memory_range ranges[RANGES];
	uint64_t count = 0;
	status_t status;

	do {
		status = sys_memory_dirty(node->memory, node->dirty_from, ranges, RANGES, &count);
		if (status == OK)
			status = write_ranges(node, ranges, count);
	} while (status == OK && count > 0);
	return status;
}

/* The times as they are now survive the writing. */
static status_t write_quietly(struct vnode *node)
{
	struct store_attr attr;
	status_t status = writeback_note_time(node);

	if (status == OK)
		status = store_getattr(fs.store, vnode_inode(node), &attr);
	if (status != OK)
		return status;
	clock_pretend(attr.ctime_ns);
	status = write_pages(node);
	if (status == OK && attr.mtime_ns != attr.ctime_ns)
		status = store_setattr(fs.store, vnode_inode(node), STORE_SET_MTIME, &attr);
	clock_pretend(0);
	generations_raise(vnode_inode(node)); /* promises have become blocks */
	return status;
}

void writeback_vnode(struct vnode *node)
{
	status_t status;

	if (!list_is_linked(&node->dirty))
		return;
	status = write_quietly(node);
	if (status == OK) {
		writeback_forget(node);
		return;
	}
	if (status != node->error)
		log_warn("inode %lu cannot be written: %s", vnode_inode(node), status_name(status));
	node->error = status;
}

/* --- space --- */

static uint64_t available(void)
{
	struct store_statfs space;

	store_statfs(fs.store, &space);
	return space.available;
}

static bool has_space_for(uint64_t blocks)
{
	uint64_t wanted = reserved + blocks;

	wanted += wanted / SLACK_PART + SLACK_BLOCKS;
	if (fs.is_memory && !memory_disk_has_room(wanted))
		return false;
	return wanted <= available();
}

static void write_all_nodes(void)
{
	struct list *at, *next;

	list_for_each_safe (at, next, &dirty_nodes)
		writeback_vnode(list_entry(at, struct vnode, dirty));
	permits = 0;
}

void writeback_make_room(void)
{
	if (has_space_for(SLACK_BLOCKS))
		return;
	vnode_sweep();
	if (reserved > 0)
		write_all_nodes();
}

static bool is_hole(const struct vnode *node, uint64_t offset)
{
	uint64_t found = offset;
	status_t status = store_next_data(fs.store, vnode_inode(node), &found);

	return status == E_NOENT || (status == OK && found >= offset + PAGE_SIZE);
}

static status_t promise(struct vnode *node)
{
	if (!has_space_for(1)) {
		vnode_sweep();
		write_all_nodes();
		if (store_commit(fs.store) != OK)
			return E_ROFS;
	}
	if (!has_space_for(1))
		return E_NOSPC;
	node->reserved++;
	reserved++;
	return OK;
}

status_t writeback_reserve(struct vnode *node, uint64_t offset)
{
	status_t status = OK;

	if (fs.is_read_only)
		return E_ROFS;
	if (++permits > MIN(cache_limit() / DIRTY_PART, (uint64_t)DIRTY_MAX))
		write_all_nodes();
	if (is_hole(node, offset))
		status = promise(node);
	return status;
}

static void note_dirty(struct vnode *node, uint64_t offset)
{
	if (list_is_linked(&node->dirty)) {
		node->dirty_from = MIN(node->dirty_from, offset);
		return;
	}
	node->dirty_from = offset;
	list_push_back(&dirty_nodes, &node->dirty);
}

void writeback_adopt(struct vnode *node)
{
	note_dirty(node, 0);
}

status_t writeback_permit(struct vnode *node, uint64_t offset, uint64_t bytes)
{
	node->written_ns = clock_now();
	note_dirty(node, offset);
	generations_raise(vnode_inode(node));
	return sys_memory_permit(node->memory, offset, bytes);
}

/* --- durable --- */

static status_t commit(void)
{
	status_t status = store_commit(fs.store);

	if (status == OK || fs.is_read_only)
		return status;
	fs.is_read_only = true;
	string_copy(fs.reason, "a commit failed: read-only until the next start",
	            sizeof(fs.reason));
	log_error("the store cannot be written any more: %s; it is read-only until the next start",
	          status_name(status));
	return status;
}

static status_t take_error(struct vnode *node)
{
	status_t status = node->error;

	node->error = OK;
	return status;
}

status_t writeback_sync(struct vnode *node)
{
	status_t status;

	writeback_vnode(node);
	status = commit();
	return node->error != OK ? take_error(node) : status;
}

status_t writeback_sync_all(void)
{
	status_t status = OK;
	struct list *at;

	write_all_nodes();
	list_for_each (at, &dirty_nodes)
		status = list_entry(at, struct vnode, dirty)->error;
	return commit() == OK ? status : E_IO;
}

void writeback_tick(void)
{
	is_armed = false;
	vnode_sweep();
	(void)writeback_sync_all();
	writeback_schedule();
}
