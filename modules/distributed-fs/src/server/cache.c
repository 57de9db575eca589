/*
 * Page caches. The kernel asks here (IPC_OP_PAGE_REQUEST) for pages that are absent and for leave to write
 * clean ones:
 *
 *	absent --read, supply--> clean --reserve space, permit--> dirty --write-back--> clean --evict--> absent
 *
 * Pages are read into a staging object and moved from there. A file that is read in order is read ahead, in
 * windows that double; one written in order gets leave for several pages at once.
 *
 * The count of pages is kept high rather than exact: each supply adds, and cache_trim counts anew. When the
 * limit is passed, the files used least recently lose their clean pages first.
 */
#include "cache.h"
#include "files.h"
#include "memory_disk.h"
#include "vault.h"
#include "writeback.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/wire.h>

#define STAGING_PAGES 32u
#define STAGING_BYTES (STAGING_PAGES * PAGE_SIZE)
#define WINDOW_FIRST 4u
#define WRITE_AHEAD_PAGES 8u
#define LIMIT_PART 2u /* of the pages that we may have */
#define LIMIT_MIN 64u
#define NODE_PAGES 2u /* what a cached file costs besides its pages */
#define CACHED_FILES_MAX 4000u
#define LOW_MEMORY_PART 32u /* of the machine's pages: with fewer free, we give some back */
#define LOW_MEMORY_PAGES 256u
#define RIGHTS_PAGES (RIGHT_READ | RIGHT_MAP | RIGHT_EXECUTE | RIGHT_DERIVE | RIGHT_TRANSFER)

static handle_t staging_memory;
static uint8_t *staging;
static struct list recent = LIST_INIT(recent); /* nodes with pages, the latest used last */
static uint32_t cached_files, files_limit = CACHED_FILES_MAX;
static uint64_t pages, limit;

uint64_t cache_pages(void)
{
	return pages;
}

uint64_t cache_limit(void)
{
	return limit;
}

/* What a dead instance left is ours to use. */
static uint64_t kept_pages(void)
{
	struct domain_info info;

	return sys_domain_info(vault_domain(), &info) == OK ? info.pages_used : 0;
}

status_t cache_begin(void)
{
	struct domain_info domain;
	struct system_info system;
	void *at;
	status_t status = memory_new(STAGING_BYTES, &staging_memory, &at);

	if (status == OK)
		status = sys_domain_info(own_domain(), &domain);
	if (status == OK)
		status = sys_system_info(&system);
	if (status != OK)
		return status;
	staging = at;
	limit = MIN(domain.limits.pages - domain.pages_used, system.pages_free + kept_pages()) /
	        LIMIT_PART;
	if (fs.is_memory)
		limit /= 2; /* the other half is the store */
	limit = MAX(limit, (uint64_t)LIMIT_MIN);
	return OK;
}

static void give_back(void);

/* --- opening and closing --- */

static void mark_used(struct vnode *node)
{
	list_remove(&node->recent);
	list_push_back(&recent, &node->recent);
}

static status_t make_memory(struct vnode *node)
{
	handle_t pager;
	status_t status = files_handle(BADGE_CACHE, vnode_inode(node), RIGHT_CALL, &pager);

	if (status != OK)
		return status;
	status = sys_memory_create_paged(pager, vault_domain(), node->size, &node->memory);
	(void)sys_handle_close(pager);
	if (status != OK)
		return status;
	status = vault_put(node->memory, VAULT_KEY(VAULT_CACHE, vnode_inode(node)), &node->kept);
	if (status != OK) {
		(void)sys_handle_close(node->memory);
		node->memory = HANDLE_NONE;
		return status;
	}
	cached_files++;
	pages += NODE_PAGES;
	return OK;
}

status_t cache_open(struct vnode *node, bool is_writable, handle_t *out)
{
	status_t status = cache_make(node);

	if (status != OK)
		return status;
	return sys_handle_derive(node->memory, RIGHTS_PAGES | (is_writable ? RIGHT_WRITE : 0), 0,
	                         out);
}

status_t cache_make(struct vnode *node)
{
	status_t status = handle_is_none(node->memory) ? make_memory(node) : OK;

	if (status != OK)
		return status;
	mark_used(node);
	cache_trim();
	return OK;
}

void cache_close(struct vnode *node)
{
	writeback_forget(node);
	if (handle_is_none(node->memory))
		return;
	vault_remove(node->kept);
	node->kept = 0;
	(void)sys_handle_revoke(node->memory);
	(void)sys_memory_resize(node->memory, 0);
	(void)sys_handle_close(node->memory);
	node->memory = HANDLE_NONE;
	list_remove(&node->recent);
	cached_files--;
}

bool cache_is_mapped(const struct vnode *node)
{
	struct memory_info info;

	return !handle_is_none(node->memory) && sys_memory_info(node->memory, &info) == OK &&
	       info.mappings > 0;
}

/* --- reading --- */

static bool is_present(const struct vnode *node, uint64_t offset)
{
	uint64_t word;

	return sys_memory_read(node->memory, offset, &word, sizeof(word)) == OK;
}

static uint64_t end_of_pages(const struct vnode *node)
{
	return align_up(node->size, PAGE_SIZE);
}

/* How much to read at offset: more each time when reads follow one another. */
static uint64_t choose_window(struct vnode *node, uint64_t offset)
{
	bool is_sequential = offset == node->next_read;
	uint32_t window = is_sequential ? MIN(node->window_pages * 2, STAGING_PAGES) : 1;
	uint64_t bytes;

	if (offset == 0 || (is_sequential && window < WINDOW_FIRST))
		window = MAX(window, WINDOW_FIRST);
	node->window_pages = window;
	bytes = MIN(window * PAGE_SIZE, end_of_pages(node) - offset);
	node->next_read = offset + bytes;
	return bytes;
}

static status_t supply(struct vnode *node, uint64_t offset, uint64_t bytes)
{
	status_t status = sys_memory_supply(node->memory, offset, staging_memory, 0, bytes);

	pages += bytes / PAGE_SIZE;
	return status;
}

/* Touching a page that the machine does not have would be our end: asked for like this it is an error. */
static status_t have_staging(uint64_t bytes)
{
	status_t status = OK;
	uint64_t word;

	for (uint64_t at = 0; status == OK && at < bytes; at += PAGE_SIZE)
		status = sys_memory_read(staging_memory, at, &word, sizeof(word));
	return status;
}

static status_t read_pages(struct vnode *node, uint64_t offset, uint64_t bytes)
{
	size_t len = 0;
	status_t status = have_staging(bytes);

	if (status == OK)
		status = store_read(fs.store, vnode_inode(node), offset, staging, bytes, &len);
	if (status == E_NOMEM)
		return status;
	if (status != OK) {
		log_error("inode %lu at %lu cannot be read: %s", vnode_inode(node), offset,
		          status_name(status));
		return E_IO;
	}
	if (len < bytes)
		memset(staging + len, 0, bytes - len);
	return supply(node, offset, bytes);
}

/* --- page requests --- */

static status_t permit(struct vnode *node, uint64_t offset)
{
	uint64_t end = offset + PAGE_SIZE;
	status_t status = writeback_reserve(node, offset);

	if (status != OK)
		return status;
	if (offset == node->next_write) {
		/* Written in order: the pages that follow and are here already will be next. */
		uint64_t stop = MIN(end + (WRITE_AHEAD_PAGES - 1) * PAGE_SIZE, end_of_pages(node));

		while (end < stop && is_present(node, end) && writeback_reserve(node, end) == OK)
			end += PAGE_SIZE;
	}
	node->next_write = end;
	return writeback_permit(node, offset, end - offset);
}

static status_t page_request(struct vnode *node, uint64_t offset, uint64_t access)
{
	status_t status = OK;

	if (!is_aligned(offset, PAGE_SIZE) || offset >= end_of_pages(node))
		return E_RANGE;
	mark_used(node);
	if (!is_present(node, offset)) {
		give_back();
		cache_trim();
		status = read_pages(node, offset, choose_window(node, offset));
	}
	if (status == OK && (access & MAP_WRITE) != 0)
		status = permit(node, offset);
	return status;
}

status_t cache_dispatch(uint64_t value, struct ipc_message *m)
{
	struct vnode *node = vnode_find(value);
	status_t status = E_STALE;

	if (ipc_tag_op(m->tag) != IPC_OP_PAGE_REQUEST)
		return ipc_dispatch_end(m, E_UNSUPPORTED);
	if (node != NULL && !handle_is_none(node->memory)) {
		node->references++; /* its mapping may be gone by now: it stays until we are done */
		status = page_request(node, m->words[0], m->words[2]);
		vnode_put(node);
	}
	ipc_set_status(m, status);
	return OK;
}

/* --- copying --- */

/* Pages are asked for when the kernel says that they are absent, or clean. */
static status_t copy_part(struct vnode *node, uint64_t offset, uint8_t *buffer, uint64_t bytes,
                          uint32_t access)
{
	bool is_write = access == MAP_WRITE;

	for (unsigned attempt = 0;; attempt++) {
		status_t status = is_write ? sys_memory_write(node->memory, offset, buffer, bytes)
		                           : sys_memory_read(node->memory, offset, buffer, bytes);

		if (status != E_AGAIN || attempt == 2)
			return status;
		status = page_request(node, align_down(offset, PAGE_SIZE), access);
		if (status != OK)
			return status;
	}
}

static status_t copy(struct vnode *node, uint64_t offset, uint8_t *buffer, size_t bytes,
                     uint32_t access)
{
	status_t status = OK;

	while (status == OK && bytes > 0) {
		uint64_t part = MIN((uint64_t)bytes, PAGE_SIZE - offset % PAGE_SIZE);

		status = copy_part(node, offset, buffer, part, access);
		offset += part;
		buffer += part;
		bytes -= part;
	}
	return status;
}

status_t cache_read(struct vnode *node, uint64_t offset, void *buffer, size_t bytes)
{
	return copy(node, offset, buffer, bytes, MAP_READ);
}

status_t cache_write(struct vnode *node, uint64_t offset, const void *buffer, size_t bytes)
{
	return copy(node, offset, (uint8_t *)(uintptr_t)buffer, bytes, MAP_WRITE);
}

/* --- sizes --- */

/* Zeroes the page that holds byte `size` from there on, if it is here and not zero already. */
static status_t zero_tail(struct vnode *node, uint64_t size)
{
	static uint8_t tail[PAGE_SIZE];
	static const uint8_t zero[PAGE_SIZE];
	uint64_t within = size % PAGE_SIZE, bytes = PAGE_SIZE - within;
	status_t status;

	if (within == 0 || sys_memory_read(node->memory, size, tail, bytes) != OK ||
	    memcmp(tail, zero, bytes) == 0)
		return OK;
	status = writeback_reserve(node, size - within);
	if (status == OK)
		status = writeback_permit(node, size - within, PAGE_SIZE);
	return status == OK ? sys_memory_write(node->memory, size, zero, bytes) : status;
}

status_t cache_resize(struct vnode *node, uint64_t size)
{
	uint64_t old = node->size;
	status_t status = OK;

	node->size = size;
	if (handle_is_none(node->memory))
		return OK;
	if (align_up(size, PAGE_SIZE) != align_up(old, PAGE_SIZE))
		status = sys_memory_resize(node->memory, size);
	return status == OK && size < old ? zero_tail(node, size) : status;
}

status_t cache_zero_behind_end(struct vnode *node)
{
	return handle_is_none(node->memory) ? OK : zero_tail(node, node->size);
}

/* --- adopting --- */

status_t cache_adopt(uint64_t inode, handle_t memory, uint64_t number)
{
	struct memory_info info;
	struct vnode *node;
	status_t status = sys_memory_info(memory, &info);

	if (status == OK)
		status = vnode_get_unused(inode, &node);
	if (status != OK)
		return status;
	if (node->type != STORE_TYPE_FILE || !handle_is_none(node->memory))
		return E_EXIST;
	if (info.bytes != end_of_pages(node))
		status = sys_memory_resize(memory, node->size);
	if (status != OK)
		return status;
	node->memory = memory;
	node->kept = number;
	cached_files++;
	pages += NODE_PAGES + info.resident_pages;
	mark_used(node);
	if (info.dirty_pages > 0)
		writeback_adopt(node);
	return OK;
}

void cache_dirty_again(uint64_t inode, uint64_t offset, uint64_t bytes)
{
	struct vnode *node = vnode_find(inode);

	if (node == NULL || handle_is_none(node->memory) || offset >= end_of_pages(node))
		return;
	bytes = MIN(bytes, end_of_pages(node) - offset);
	if (sys_memory_permit(node->memory, offset, bytes) == OK)
		writeback_adopt(node);
}

/* The size may have changed, and what lies behind it not become zero any more. */
void cache_adopted(void)
{
	struct list *at;

	list_for_each (at, &recent) {
		struct vnode *node = list_entry(at, struct vnode, recent);

		if (zero_tail(node, node->size) != OK)
			log_warn("inode %lu: what lies behind its end stays", vnode_inode(node));
	}
}

/* --- eviction --- */

static uint64_t resident(const struct vnode *node)
{
	struct memory_info info;

	return sys_memory_info(node->memory, &info) == OK ? info.resident_pages : 0;
}

static bool is_unused(const struct vnode *node)
{
	return node->references == 0 && !cache_is_mapped(node);
}

static void evict(struct vnode *node)
{
	uint64_t dropped;

	if (list_is_linked(&node->dirty))
		return; /* it cannot be written now */
	if (is_unused(node))
		vnode_drop_unused(node);
	else
		(void)sys_memory_evict(node->memory, 0, end_of_pages(node), &dropped);
}

static void count_pages(void)
{
	struct list *at;

	pages = 0;
	list_for_each (at, &recent)
		pages += resident(list_entry(at, struct vnode, recent)) + NODE_PAGES;
}

static void trim_to(uint64_t target, uint32_t files_target)
{
	struct list *at, *next;

	count_pages();
	if (pages <= target && cached_files <= files_target)
		return;
	(void)writeback_sync_all(); /* pages that only the open transaction has are not to be had again */
	list_for_each_safe (at, next, &recent) {
		struct vnode *node = list_entry(at, struct vnode, recent);
		uint64_t here = resident(node) + NODE_PAGES;

		if (pages <= target && cached_files <= files_target)
			break;
		if (pages <= target && !is_unused(node))
			continue; /* it would lose its pages and stay */
		evict(node);
		pages -= MIN(here, pages);
	}
	count_pages();
}

/* A quarter below the limit, so that it is not needed again at once; above it as far as files are in use. */
void cache_trim(void)
{
	if (pages <= limit && cached_files <= files_limit)
		return;
	trim_to(limit - limit / 4, CACHED_FILES_MAX * 3 / 4);
	files_limit = MAX(CACHED_FILES_MAX, cached_files + cached_files / 8);
}

/* The rest of the machine needs memory too, and so do we, to go on: the store's nodes and our own tables. */
static void give_back(void)
{
	struct system_info info;
	uint64_t low;

	if (sys_system_info(&info) != OK)
		return;
	low = MAX(info.pages_total / LOW_MEMORY_PART, (uint64_t)LOW_MEMORY_PAGES);
	if (info.pages_free < low)
		trim_to(pages - MIN(pages, 2 * low - info.pages_free), UINT32_MAX);
}
