/*
 * Power cuts. A recorded run gives every write and flush in order. For a cut at each of
 * them the disk may hold everything up to the last flush and any part, in any order and
 * torn in 512-byte sectors, of what came after. Whatever it holds must open, must show
 * exactly a commit (the last one that returned, or one under way), must pass the checker
 * and must go on working.
 */
#include <base/test.h>

#include "test/actor.h"
#include "test/disk.h"

#define BLOCKS 4096u
#define COMMITS_MAX 400u

/* What a commit number looks like, and the event by which it had returned. */
struct history {
	uint64_t digest[COMMITS_MAX];
	size_t returned_at[COMMITS_MAX];
	uint64_t last;
};

struct run {
	struct disk recorded; /* events; its bytes are the end of the run */
	struct disk platter;  /* everything up to the last flush before the cut */
	struct history history;
	struct random random;
};

static uint64_t commit_number(struct store *store)
{
	struct store_statfs fs;

	store_statfs(store, &fs);
	return fs.commit;
}

static void remember(struct run *run, struct store *store)
{
	uint64_t number = commit_number(store);

	CHECK(number < COMMITS_MAX);
	run->history.digest[number] = store_digest(store);
	run->history.returned_at[number] = run->recorded.event_count;
	run->history.last = number;
}

static struct run *run_start(uint64_t seed)
{
	struct run *run = calloc(1, sizeof(*run));

	disk_init(&run->recorded, BLOCKS, seed);
	disk_init(&run->platter, BLOCKS, seed);
	run->recorded.is_recording = true;
	random_seed(&run->random, seed);
	return run;
}

static void run_end(struct run *run)
{
	disk_free(&run->recorded);
	disk_free(&run->platter);
	free(run);
}

/* Random operations with a commit now and then; commits happen only where we make them. */
static void run_record(struct run *run, unsigned int commits, uint64_t seed, size_t write_max)
{
	struct store *store = disk_format(&run->recorded, true);
	struct model *model = calloc(1, sizeof(*model));
	struct actor actor;

	model_init(model);
	actor_init(&actor, store, model, seed);
	actor.write_max = write_max;
	actor.file_max = 100000;
	remember(run, store);
	for (unsigned int i = 0; i < commits; i++) {
		for (uint64_t n = 1 + random_below(&run->random, 12); n > 0; n--)
			actor_step(&actor, true);
		CHECK_EQ(commit_number(store), run->history.last);
		CHECK_EQ(store_commit(store), OK);
		remember(run, store);
	}
	store_close(store);
	actor_free(&actor);
	model_free(model);
	free(model);
}

/* The number of the last commit that had returned after `events` events; 0 if none. */
static uint64_t returned_by(const struct run *run, size_t events)
{
	uint64_t number = run->history.last;

	while (number > 0 && run->history.returned_at[number] > events)
		number--;
	return number;
}

/* Goes on with a store that survived: one more change, one more commit. */
static void use(struct store *store)
{
	struct store_new how = {.mode = STORE_TYPE_FILE | 0600};
	uint64_t inode;
	size_t len;

	CHECK_EQ(store_create(store, STORE_ROOT_INODE, "after the cut", 13, &how, &inode), OK);
	CHECK_EQ(store_write(store, inode, 0, "fine", 4, &len), OK);
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk_findings(store, false), 0);
}

static void judge(struct run *run, size_t events, bool goes_on)
{
	uint64_t returned = returned_by(run, events);
	struct store *store;
	struct store_message message;
	uint64_t number;
	status_t status = store_open(&run->platter.ops, NULL, &store, &message);

	if (returned == 0 && status == E_BLANK)
		return;
	if (status != OK)
		printf("  cut at event %zu: %d %s\n", events, status, message.text);
	CHECK_EQ(status, OK);
	number = commit_number(store);
	CHECK(number >= returned && number <= returned + 1 && number <= run->history.last);
	CHECK_EQ(store_digest(store), run->history.digest[number]);
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk_findings(store, false), 0);
	if (goes_on)
		use(store);
	store_close(store);
}

/* Cuts after `events` events: flushed ones are on the platter, the rest partly. */
static void cut(struct run *run, size_t flushed, size_t events, bool is_ordered)
{
	disk_begin(&run->platter);
	for (size_t i = flushed; i < events; i++) {
		const struct disk_event *event = &run->recorded.events[i];
		uint64_t fate = is_ordered ? 0 : random_below(&run->random, 4);

		if (fate == 0 || fate == 1)
			disk_apply(&run->platter, event);
		else if (fate == 2)
			disk_apply_torn(&run->platter, event, &run->random);
	}
	judge(run, events, random_below(&run->random, 8) == 0);
	disk_roll_back(&run->platter);
}

/* Moves the platter on to the flush at or before event `events`. */
static size_t settle(struct run *run, size_t flushed, size_t events)
{
	size_t last = flushed;

	for (size_t i = flushed; i < events; i++)
		if (run->recorded.events[i].data == NULL)
			last = i + 1;
	for (size_t i = flushed; i < last; i++)
		disk_apply(&run->platter, &run->recorded.events[i]);
	return last;
}

static void cut_everywhere(struct run *run, unsigned int shuffles)
{
	size_t flushed = 0;

	for (size_t events = 0; events <= run->recorded.event_count; events++) {
		flushed = settle(run, flushed, events);
		cut(run, flushed, events, true);
		for (unsigned int i = 0; i < shuffles; i++)
			cut(run, flushed, events, false);
	}
}

TEST(format_is_whole_or_blank)
{
	struct run *run = run_start(test_seed());
	struct store *store = disk_format(&run->recorded, true);

	remember(run, store);
	store_close(store);
	cut_everywhere(run, test_rounds(20));
	run_end(run);
}

TEST(every_cut_leaves_a_commit)
{
	struct run *run = run_start(test_seed());

	run_record(run, 60, test_seed(), 20000);
	cut_everywhere(run, 2);
	run_end(run);
}

TEST(every_cut_leaves_a_commit_of_small_changes)
{
	struct run *run = run_start(test_seed() + 1);

	run_record(run, test_rounds(100) < 390 ? 100 : 390, test_seed() + 1, 100);
	cut_everywhere(run, 2);
	run_end(run);
}

/* Old contents below a format are not mistaken for anything. */
TEST(format_over_an_old_store)
{
	struct run *run = run_start(test_seed() + 2);
	struct store_format_options options = {.may_overwrite = true};
	struct store *store = disk_format(&run->platter, true);
	size_t flushed = 0;

	store_close(store);
	memcpy(run->recorded.bytes, run->platter.bytes, (size_t)BLOCKS * STORE_BLOCK_BYTES);
	CHECK_EQ(store_format(&run->recorded.ops, &options, &store, NULL), OK);
	CHECK_EQ(store_commit(store), OK);
	remember(run, store);
	store_close(store);
	for (size_t events = 0; events <= run->recorded.event_count; events++) {
		status_t status;

		flushed = settle(run, flushed, events);
		status = store_open(&run->platter.ops, NULL, &store, NULL);
		if (status == OK)
			store_close(store);
		else
			CHECK(status == E_BLANK || status == E_FOREIGN);
	}
	CHECK_EQ(returned_by(run, run->recorded.event_count), 1);
	run_end(run);
}

TEST_MAIN();
