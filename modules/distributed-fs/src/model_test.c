/*
 * The store against the model: long seeded sequences of random operations, with commits
 * and reopenings in between. After each the store must look like the model and the
 * checker must find nothing.
 */
#include <base/test.h>

#include "test/actor.h"
#include "test/disk.h"

struct trial {
	struct disk disk;
	struct model model;
	struct actor actor;
};

static struct trial *trial_start(uint64_t blocks, uint64_t seed)
{
	struct trial *trial = calloc(1, sizeof(*trial));

	disk_init(&trial->disk, blocks, seed);
	model_init(&trial->model);
	actor_init(&trial->actor, disk_format(&trial->disk, false), &trial->model, seed);
	return trial;
}

static void trial_end(struct trial *trial)
{
	store_close(trial->actor.store);
	actor_free(&trial->actor);
	model_free(&trial->model);
	disk_free(&trial->disk);
	free(trial);
}

static void compare(struct trial *trial)
{
	CHECK(store_digest(trial->actor.store) == model_digest(&trial->model));
}

static void commit_and_check(struct trial *trial)
{
	CHECK_EQ(store_commit(trial->actor.store), OK);
	compare(trial);
	CHECK_EQ(disk_findings(trial->actor.store, false), 0);
}

static void reopen(struct trial *trial)
{
	CHECK_EQ(store_commit(trial->actor.store), OK);
	store_close(trial->actor.store);
	trial->actor.store = disk_open(&trial->disk);
	actor_forget_refs(&trial->actor);
	CHECK_EQ(store_commit(trial->actor.store), OK);
	compare(trial);
	CHECK_EQ(disk_findings(trial->actor.store, false), 0);
}

static void run_trial(uint64_t seed, unsigned int steps)
{
	struct trial *trial = trial_start(32768, seed);

	for (unsigned int i = 1; i <= steps; i++) {
		actor_step(&trial->actor, true);
		if (i % 150 == 0)
			commit_and_check(trial);
		if (i % 700 == 0)
			reopen(trial);
	}
	reopen(trial);
	trial_end(trial);
}

TEST(random_operations_match_the_model)
{
	for (unsigned int i = 0; i < test_rounds(6); i++)
		run_trial(test_seed() * 1000 + i, 2500);
}

/* Nothing but names: directories grow and shrink, nodes split and merge all the time. */
TEST(random_names_match_the_model)
{
	struct trial *trial = trial_start(8192, test_seed());

	trial->actor.write_max = 10;
	for (unsigned int i = 1; i <= test_rounds(8000); i++) {
		actor_step(&trial->actor, true);
		if (i % 1000 == 0)
			commit_and_check(trial);
	}
	reopen(trial);
	trial_end(trial);
}

TEST_MAIN();
