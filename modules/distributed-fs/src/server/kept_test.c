/*
 * The tables that outlive the server: fids come and go at random, and now and then a new instance begins with the
 * memory of the last one, which was killed between any two of its stores.
 */
#include <base/random.h>
#include <base/test.h>

#include "journal.h"
#include "kept.h"
#include "vault.h"

#define BYTES (4u << 20)
#define FIDS 300u
#define STEPS 4000u

static uint8_t *memory;

void journal_begin(void *at, size_t bytes)
{
	CHECK((uint8_t *)at >= memory && (uint8_t *)at + bytes <= memory + BYTES);
}

status_t vault_memory(uint64_t key, uint64_t bytes, handle_t *out, void **out_at)
{
	CHECK(VAULT_KIND(key) == VAULT_NOTES && bytes <= BYTES);
	*out = HANDLE_NONE;
	*out_at = memory;
	return OK;
}

/* What must be there: inode and place by fid, 0 when free. */
static struct {
	uint64_t inode;
	uint32_t place;
} fids[FIDS];
static uint32_t seen;

static bool take(const struct kept_fid *entry, uint32_t place)
{
	CHECK(entry->fid < FIDS && entry->session == entry->fid % KEPT_SESSIONS);
	CHECK_EQ(entry->inode, fids[entry->fid].inode);
	CHECK_EQ(place, fids[entry->fid].place);
	seen++;
	return entry->fid % 7 != 0;
}

/* The next instance finds what there is, and drops some of it. */
static void restart(void)
{
	uint32_t expected = 0;

	for (uint32_t i = 0; i < FIDS; i++)
		expected += fids[i].inode != 0;
	CHECK_EQ(kept_begin(), OK);
	seen = 0;
	kept_fids_each(take);
	CHECK_EQ(seen, expected);
	for (uint32_t i = 0; i < FIDS; i += 7)
		fids[i].inode = 0;
}

TEST(fids_are_found_again)
{
	struct random dice;

	random_seed(&dice, test_seed());
	memory = calloc(1, BYTES);
	restart();
	for (unsigned step = 0; step < STEPS; step++) {
		uint32_t fid = (uint32_t)random_below(&dice, FIDS);

		if (fids[fid].inode != 0) {
			kept_fid_drop(fids[fid].place);
			fids[fid].inode = 0;
		} else {
			fids[fid].inode = 1 + step;
			fids[fid].place = kept_fid_add(fid % KEPT_SESSIONS, fid, 1 + step);
		}
		if (random_below(&dice, 100) == 0)
			restart();
	}
	kept_clear();
	memset(fids, 0, sizeof(fids));
	restart();
	free(memory);
}

/* Killed before the last store of an entry: it is not there. */
TEST(a_half_written_fid_is_none)
{
	uint64_t *word;
	uint32_t place;

	memory = calloc(1, BYTES);
	CHECK_EQ(kept_begin(), OK);
	kept_fids_each(take);
	place = kept_fid_add(1, 1, 99);
	word = (uint64_t *)(memory + BYTES) - 1;
	while (*word != 99 && (uint8_t *)word > memory)
		word--;
	CHECK_EQ(*word, 99);
	*word = 0;
	restart();
	fids[2].inode = 100;
	fids[2].place = kept_fid_add(2, 2, 100);
	CHECK_EQ(fids[2].place, place);
	restart();
	free(memory);
}

TEST_MAIN();
