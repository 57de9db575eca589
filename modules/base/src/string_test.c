/*
 * The freestanding memory and string functions against the C library's, at every alignment and around
 * every threshold, with guard bytes; and the bounded copies.
 */
#define CSTRING_TEST
#define CSTRING_NAME(name) own_##name
#include <base/random.h>
#include <base/string.h>
#include <base/test.h>

void *own_memcpy(void *restrict to, const void *restrict from, size_t len);
void *own_memmove(void *to, const void *from, size_t len);
void *own_memset(void *to, int value, size_t len);
int own_memcmp(const void *a, const void *b, size_t len);
void *own_memchr(const void *from, int value, size_t len);
size_t own_strlen(const char *text);
size_t own_strnlen(const char *text, size_t max);
int own_strcmp(const char *a, const char *b);
int own_strncmp(const char *a, const char *b, size_t max);
char *own_strchr(const char *text, int c);
char *own_strrchr(const char *text, int c);
#include "cstring.c"

#define LEN_MAX 200
#define ROOM (LEN_MAX + 64)

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void fill(struct random *random, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)random_next(random);
}

TEST(memcpy_all_lengths)
{
	uint8_t from[ROOM], to[ROOM], expected[ROOM];
	struct random random;

	random_seed(&random, test_seed());
	for (size_t len = 0; len <= LEN_MAX; len++) {
		for (size_t shift = 0; shift < 64; shift++) {
			fill(&random, from, ROOM);
			fill(&random, to, ROOM);
			memcpy(expected, to, ROOM);
			memcpy(expected + shift, from + shift / 8, len);
			CHECK(own_memcpy(to + shift, from + shift / 8, len) == to + shift);
			CHECK_MEM_EQ(to, expected, ROOM);
		}
	}
}

TEST(memmove_overlapping)
{
	uint8_t own[ROOM], expected[ROOM];
	struct random random;

	random_seed(&random, test_seed());
	for (size_t len = 0; len <= LEN_MAX; len++) {
		for (size_t from = 0; from < 40; from += 3) {
			for (size_t to = 0; to < 40; to++) {
				fill(&random, own, ROOM);
				memcpy(expected, own, ROOM);
				memmove(expected + to, expected + from, len);
				CHECK(own_memmove(own + to, own + from, len) == own + to);
				CHECK_MEM_EQ(own, expected, ROOM);
			}
		}
	}
}

TEST(memset_all_lengths)
{
	uint8_t own[ROOM], expected[ROOM];

	for (size_t len = 0; len <= LEN_MAX; len++) {
		for (size_t at = 0; at < 16; at++) {
			memset(own, 0x55, ROOM);
			memset(expected, 0x55, ROOM);
			memset(expected + at, 0x1e7, len);
			CHECK(own_memset(own + at, 0x1e7, len) == own + at);
			CHECK_MEM_EQ(own, expected, ROOM);
		}
	}
}

TEST(memcmp_and_memchr)
{
	uint8_t a[64], b[64];

	for (size_t len = 0; len <= 64; len++) {
		memset(a, 7, sizeof(a));
		memset(b, 7, sizeof(b));
		CHECK_EQ(own_memcmp(a, b, len), 0);
		CHECK(own_memchr(a, 9, len) == NULL);
		for (size_t at = 0; at < len; at++) {
			a[at] = 0x80;
			CHECK(own_memcmp(a, b, len) > 0);
			CHECK(own_memcmp(b, a, len) < 0);
			CHECK(own_memchr(a, 0x80, len) == a + at);
			a[at] = 7;
		}
	}
}

TEST(strings_agree_with_the_library)
{
	static const char *const samples[] = {"",  "a",     "ab",   "abc", "abd",
	                                      "b", "a/b/c", "\x80", "\x7f"};

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		const char *a = samples[i];

		CHECK_EQ(own_strlen(a), strlen(a));
		CHECK_EQ(own_strnlen(a, 2), strnlen(a, 2));
		CHECK(own_strchr(a, 'b') == strchr(a, 'b'));
		CHECK(own_strchr(a, 0) == strchr(a, 0));
		CHECK(own_strrchr(a, '/') == strrchr(a, '/'));
		CHECK(own_strrchr(a, 0) == strrchr(a, 0));
		for (size_t j = 0; j < sizeof(samples) / sizeof(*samples); j++) {
			const char *b = samples[j];

			CHECK_EQ(sign(own_strcmp(a, b)), sign(strcmp(a, b)));
			for (size_t max = 0; max < 5; max++)
				CHECK_EQ(sign(own_strncmp(a, b, max)), sign(strncmp(a, b, max)));
		}
	}
}

TEST(string_copy_bounds)
{
	char to[5] = "....";

	CHECK(string_copy(to, "abcd", sizeof(to)));
	CHECK_STR_EQ(to, "abcd");
	CHECK(!string_copy(to, "abcde", sizeof(to)));
	CHECK_STR_EQ(to, "abcd");
	CHECK(string_copy(to, "", 1));
	CHECK_STR_EQ(to, "");
	CHECK(!string_copy(to, "x", 1));
	CHECK_STR_EQ(to, "");
	CHECK(string_copy_len(to, "wxyz", 2, sizeof(to)));
	CHECK_STR_EQ(to, "wx");
	CHECK(!string_copy_len(to, "123456", 6, sizeof(to)));
	CHECK_STR_EQ(to, "1234");
}

TEST_MAIN();
