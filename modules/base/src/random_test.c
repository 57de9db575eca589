/*
 * The generator: reproducible, different for different seeds, uniform enough for tests.
 */
#include <base/random.h>
#include <base/test.h>

TEST(same_seed_same_numbers)
{
	struct random a, b, c;
	unsigned same = 0;

	random_seed(&a, 5);
	random_seed(&b, 5);
	random_seed(&c, 6);
	for (int i = 0; i < 100; i++) {
		uint64_t value = random_next(&a);

		CHECK(value == random_next(&b));
		same += value == random_next(&c);
	}
	CHECK_EQ(same, 0);
}

TEST(below_stays_below_and_is_even)
{
	struct random random;
	unsigned counts[10] = {0};

	random_seed(&random, test_seed());
	for (int i = 0; i < 100000; i++) {
		uint64_t value = random_below(&random, 10);

		CHECK(value < 10);
		counts[value]++;
	}
	for (int i = 0; i < 10; i++)
		CHECK(counts[i] > 9400 && counts[i] < 10600);
	CHECK_EQ(random_below(&random, 1), 0);
	CHECK(random_below(&random, UINT64_MAX) < UINT64_MAX);
}

TEST_MAIN();
