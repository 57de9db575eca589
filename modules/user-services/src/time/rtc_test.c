/*
 * Tests of time/rtc.c: known dates in each register format, and a flat battery. Expected values were
 * computed with date(1).
 */
#include "time/rtc.h"

#include <base/test.h>

TEST(bcd_24_hours)
{
	struct rtc_registers r = {0x56, 0x34, 0x12, 0x29, 0x02, 0x24, 0x20, 2};
	int64_t seconds = 0;

	CHECK(rtc_decode(&r, &seconds));
	CHECK_EQ(seconds, 1709210096);
}

TEST(binary_12_hours)
{
	struct rtc_registers r = {56, 34, 12, 29, 2, 24, 0, 4};
	int64_t seconds = 0;

	CHECK(rtc_decode(&r, &seconds));
	CHECK_EQ(seconds, 1709210096 - 12 * 3600);
	r.hour |= 0x80;
	CHECK(rtc_decode(&r, &seconds));
	CHECK_EQ(seconds, 1709210096);
}

TEST(days)
{
	CHECK_EQ(rtc_days(1970, 1, 1), 0);
	CHECK_EQ(rtc_days(2000, 3, 1), 11017);
	CHECK_EQ(rtc_days(2100, 3, 1) - rtc_days(2100, 2, 28), 1);
}

TEST(flat_battery)
{
	struct rtc_registers r = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
	int64_t seconds;

	CHECK(!rtc_decode(&r, &seconds));
	r = (struct rtc_registers){.status_b = 2};
	CHECK(!rtc_decode(&r, &seconds));
}

TEST_MAIN();
