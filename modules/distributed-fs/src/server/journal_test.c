/*
 * The journal under kills. Random changes are made and now and then committed; the server is killed at every write and
 * flush that reaches the driver, with any part of what was not flushed done. What the next instance makes of disk
 * and journal must be what was acknowledged, with or without the change under way; repeating that one
 * must then be what it would have been. Kills during the recovery itself are part of it.
 */
#include <base/test.h>

#include "journal.h"
#include "clock.h"
#include "test/disk.h"
#include "test/model.h"

#define BLOCKS 4096u
#define BYTES 16384u /* small: it fills and is begun anew */
#define CHANGES_MAX 400u
#define EVENTS_MAX 40000u

/* --- what the journal takes from the server --- */

static int64_t pretended_ns;
static uint64_t pretended_random;
static struct random dice;
static struct store
	*committing; /* commits now and then before a change, as the store may do by itself */

void clock_pretend(int64_t ns)
{
	if (ns != 0 && committing != NULL && random_below(&dice, 4) == 0)
		(void)!store_commit(committing);
	pretended_ns = ns;
}

void clock_pretend_random(uint64_t word)
{
	pretended_random = word;
}

void clock_stamp(int64_t *now_ns, uint64_t *random)
{
	*now_ns = 1;
	*random = 1;
}

/* --- a machine that can be killed --- */

static struct {
	struct disk disk;
	struct store_ops below; /* the disk's own */
	uint8_t *journal;
	uint8_t *seen[EVENTS_MAX]; /* the journal as each event found it */
} machine;

static void keep_journal(uint8_t **copy)
{
	if (*copy == NULL)
		*copy = malloc(BYTES);
	memcpy(*copy, machine.journal, BYTES);
}

static void look(void)
{
	CHECK(machine.disk.event_count < EVENTS_MAX);
	keep_journal(&machine.seen[machine.disk.event_count]);
}

static status_t do_write(void *context, uint64_t block, uint32_t count, const void *buffer)
{
	for (uint32_t i = 0; i < count; i++) {
		status_t status;

		look();
		status = machine.below.write(context, block + i, 1,
		                             (const uint8_t *)buffer + i * STORE_BLOCK_BYTES);
		if (status != OK)
			return status;
	}
	return OK;
}

static status_t do_flush(void *context)
{
	look();
	return machine.below.flush(context);
}

static int64_t do_now(void *context)
{
	return pretended_ns != 0 ? pretended_ns : machine.below.now(context);
}

static void do_random(void *context, void *buffer, size_t bytes)
{
	if (pretended_random != 0 && bytes == sizeof(pretended_random))
		memcpy(buffer, &pretended_random, bytes);
	else
		machine.below.random(context, buffer, bytes);
}

static void wrap(struct disk *disk)
{
	disk->ops.now = do_now;
	disk->ops.random = do_random;
}

static void machine_begin(uint64_t seed)
{
	disk_init(&machine.disk, BLOCKS, seed);
	machine.disk.is_recording = true;
	machine.below = machine.disk.ops;
	machine.journal = calloc(1, BYTES);
	wrap(&machine.disk);
	machine.disk.ops.write = do_write;
	machine.disk.ops.flush = do_flush;
	journal_begin(machine.journal, BYTES);
}

static struct store *reopen(struct disk *disk)
{
	const struct store_options options = {.keeps_orphans = true};
	struct store *store = NULL;

	CHECK_EQ(store_open(&disk->ops, &options, &store, NULL), OK);
	return store;
}

/* --- random changes --- */

struct act {
	struct change change;
	char first[8], second[8];
	status_t status;
	uint64_t digest;  /* of the store behind it */
	size_t made_by;   /* events there were then */
	uint8_t *journal; /* as it was then */
};

static struct act acts[CHANGES_MAX];

static uint64_t pick(uint64_t below)
{
	return random_below(&dice, below);
}

static void pick_name(char name[8], uint16_t *len)
{
	*len = (uint16_t)snprintf(name, 8, "n%u", (unsigned)pick(12));
}

static uint64_t pick_inode(struct store *store)
{
	char name[8];
	uint16_t len;
	uint64_t inode;

	pick_name(name, &len);
	return store_lookup(store, STORE_ROOT_INODE, name, len, &inode) == OK ? inode
	                                                                      : STORE_ROOT_INODE;
}

static void pick_change(struct store *store, struct act *act, uint64_t number)
{
	struct change *c = &act->change;

	*act = (struct act){.journal = act->journal};
	c->kind = 1 + (uint32_t)pick(CHANGE_RESIZE);
	c->request = number + 1;
	c->now_ns = 1000 + (int64_t)number;
	c->random = number + 7777;
	c->dir = pick(3) ? STORE_ROOT_INODE : pick_inode(store);
	c->to_dir = pick(3) ? STORE_ROOT_INODE : pick_inode(store);
	c->inode = pick_inode(store);
	c->mode = (c->kind == CHANGE_CREATE ? STORE_TYPE_FILE : 0) | (uint32_t)pick(512);
	c->uid = (uint32_t)pick(9);
	c->flags = c->kind == CHANGE_SETATTR ? STORE_SET_MODE | STORE_SET_UID | STORE_SET_MTIME
	                                     : (uint32_t)pick(3);
	c->size = pick(200000);
	pick_name(act->first, &c->first_len);
	pick_name(act->second, &c->second_len);
}

static status_t do_act(struct store *store, struct act *act, bool is_repeated)
{
	struct change_names names = {act->first, act->second};
	struct change change = act->change;
	uint64_t victim = 0;
	status_t status;

	if (change.kind == CHANGE_UNLINK || change.kind == CHANGE_RMDIR)
		(void)!store_lookup(store, change.dir, act->first, change.first_len, &victim);
	if (is_repeated)
		change.request |= JOURNAL_REPEATED;
	status = journal_make(store, &change, &names);
	if (status == OK && victim > STORE_ROOT_INODE && !is_repeated)
		(void)!store_free_orphan(store, victim);
	return status;
}

/* Some content, as write-back would put it there; the pages of this test hold nothing else. */
static void write_some(struct store *store, uint64_t inode)
{
	static uint8_t page[STORE_BLOCK_BYTES];
	struct store_attr attr;
	struct change *write;
	size_t len;

	if (store_getattr(store, inode, &attr) != OK || attr.size < sizeof(page) ||
	    (attr.mode & STORE_TYPE_MASK) != STORE_TYPE_FILE)
		return;
	write = journal_begin_write(store, inode, 0, sizeof(page));
	CHECK(write != NULL);
	CHECK_EQ(store_write(store, inode, 0, page, sizeof(page), &len), OK);
	journal_end_write(store, write, true);
}

static size_t record(unsigned count)
{
	struct store *store = disk_format(&machine.disk, true);
	size_t first;

	store_close(store);
	store = reopen(&machine.disk);
	CHECK(!journal_adopt(store));
	first = machine.disk.event_count;
	for (unsigned i = 0; i < count; i++) {
		pick_change(store, &acts[i], i);
		acts[i].status = do_act(store, &acts[i], false);
		acts[i].digest = store_digest(store);
		acts[i].made_by = machine.disk.event_count;
		keep_journal(&acts[i].journal);
		if (pick(4) == 0)
			write_some(store, acts[i].change.inode);
		if (pick(10) == 0)
			CHECK_EQ(store_commit(store), OK);
	}
	look();
	store_close(store);
	return first;
}

/* --- the next instance --- */

static unsigned failures;

static void on_failure(const struct change *change, status_t status)
{
	(void)change, (void)status;
	failures++;
}

static uint64_t digest_after(unsigned made, uint64_t none)
{
	return made == 0 ? none : acts[made - 1].digest;
}

/* A recovery that is itself killed, before or after a commit; the disk keeps what it had of it. */
static void die_recovering(struct disk *platter)
{
	struct store *store = reopen(platter);

	CHECK(journal_adopt(store));
	platter->writes_left = pick(2) ? pick(40) : UINT64_MAX;
	committing = store;
	(void)!journal_replay(store, on_failure);
	committing = NULL;
	(void)!store_commit(store);
	platter->writes_left = UINT64_MAX;
	store_close(store);
}

/* `made` acts were made and answered, but for the last one if it is `in_doubt`. */
static void recover(struct disk *platter, unsigned made, bool in_doubt, unsigned count,
                    uint64_t none)
{
	bool is_under_way;
	struct store *store;
	uint64_t digest;

	if (pick(3) == 0)
		die_recovering(platter);
	store = reopen(platter);
	CHECK(journal_adopt(store));
	failures = 0;
	CHECK_EQ(journal_replay(store, on_failure), OK);
	CHECK_EQ(failures, 0);
	digest = store_digest(store);
	is_under_way = made < count && digest != digest_after(made, none);
	CHECK(digest == digest_after(made, none) || (is_under_way && digest == acts[made].digest));
	if (in_doubt && acts[made - 1].status == OK) {
		CHECK_EQ(do_act(store, &acts[made - 1], true), OK);
		CHECK_EQ(store_digest(store), digest);
	}
	if (made < count && !is_under_way) {
		CHECK_EQ(do_act(store, &acts[made], true), acts[made].status);
		CHECK_EQ(store_digest(store), acts[made].digest);
	}
	CHECK_EQ(store_reap(store), OK);
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk_findings(store, false), 0);
	journal_settle();
	store_close(store);
}

struct kill {
	size_t flushed, events;
	const uint8_t *journal;
	unsigned made; /* acts that are made */
	bool in_doubt; /* the last of them was not answered */
};

static void kill_at(struct disk *platter, const struct kill *kill, unsigned count, uint64_t none)
{
	uint8_t *journal = malloc(BYTES);
	size_t flushed = kill->flushed, events = kill->events;

	memcpy(journal, kill->journal, BYTES);
	journal_begin(journal, BYTES);
	disk_begin(platter);
	for (size_t i = flushed; i < events; i++) {
		if (pick(4) != 0)
			disk_apply(platter, &machine.disk.events[i]);
	}
	recover(platter, kill->made, kill->in_doubt, count, none);
	disk_roll_back(platter);
	free(journal);
}

/* Brings the platter up to the last flush before `events`. */
static void flush_until(struct disk *platter, size_t *flushed, size_t events)
{
	size_t last = *flushed;

	for (size_t i = *flushed; i < events; i++)
		if (machine.disk.events[i].data == NULL)
			last = i + 1;
	for (; *flushed < last; ++*flushed)
		disk_apply(platter, &machine.disk.events[*flushed]);
}

static uint64_t digest_of(struct disk *platter)
{
	struct store *store = reopen(platter);
	uint64_t digest = store_digest(store);

	store_close(store);
	return digest;
}

static void kill_everywhere(unsigned count)
{
	static struct disk platter;
	size_t first = record(count), flushed = 0;
	unsigned act = 0;
	uint64_t none;

	disk_init(&platter, BLOCKS, 1);
	wrap(&platter);
	flush_until(&platter, &flushed, first);
	none = digest_of(&platter);
	for (size_t events = first; events <= machine.disk.event_count; events++) {
		struct kill kill = {.events = events};

		flush_until(&platter, &flushed, events);
		kill.flushed = flushed;
		for (; act < count && acts[act].made_by == events; act++) {
			kill.journal = acts[act].journal;
			kill.made = act + 1;
			kill.in_doubt = true;
			kill_at(&platter, &kill, count, none);
		}
		kill.journal = machine.seen[events];
		kill.made = act;
		kill.in_doubt = false;
		kill_at(&platter, &kill, count, none);
	}
	disk_free(&platter);
}

static void machine_end(void)
{
	for (size_t i = 0; i < EVENTS_MAX; i++) {
		free(machine.seen[i]);
		machine.seen[i] = NULL;
	}
	for (unsigned i = 0; i < CHANGES_MAX; i++) {
		free(acts[i].journal);
		acts[i].journal = NULL;
	}
	free(machine.journal);
	disk_free(&machine.disk);
}

TEST(what_was_acknowledged_survives_a_kill_at_every_step)
{
	for (unsigned round = 0; round < test_rounds(2); round++) {
		random_seed(&dice, test_seed() + round);
		machine_begin(test_seed() + round);
		kill_everywhere(200);
		machine_end();
	}
}

TEST_MAIN();
