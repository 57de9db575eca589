/*
 * The key decoder: what terminals send, split anywhere; pastes; rubbish; names of keys.
 */
#include <base/random.h>
#include <base/test.h>

#include "edit/edit.h"
#include "edit/key_codes.h"
#include "edit/keys.h"

static const struct {
	const char *bytes;
	const char *names; /* separated by commas */
} sent[] = {
	{"a", "a"},
	{"\xc3\xa9", "\xc3\xa9"},
	{"\x01\x1a", "C-a,C-z"},
	{"\r\n", "Enter,Enter"},
	{"\t\x7f\x08", "Tab,Backspace,Backspace"},
	{"\x1f\x1c\x1d\x1e", "C-_,C-\\,C-],C-^"},
	{"\033f\033F\033\x7f\033\r", "M-f,M-F,M-Backspace,M-Enter"},
	{"\033\xc3\xa9", "M-\xc3\xa9"},
	{"\033[A\033[B\033[C\033[D", "Up,Down,Right,Left"},
	{"\033OA\033OB\033OC\033OD", "Up,Down,Right,Left"},
	{"\033[H\033[F\033OH\033OF", "Home,End,Home,End"},
	{"\033[1~\033[4~\033[7~\033[8~", "Home,End,Home,End"},
	{"\033[2~\033[3~\033[5~\033[6~", "Insert,Delete,PageUp,PageDown"},
	{"\033[1;5C\033[1;5D\033[1;3C\033[1;2A", "C-Right,C-Left,M-Right,S-Up"},
	{"\033[5C", ""},
	{"\033O5C\033Oc\033Od", "C-Right,C-Right,C-Left"},
	{"\033[3;5~\033[3^\033[3@", "C-Delete,C-Delete,C-S-Delete"},
	{"\033[a\033[Z", "S-Up,S-Tab"},
	{"\033\033[A\033\033[3~", "M-Up,M-Delete"},
	{"\033OP\033[[A\033[[E\033[15~\033[24~", "F1,F1,F5,F5,F12"},
	{"\033[97;5u\033[27;5;97~\033[13;2u", "C-a,C-a,S-Enter"},
	{"\033[27;3;70~", "M-f"},
	{"\033[55296u\033[1114112u\033[27u", ""},
	{"\033[I\033[?1;2c\033[24;80R\033[>0;95;0c", ""},
	{"\033[12\x03", "C-c"},
	{"\033[\033[A", "Up"},
	{"\033O\x03", "C-c"},
	{"\033[99999999999999999999A", ""},
	{"\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21~x", "x"},
};

static void expect_names(struct keys *keys, const char *names)
{
	char got[256] = "";
	uint32_t key;

	while (keys_next(keys, &key)) {
		size_t len = strlen(got);

		if (len)
			got[len++] = ',';
		key_name(key, got + len, sizeof(got) - len);
	}
	CHECK_STR_EQ(got, names);
}

TEST(sequences)
{
	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		struct keys keys = {0};
		char got[256] = "", name[32];
		uint32_t key;

		for (const char *at = sent[i].bytes; *at; at++) {
			keys_feed(&keys, (uint8_t)*at);
			while (keys_next(&keys, &key)) {
				key_name(key, name, sizeof(name));
				snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
				         *got ? "," : "", name);
			}
		}
		CHECK_STR_EQ(got, sent[i].names);
		CHECK_EQ(keys.state, 0);
		keys_free(&keys);
	}
}

TEST(bytes_that_are_no_character)
{
	static const char text[] = "\xff\xe2\x82x\xf0\x9f\x98\xe2\x82\xac";
	static const uint32_t expected[] = {KEY_BYTE + 0xff, KEY_BYTE + 0xe2,
	                                    KEY_BYTE + 0x82, 'x',
	                                    KEY_BYTE + 0xf0, KEY_BYTE + 0x9f,
	                                    KEY_BYTE + 0x98, 0x20ac};
	struct keys keys = {0};
	uint32_t key;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		keys_feed(&keys, (uint8_t)text[i]);
		while (keys_next(&keys, &key))
			CHECK_EQ(key, expected[count++]);
	}
	CHECK_EQ(count, sizeof(expected) / sizeof(expected[0]));
	keys_feed(&keys, 0xff);
	CHECK(keys_next(&keys, &key));
}

static void feed(struct keys *keys, const char *text)
{
	while (*text)
		keys_feed(keys, (uint8_t)*text++);
}

TEST(paste_is_one_key)
{
	struct keys keys = {0};
	uint32_t key;

	feed(&keys, "\033[200~rm -rf\r\n\033[A\033[201\033\033[20x~\033[201");
	CHECK(!keys_next(&keys, &key));
	CHECK_EQ(keys_wanted(&keys), 1);
	feed(&keys, "~");
	CHECK(keys_next(&keys, &key));
	CHECK_EQ(key, KEY_PASTE);
	CHECK_STR_EQ(keys.paste.data, "rm -rf\r\n\033[A\033[201\033\033[20x~");
	feed(&keys, "\033[200~\033[201~a");
	CHECK(keys_next(&keys, &key));
	CHECK_EQ(key, KEY_PASTE);
	CHECK_EQ(keys.paste.len, 0);
	expect_names(&keys, "a");
	keys_free(&keys);
}

/* However many bytes are read at once, none behind the paste's end is among them. */
TEST(paste_is_not_read_past_its_end)
{
	static const char text[] = "\033[200~some \033[201 text\033[2\033[201~rest";
	const char *at = text;
	struct keys keys = {0};
	uint32_t key = 0;

	while (!keys_next(&keys, &key)) {
		for (size_t wanted = keys_wanted(&keys); wanted > 0; wanted--)
			keys_feed(&keys, (uint8_t)*at++);
	}
	CHECK_EQ(key, KEY_PASTE);
	CHECK_STR_EQ(at, "rest");
	CHECK_EQ(keys_wanted(&keys), 1);
	keys_free(&keys);
}

TEST(paste_that_is_too_long_is_refused_whole)
{
	struct keys keys = {0};
	uint32_t key;

	feed(&keys, "\033[200~");
	for (size_t i = 0; i <= EDITOR_LINE_MAX; i++)
		keys_feed(&keys, 'x');
	feed(&keys, "\033[201~");
	CHECK(keys_next(&keys, &key));
	CHECK_EQ(key, KEY_REFUSED);
	keys_free(&keys);
}

/* Any bytes at all; Ctrl-C gets through wherever the decoder is, but for a paste. */
TEST(rubbish)
{
	static const char pool[] = "\033\033[[O;0123456789~ABuZ<?\x80\xe2\x9f\xf0x\x01 ";
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned i = test_rounds(3000); i > 0; i--) {
		struct keys keys = {0};
		uint32_t key = 0;
		bool is_paste = false;

		for (unsigned n = (unsigned)random_below(&random, 60); n > 0; n--) {
			keys_feed(&keys, (uint8_t)pool[random_below(&random, sizeof(pool) - 1)]);
			while (keys_next(&keys, &key))
				CHECK(key != 0);
		}
		is_paste = keys_wanted(&keys) > 1;
		keys_feed(&keys, 3);
		while (keys_next(&keys, &key)) {
		}
		CHECK(is_paste || key == (KEY_CTRL | 'c') || key == (KEY_CTRL | KEY_ALT | 'c'));
		keys_free(&keys);
	}
}

TEST(names)
{
	static const char *const good[] = {"C-a", "M-C-a", "C-x C-e", "C-x C-M-S-Up", "-",
	                                   "M--", "C-x",   "Space",   "F12",          "\xc3\xa9"};
	static const char *const bad[] = {"", "C-", "Upp", "ab", "\xff", "C-x "};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(key_of_name(good[i]) != 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQ(key_of_name(bad[i]), 0);
	CHECK_EQ(key_of_name("C-x C-e"), KEY_AFTER_X | KEY_CTRL | 'e');
	CHECK_EQ(key_of_name("M-C-a"), key_of_name("C-M-a"));
}

TEST_MAIN();
