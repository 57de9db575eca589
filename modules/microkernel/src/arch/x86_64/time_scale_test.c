/*
 * Clock conversion against long division.
 */
#include <base/test.h>
#include "arch/x86_64/time_scale.h"

TEST_MAIN();

static void check_pair(uint64_t from_hz, uint64_t to_hz, uint64_t value)
{
	uint64_t exact = (uint64_t)((unsigned __int128)value * to_hz / from_hz);
	uint64_t got = time_scale_apply(time_scale_make(from_hz, to_hz), value);
	uint64_t error = got > exact ? got - exact : exact - got;

	CHECK(error <= exact / 100000000 + 1);
}

TEST(tsc_to_ns)
{
	static const uint64_t rates[] = {1000000000, 999979250, 2595972333, 4291000000, 5800000000};

	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		check_pair(rates[i], 1000000000, 0);
		check_pair(rates[i], 1000000000, 1);
		check_pair(rates[i], 1000000000, rates[i] * 3600 * 24 * 365); /* a year */
	}
}

TEST(ns_to_timer)
{
	check_pair(1000000000, 1000000000, 5000000);
	check_pair(1000000000, 24000000, 1ull << 62);
	check_pair(1000000000, 5800000000, 1ull << 60);
}

TEST(never_runs_backwards)
{
	struct time_scale scale = time_scale_make(2595972333, 1000000000);
	uint64_t last = 0;

	for (uint64_t ticks = 1ull << 52; ticks < (1ull << 52) + 10000; ticks++) {
		uint64_t now = time_scale_apply(scale, ticks);

		CHECK(now >= last);
		last = now;
	}
}
