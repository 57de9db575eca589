/*
 * The kept memory is one object, made of zeros when it is first asked for: the journal, the sessions, the fids. Free
 * places for fids are known only to us; a new instance finds them by looking at all that were ever in use.
 */
#include "kept.h"
#include "journal.h"
#include "vault.h"

#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>

struct kept {
	uint8_t journal[JOURNAL_BYTES];
	struct kept_session sessions[KEPT_SESSIONS];
	uint32_t fids_used; /* places that were ever in use */
	uint32_t reserved;
	struct kept_fid fids[KEPT_FIDS];
};

static struct kept *kept;
static uint32_t free_places[KEPT_FIDS], free_count;

status_t kept_begin(void)
{
	handle_t memory;
	void *at;
	status_t status = vault_memory(VAULT_KEY(VAULT_NOTES, 0), sizeof(*kept), &memory, &at);

	if (status != OK)
		return status;
	kept = at;
	free_count = 0;
	journal_begin(kept->journal, sizeof(kept->journal));
	return OK;
}

void kept_clear(void)
{
	for (uint32_t i = 0; i < KEPT_SESSIONS; i++)
		kept->sessions[i].number = 0;
	for (uint32_t i = 0; i < MIN(kept->fids_used, KEPT_FIDS); i++)
		kept->fids[i].inode = 0;
	kept->fids_used = free_count = 0;
}

struct kept_session *kept_sessions(void)
{
	return kept->sessions;
}

/* There is a place for every fid that may exist (FIDS_TOTAL_MAX). */
uint32_t kept_fid_add(uint32_t session, uint32_t fid, uint64_t inode)
{
	uint32_t place;
	struct kept_fid *entry;

	if (free_count == 0) {
		ASSERT(kept->fids_used < KEPT_FIDS);
		__atomic_store_n(&kept->fids_used, kept->fids_used + 1, __ATOMIC_SEQ_CST);
		free_places[free_count++] = kept->fids_used - 1;
	}
	place = free_places[--free_count];
	entry = &kept->fids[place];
	entry->session = session;
	entry->fid = fid;
	__atomic_store_n(&entry->inode, inode, __ATOMIC_SEQ_CST);
	return place;
}

void kept_fid_drop(uint32_t place)
{
	__atomic_store_n(&kept->fids[place].inode, 0, __ATOMIC_SEQ_CST);
	free_places[free_count++] = place;
}

void kept_fids_each(bool (*each)(const struct kept_fid *entry, uint32_t place))
{
	for (uint32_t i = MIN(kept->fids_used, KEPT_FIDS); i-- > 0;) {
		const struct kept_fid *entry = &kept->fids[i];

		if (entry->inode == 0 || entry->session >= KEPT_SESSIONS || !each(entry, i))
			kept_fid_drop(i);
	}
}
