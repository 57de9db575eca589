/*
 * Tests of keyboard/scancode.c: the same keys in both sets, modifiers, sequences, Pause. Codes are
 * what a keyboard sends, press and release; results are what a terminal would send.
 */
#include "keyboard/scancode.h"

#include <base/test.h>

/* Feed a string of codes; what was typed, terminated. */
static const char *type(uint8_t set, const char *codes, size_t len)
{
	static char out[128];
	struct keyboard k;
	uint8_t bytes[KEY_BYTES_MAX];
	int used = 0;

	keyboard_init(&k, set);
	for (size_t i = 0; i < len; i++) {
		int count = keyboard_feed(&k, (uint8_t)codes[i], bytes);

		memcpy(out + used, bytes, (size_t)count);
		used += count;
	}
	out[used] = 0;
	return out;
}
#define TYPE(set, codes) type(set, codes, sizeof(codes) - 1)

TEST(set1_letters_and_shift)
{
	CHECK_STR_EQ(TYPE(1, "\x23\xa3\x17\x97"), "hi");
	CHECK_STR_EQ(TYPE(1, "\x2a\x23\xa3\xaa\x17\x97"), "Hi");
	CHECK_STR_EQ(TYPE(1, "\x36\x02\x82\xb6\x02"), "!1");
	CHECK_STR_EQ(TYPE(1, "\x3a\xba\x1e\x02\x2a\x1e"), "A1a");
}

TEST(set1_control_and_alt)
{
	CHECK_STR_EQ(TYPE(1, "\x1d\x2e\xae\x9d\x2e"), "\x03"
	                                              "c");
	CHECK_STR_EQ(TYPE(1, "\x1d\x2c\x2b\x1a"), "\x1a\x1c\x1b");
	CHECK_STR_EQ(TYPE(1, "\x38\x30\xb0\xb8\x30"), "\033bb");
}

TEST(set1_sequences)
{
	CHECK_STR_EQ(TYPE(1, "\xe0\x48\xe0\xc8\xe0\x50"), "\033[A\033[B");
	CHECK_STR_EQ(TYPE(1, "\xe0\x2a\xe0\x4d\xe0\xcd\xe0\xaa"), "\033[C");
	CHECK_STR_EQ(TYPE(1, "\xe0\x53\x3b\x57"), "\033[3~\033OP\033[23~");
	CHECK_STR_EQ(TYPE(1, "\x1c\x0e\x0f\x01"), "\r\x7f\t\033");
}

TEST(pause_is_skipped)
{
	CHECK_STR_EQ(TYPE(1, "\xe1\x1d\x45\xe1\x9d\xc5\x1e"), "a");
	CHECK_STR_EQ(TYPE(2, "\xe1\x14\x77\xe1\xf0\x14\xf0\x77\x1c"), "a");
}

TEST(set2)
{
	CHECK_STR_EQ(TYPE(2, "\x33\xf0\x33\x43\xf0\x43"), "hi");
	CHECK_STR_EQ(TYPE(2, "\x12\x33\xf0\x33\xf0\x12\x43"), "Hi");
	CHECK_STR_EQ(TYPE(2, "\xe0\x75\xe0\xf0\x75\x5a"), "\033[A\r");
	CHECK_STR_EQ(TYPE(2, "\x14\x21\xf0\x21\xf0\x14\x21"), "\x03"
	                                                      "c");
}

TEST(any_bytes_are_bounded)
{
	struct keyboard k;
	uint8_t bytes[KEY_BYTES_MAX];
	uint32_t seed = 1;

	for (int set = 1; set <= 2; set++) {
		keyboard_init(&k, (uint8_t)set);
		for (int i = 0; i < 100000; i++) {
			seed = seed * 1664525 + 1013904223;
			CHECK(keyboard_feed(&k, (uint8_t)(seed >> 24), bytes) <= KEY_BYTES_MAX);
		}
	}
}

TEST_MAIN();
