/*
 * Tests of common/text.c: lines, words, numbers with overflow, quoted arguments. All of them work on
 * spans that are not zero-terminated, so every case also guards against reading behind the end.
 */
#include "common/text.h"

#include <base/test.h>

TEST(lines_and_words)
{
	struct text rest = text_of("one  two\n\nthree"), line, word;

	CHECK(text_line(&rest, &line));
	CHECK(text_word(&line, &word) && text_is(word, "one"));
	CHECK(text_word(&line, &word) && text_is(word, "two"));
	CHECK(!text_word(&line, &word));
	CHECK(text_line(&rest, &line) && line.len == 0);
	CHECK(text_line(&rest, &line) && text_is(line, "three"));
	CHECK(!text_line(&rest, &line));
}

TEST(comparison_is_exact)
{
	CHECK(!text_is(text_of("ab"), "abc"));
	CHECK(!text_is(text_of("abc"), "ab"));
	CHECK(text_starts(text_of("abc"), "ab"));
	CHECK(text_has_word("a exec=com2 b", "exec=com2"));
	CHECK(!text_has_word("a exec=com21 b", "exec=com2"));
}

TEST(numbers)
{
	uint64_t n = 0;

	CHECK(text_number(text_of("0x3f8"), &n) && n == 0x3f8);
	CHECK(text_number(text_of("18446744073709551615"), &n) && n == UINT64_MAX);
	CHECK(!text_number(text_of("18446744073709551616"), &n));
	CHECK(!text_number(text_of("0x"), &n));
	CHECK(!text_number(text_of(""), &n));
	CHECK(!text_number(text_of("12a"), &n));
}

TEST(comments)
{
	CHECK_EQ(text_without_comment(text_of("cap x # why")).len, 6);
	CHECK_EQ(text_without_comment(text_of("a#b")).len, 3);
	CHECK_EQ(text_without_comment(text_of("#")).len, 0);
}

TEST(arguments)
{
	struct text rest = text_of("  echo 'a b'\"c d\" e\\ f ''");
	char out[16];

	CHECK(text_argument(&rest, out, sizeof(out)));
	CHECK_STR_EQ(out, "echo");
	CHECK(text_argument(&rest, out, sizeof(out)));
	CHECK_STR_EQ(out, "a bc d");
	CHECK(text_argument(&rest, out, sizeof(out)));
	CHECK_STR_EQ(out, "e f");
	CHECK(text_argument(&rest, out, sizeof(out)));
	CHECK_STR_EQ(out, "");
	CHECK(!text_argument(&rest, out, sizeof(out)));
	rest = text_of("toolong");
	CHECK(!text_argument(&rest, out, 4));
}

TEST_MAIN();
