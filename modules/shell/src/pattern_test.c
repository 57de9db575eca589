/*
 * Host tests of pattern matching.
 */
#include "pattern.h"
#include <base/test.h>
#include <locale.h>

static void matches(const char *pattern, const char *text)
{
	CHECK(pattern_match(pattern, text, false));
}

static void differs(const char *pattern, const char *text)
{
	CHECK(!pattern_match(pattern, text, false));
}

TEST(plain_characters)
{
	matches("", "");
	matches("abc", "abc");
	differs("abc", "ab");
	differs("ab", "abc");
	matches("\\*", "*");
	differs("\\*", "a");
	matches("a\\", "a\\");
}

TEST(stars_and_question_marks)
{
	matches("*", "");
	matches("a*c", "abbbc");
	matches("*a*b*c*", "xaxbxcx");
	differs("*a*b*c*", "xaxcxbx");
	matches("?", "a");
	differs("?", "");
	matches("a?c*", "abcd");
}

TEST(sets)
{
	matches("[abc]", "b");
	differs("[abc]", "d");
	matches("[!abc]", "d");
	matches("[^abc]", "d");
	matches("[a-c]x", "bx");
	matches("[]a]", "]");
	matches("[!]a]", "b");
	matches("[a-]", "-");
	matches("[\\]]", "]");
	matches("[[:digit:][:upper:]]", "Q");
	differs("[[:digit:]]", "a");
	matches("[[.-.]]", "-");
	matches("[[=a=]]", "a");
	matches("[a", "[a");
	matches("[", "[");
	differs("[!a]", "");
	matches("[[:nonsense:]x]", "x");
}

TEST(utf8_characters_count_as_one)
{
	CHECK(pattern_match("?", "\xc3\xa9", true));
	CHECK(!pattern_match("?", "\xc3\xa9", false));
	CHECK(pattern_match("[\xc3\xa0-\xc3\xbf]x", "\xc3\xa9x", true));
	CHECK(pattern_match("*\xc3\xa9", "a\xc3\xa9", true));
	CHECK(pattern_match("?", "\xff", true));
	CHECK(pattern_match("a?", "a\xc3", true));
	if (setlocale(LC_CTYPE, "C.UTF-8"))
		CHECK(pattern_match("[[:alpha:]]", "\xc3\xa9", true));
}

/* A matcher that tries every way would not come back from this. */
TEST(many_stars_end_soon)
{
	char text[2001];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	differs("a*a*a*a*a*a*a*a*a*a*a*a*b", text);
}

TEST(escapes_come_out_again)
{
	char text[] = "a\\*\\\\b\\";

	CHECK(!pattern_is_active(text));
	pattern_unescape(text);
	CHECK_STR_EQ(text, "a*\\b\\");
	CHECK(pattern_is_active("a*"));
	CHECK(pattern_is_active("[a]"));
	CHECK(!pattern_is_active("[a"));
}

/* Any bytes: it ends, and reads nothing beyond them. */
TEST(random_patterns)
{
	static const char alphabet[] = "ab*?[]!-\\:.=\xc3\xa9";
	unsigned seed = (unsigned)test_seed();

	for (unsigned round = 0; round < test_rounds(20000); round++) {
		char *pattern = malloc(17), *text = malloc(17);

		for (int i = 0; i < 16; i++) {
			pattern[i] = alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
			text[i] = alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
		}
		pattern[rand_r(&seed) % 17] = 0;
		pattern[16] = text[16] = 0;
		CHECK(pattern_match("*", text, true));
		pattern_match(pattern, text, true);
		pattern_match(pattern, text, false);
		pattern_unescape(pattern);
		free(pattern);
		free(text);
	}
}

TEST_MAIN();
