/*
 * What a dead instance leaves is made whole before the first request is answered:
 *
 *   1. changes that the last commit does not have are made again (journal.c)
 *   2. the caches are adopted: their pages are the clients' all the time, and dirty ones are there
 *   3. pages that were clean only because an uncommitted write had them become dirty again
 *   4. sessions and fids are adopted: clients go on with those that they have
 *   5. everything is written and committed; what nobody holds any more is freed
 *
 * Each step may be killed and is then done again. Should what is left behind kill its heirs, too, it is given up.
 */
#include "recover.h"
#include "cache.h"
#include "files.h"
#include "journal.h"
#include "kept.h"
#include "session.h"
#include "vault.h"
#include "vnode.h"
#include "writeback.h"

#include <libanon/log.h>

#define ATTEMPTS_MAX 16u

static uint32_t adopted_files, adopted_fids;
static status_t shortage; /* why something could not be adopted that is good, or OK */

static void on_failure(const struct change *change, status_t status)
{
	log_error("change %u of inode %lu, directory %lu cannot be made again: %s", change->kind,
	          change->inode, change->dir, status_name(status));
}

/* --- adopting --- */

/* Whether there was too little of something, rather than no use for what was to be adopted. */
static bool is_short(status_t status)
{
	if (status != E_NOMEM && status != E_LIMIT)
		return false;
	shortage = status;
	return true;
}

static void forget_cache(handle_t memory, uint64_t number)
{
	(void)sys_memory_resize(memory, 0); /* whoever maps it finds nothing */
	vault_remove(number);
}

static void adopt_cache(handle_t memory, uint64_t key, uint64_t number)
{
	status_t status = E_UNSUPPORTED;

	if (VAULT_KIND(key) == VAULT_CACHE) {
		status = cache_adopt(VAULT_VALUE(key), memory, number);
		if (status == OK) {
			adopted_files++;
			return;
		}
		if (!is_short(status))
			forget_cache(memory, number);
	}
	(void)sys_handle_close(memory);
}

static bool adopt_fid(const struct kept_fid *entry, uint32_t place)
{
	status_t status = session_adopt_fid(entry, place);

	adopted_fids += status == OK;
	return status == OK || is_short(status);
}

static void dirty_again(void)
{
	uint64_t at = 0;
	const struct change *write;

	while ((write = journal_next_write(&at)) != NULL)
		cache_dirty_again(write->inode, write->offset, write->size);
}

static void reap(void)
{
	status_t status = fs.is_read_only ? OK : store_reap(fs.store);

	if (status != OK)
		log_warn("some blocks of deleted files could not be freed: %s",
		         status_name(status));
}

/* --- the two ways to begin --- */

static void drop_cache(handle_t memory, uint64_t key, uint64_t number)
{
	if (VAULT_KIND(key) == VAULT_CACHE)
		forget_cache(memory, number);
	(void)sys_handle_close(memory);
}

static void begin_afresh(void)
{
	vault_each(drop_cache);
	kept_clear();
	reap();
}

static status_t adopt_all(void)
{
	vault_each(adopt_cache);
	dirty_again();
	if (!is_short(session_adopt_all()))
		kept_fids_each(adopt_fid);
	return shortage;
}

static status_t take_over(void)
{
	status_t status = journal_replay(fs.store, on_failure);

	if (status == OK)
		status = adopt_all();
	if (status != OK)
		return status;
	cache_adopted();
	status = writeback_sync_all();
	vnode_drop_all_unused();
	reap();
	if (!store_is_dirty(fs.store) || store_commit(fs.store) == OK)
		journal_settle();
	log_info("took over %u files and %u fids: %s", adopted_files, adopted_fids,
	         status_name(status));
	return OK;
}

status_t recover(void)
{
	status_t status;

	if (!journal_adopt(fs.store)) {
		begin_afresh();
		return OK;
	}
	if (journal_attempts() > ATTEMPTS_MAX) {
		log_error("what the last file server left cannot be taken over: it is lost");
		journal_settle();
		begin_afresh();
		return OK;
	}
	status = take_over();
	if (status != OK)
		log_error("cannot take over from the last file server: %s", status_name(status));
	return status;
}
