/*
 * Number parsing: what is taken, what is refused, and that refusal changes nothing.
 */
#include <base/parse.h>
#include <base/test.h>

static void check_refused(const char *text)
{
	uint64_t value = 99;
	int64_t number = 99;

	CHECK(!parse_u64(text, &value));
	CHECK_EQ(value, 99);
	if (text[0] != '-')
		CHECK(!parse_i64(text, &number));
	CHECK_EQ(number, 99);
}

TEST(unsigned_numbers)
{
	uint64_t value;

	CHECK(parse_u64("0", &value) && value == 0);
	CHECK(parse_u64("18446744073709551615", &value) && value == UINT64_MAX);
	CHECK(parse_u64("0xffffFFFFffffFFFF", &value) && value == UINT64_MAX);
	CHECK(parse_u64("0010", &value) && value == 10);
}

TEST(refusals)
{
	static const char *const bad[] = {"",
	                                  " 1",
	                                  "1 ",
	                                  "+1",
	                                  "-1",
	                                  "0x",
	                                  "0xg",
	                                  "1a",
	                                  "x",
	                                  "18446744073709551616",
	                                  "99999999999999999999999",
	                                  "0x10000000000000000"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_refused(bad[i]);
}

TEST(signed_numbers)
{
	int64_t value;

	CHECK(parse_i64("-9223372036854775808", &value) && value == INT64_MIN);
	CHECK(parse_i64("9223372036854775807", &value) && value == INT64_MAX);
	CHECK(!parse_i64("9223372036854775808", &value));
	CHECK(!parse_i64("-9223372036854775809", &value));
	CHECK(!parse_i64("-", &value) && !parse_i64("--1", &value));
	CHECK(parse_i64("-0x10", &value) && value == -16);
}

TEST(cursor_and_fixed_width)
{
	const char *at = "755/22";
	uint64_t value;

	CHECK(parse_number(&at, 8, &value) && value == 0755 && *at == '/');
	CHECK(!parse_number(&at, 8, &value) && *at == '/');
	CHECK(parse_digits("0000A0ffzz", 8, 16, &value) && value == 0xa0ff);
	CHECK(!parse_digits("0000A0fg", 8, 16, &value));
	CHECK(!parse_digits("", 0, 16, &value));
}

TEST_MAIN();
