/*
 * The heap on a page source that counts, can refuse, and checks that pages given back were mapped. Random
 * allocations are checked for overlap by their contents.
 */
#include <sys/wait.h>
#include <unistd.h>
#include <base/assert.h>
#include <base/random.h>
#include <base/test.h>
#include <libanon/heap.h>
#include <libanon/mutex.h>
#include "heap_pages.h"

static size_t pages_left = 1 << 20; /* that the source will still give */
static size_t pages_there;

#define KEPT_PAGES 64 /* that the heap does not give back */

void mutex_lock(struct mutex *mutex)
{
	CHECK(mutex->word == 0);
	mutex->word = 1;
}

void mutex_unlock(struct mutex *mutex)
{
	mutex->word = 0;
}

void *heap_source_map(size_t bytes)
{
	void *pages;

	if (pages_left == 0)
		return NULL;
	pages = aligned_alloc(HEAP_PAGE, bytes);
	return pages ? memset(pages, 0, bytes) : NULL;
}

void heap_source_unmap(void *pages, size_t bytes)
{
	(void)bytes;
	free(pages);
}

bool heap_source_touch(void *pages, size_t bytes)
{
	if (pages_left < bytes / HEAP_PAGE)
		return false;
	for (size_t i = 0; i < bytes; i++)
		CHECK_EQ(((char *)pages)[i], 0);
	pages_left -= bytes / HEAP_PAGE;
	pages_there += bytes / HEAP_PAGE;
	return true;
}

void heap_source_discard(void *pages, size_t bytes)
{
	memset(pages, 0, bytes);
	pages_left += bytes / HEAP_PAGE;
	pages_there -= bytes / HEAP_PAGE;
}

static size_t blocks_now(void)
{
	struct heap_statistics now;

	heap_statistics(&now);
	return now.blocks;
}

#define BLOCKS 400

struct held {
	unsigned char *at;
	size_t bytes;
	unsigned char mark;
};

static size_t random_size(struct random *random)
{
	switch (random_below(random, 8)) {
	case 0: return random_below(random, 200000);
	case 1: return random_below(random, 20000);
	default: return random_below(random, 2100);
	}
}

static void check_held(const struct held *held)
{
	for (size_t i = 0; i < held->bytes; i++)
		CHECK(held->at[i] == held->mark);
}

static void hold(struct held *held, struct random *random)
{
	held->bytes = random_size(random);
	held->mark = (unsigned char)random_next(random);
	held->at = random_below(random, 2) ? heap_alloc(held->bytes) : heap_zalloc(held->bytes);
	CHECK(held->at != NULL && (uintptr_t)held->at % 16 == 0);
	memset(held->at, held->mark, held->bytes);
}

static void resize(struct held *held, struct random *random)
{
	size_t bytes = random_size(random), common = bytes < held->bytes ? bytes : held->bytes;

	held->at = heap_realloc(held->at, bytes);
	CHECK(held->at != NULL);
	held->bytes = common;
	check_held(held);
	held->bytes = bytes;
	memset(held->at, held->mark, bytes);
}

TEST(random_blocks_do_not_overlap)
{
	static struct held held[BLOCKS];
	struct random random;

	memset(held, 0, sizeof(held));
	random_seed(&random, test_seed());
	for (unsigned round = 0; round < test_rounds(20000); round++) {
		struct held *one = &held[random_below(&random, BLOCKS)];

		if (!one->at) {
			hold(one, &random);
		} else if (random_below(&random, 4) == 0) {
			check_held(one);
			resize(one, &random);
		} else {
			check_held(one);
			heap_free(one->at);
			one->at = NULL;
		}
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		heap_free(held[i].at);
	CHECK_EQ(blocks_now(), 0);
	CHECK(pages_there <= 2 + 64 + KEPT_PAGES);
}

TEST(small_programs_use_few_pages)
{
	size_t before = pages_there;
	void *blocks[20];

	for (unsigned i = 0; i < 20; i++)
		CHECK((blocks[i] = heap_alloc(i * 8)) != NULL);
	CHECK(pages_there - before <= 7);
	for (unsigned i = 0; i < 20; i++)
		heap_free(blocks[i]);
	CHECK_EQ(blocks_now(), 0);
}

TEST(zalloc_is_zero_after_use)
{
	for (size_t bytes = 1; bytes < 300000; bytes = bytes * 3 + 1) {
		unsigned char *block = heap_alloc(bytes);

		CHECK(block != NULL);
		memset(block, 0xee, bytes);
		heap_free(block);
		block = heap_zalloc(bytes);
		for (size_t i = 0; i < bytes; i++)
			CHECK(block[i] == 0);
		heap_free(block);
	}
}

TEST(refusal_returns_null_and_loses_nothing)
{
	static void *blocks[4096];
	struct heap_statistics before, after;
	size_t saved = pages_left, count = 0, there = pages_there;

	heap_statistics(&before);
	pages_left = 20;
	while (count < 4096 && (blocks[count] = heap_alloc(100 + count % 3000)) != NULL)
		count++;
	CHECK(count > 10 && count < 4096);
	CHECK(heap_alloc(100000) == NULL);
	CHECK(heap_realloc(blocks[0], 60000) == NULL);
	while (count > 0)
		heap_free(blocks[--count]);
	heap_statistics(&after);
	CHECK_EQ(after.blocks, before.blocks);
	CHECK_EQ(after.bytes, before.bytes);
	CHECK(after.refusals >= before.refusals + 3);
	CHECK(pages_there <= there + 2 + KEPT_PAGES);
	pages_left = saved;
}

TEST(freed_pages_are_kept_for_the_next_and_given_back_when_memory_is_short)
{
	size_t total = pages_left + pages_there, left;
	void *block = heap_alloc(20 * HEAP_PAGE);

	CHECK(block != NULL);
	heap_free(block);
	left = pages_left;
	for (unsigned i = 0; i < 10; i++) {
		block = heap_alloc(16 * HEAP_PAGE);
		CHECK(block != NULL && pages_left == left);
		heap_free(block);
	}
	pages_left = 8; /* another run than the kept ones: they have to make room for it */
	block = heap_alloc(32 * HEAP_PAGE);
	CHECK(block != NULL);
	heap_free(block);
	CHECK_EQ(blocks_now(), 0);
	pages_left = total - pages_there;
}

TEST(absurd_sizes_are_refused)
{
	volatile size_t huge = SIZE_MAX;

	CHECK(heap_alloc(huge) == NULL);
	CHECK(heap_alloc(huge - 4095) == NULL);
	CHECK_EQ(blocks_now(), 0);
}

TEST(many_chunks)
{
	static void *blocks[800];

	for (unsigned i = 0; i < 800; i++)
		CHECK((blocks[i] = heap_alloc(4096)) != NULL);
	for (unsigned i = 0; i < 800; i++)
		heap_free(blocks[i]);
	CHECK_EQ(blocks_now(), 0);
}

/* Runs fn in a child; true when an assertion stopped it. */
static bool is_stopped(void (*fn)(void))
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(2);
		fn();
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void free_twice(void)
{
	void *other = heap_alloc(40), *block = heap_alloc(40);
	void *volatile again = block;

	heap_free(block);
	heap_free(again);
	heap_free(other);
}

static void free_large_twice(void)
{
	void *block = heap_alloc(9000);
	void *volatile again = block;

	heap_free(block);
	heap_free(again);
}

static void free_inside(void)
{
	char *volatile block = heap_alloc(40);

	heap_free(block + 16);
}

static void free_nothing(void)
{
	heap_free(NULL);
}

TEST(bad_frees_are_noticed)
{
	CHECK(is_stopped(free_twice));
	CHECK(is_stopped(free_large_twice));
	CHECK(is_stopped(free_inside));
	CHECK(!is_stopped(free_nothing));
}

TEST(strdup)
{
	char *copy = heap_strdup("a name");

	CHECK_STR_EQ(copy, "a name");
	heap_free(copy);
}

TEST_MAIN();
