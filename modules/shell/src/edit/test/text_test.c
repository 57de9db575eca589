/*
 * UTF-8 stepping and widths, the edited line, undo and the kill ring; the stepping also on random bytes.
 */
#include <base/random.h>
#include <base/test.h>

#include "edit/edit.h"
#include "edit/kill_ring.h"
#include "edit/undo.h"
#include "edit/utf8.h"

/* ---- UTF-8 */

TEST(decode_refuses_what_is_not_utf8)
{
	static const char *const bad[] = {"\x80",         "\xc0\x80",     "\xc1\xbf",
	                                  "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	                                  "\xff",         "\xe2\x82",     "\xf0\x9f\x98",
	                                  "\xc3("};
	uint32_t code;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(utf8_decode(bad[i], strlen(bad[i]), &code), 1);
		CHECK_EQ(code, UTF8_INVALID | (uint8_t)bad[i][0]);
	}
	CHECK_EQ(utf8_decode("\xf0\x9f\x98\x80", 4, &code), 4);
	CHECK_EQ(code, 0x1f600);
	CHECK_EQ(utf8_decode("\xf4\x8f\xbf\xbf", 4, &code), 4);
	CHECK_EQ(code, 0x10ffff);
}

TEST(encode_is_the_inverse)
{
	for (uint32_t code = 1; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
		char text[UTF8_MAX];
		uint32_t back;
		size_t len;

		if (code >= 0xd800 && code < 0xe000)
			continue;
		len = utf8_encode(code, text);
		CHECK_EQ(utf8_decode(text, len, &back), len);
		CHECK_EQ(back, code);
	}
}

static void fill(struct random *random, char *text, size_t len)
{
	static const char pool[] =
		"ab \n\t\x01\x80\xbf\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xcc\x81\xff\xed\xa0";

	for (size_t i = 0; i < len; i++)
		text[i] = pool[random_below(random, sizeof(pool) - 1)];
}

/* Forwards and backwards agree on where characters and clusters begin, whatever the bytes. */
TEST(stepping_over_any_bytes)
{
	struct random random;
	char text[24];

	random_seed(&random, test_seed());
	for (unsigned i = test_rounds(20000); i > 0; i--) {
		size_t len = 1 + random_below(&random, sizeof(text)), at, count;
		uint32_t code;

		fill(&random, text, len);
		for (at = 0; at < len; at += count) {
			count = utf8_decode(text + at, len - at, &code);
			CHECK(count >= 1 && at + count <= len);
			CHECK_EQ(utf8_previous(text, at + count), at);
			for (size_t inside = 1; inside < count; inside++)
				CHECK_EQ(utf8_boundary(text, len, at + inside), at + count);
			CHECK_EQ(utf8_boundary(text, len, at), at);
		}
		for (at = 0; at < len; at = count) {
			count = utf8_next_cluster(text, len, at);
			CHECK(count > at && count <= len);
			CHECK_EQ(utf8_previous_cluster(text, count), at);
		}
	}
}

TEST(widths)
{
	static const struct {
		uint32_t code;
		int width;
	} known[] = {{'a', 1},     {0xe9, 1},     {0x301, 0},   {0x4e00, 2},  {0xac00, 2},
	             {0x1f600, 2}, {0x200d, 0},   {0xfe0f, 0},  {0x202e, -1}, {0x200b, -1},
	             {0x85, -1},   {0x1b, -1},    {0x7f, -1},   {0x20ac, 1},  {0xff01, 2},
	             {0x2500, 1},  {0xe0001, -1}, {0x30000, 2}, {0xe000, 1},  {0x1160, 0},
	             {0x3000, 2},  {0xfeff, -1},  {0x10ffff, 1}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		CHECK_EQ(utf8_width(known[i].code), known[i].width);
	CHECK_EQ(utf8_width(UTF8_INVALID | 0xff), -1);
}

/* ---- the line */

static struct line make(const char *text)
{
	struct line line = {0};

	line_replace(&line, 0, 0, text, strlen(text));
	return line;
}

TEST(clusters_move_as_one)
{
	struct line line = make("e\xcc\x81x\xe4\xb8\x80");

	CHECK_EQ(line_next(&line, 0), 3);
	CHECK_EQ(line_next(&line, 3), 4);
	CHECK_EQ(line_next(&line, 4), 7);
	CHECK_EQ(line_next(&line, 7), 7);
	CHECK_EQ(line_previous(&line, 7), 4);
	CHECK_EQ(line_previous(&line, 3), 0);
	CHECK_EQ(line_previous(&line, 0), 0);
	bytes_free(&line.text);
}

TEST(words)
{
	struct line line = make("git commit --amend  'a b'");

	CHECK_EQ(line_word_end(&line, 0), 3);
	CHECK_EQ(line_word_end(&line, 3), 10);
	CHECK_EQ(line_word_end(&line, 10), 18);
	CHECK_EQ(line_word_start(&line, 18), 13);
	CHECK_EQ(line_blank_word_start(&line, 18), 11);
	CHECK_EQ(line_blank_word_start(&line, 20), 11);
	CHECK_EQ(line_word_start(&line, 0), 0);
	CHECK_EQ(line_word_end(&line, line.text.len), line.text.len);
	bytes_free(&line.text);
}

TEST(lines_of_the_text)
{
	struct line line = make("one\nseventeen\n\nx");
	size_t at;

	CHECK_EQ(line_start(&line, 6), 4);
	CHECK_EQ(line_end(&line, 6), 13);
	CHECK(line_above(&line, 12, &at));
	CHECK_EQ(at, 3);
	CHECK(line_below(&line, 2, &at));
	CHECK_EQ(at, 6);
	CHECK(line_below(&line, 6, &at));
	CHECK_EQ(at, 14);
	CHECK(!line_below(&line, 16, &at));
	CHECK(!line_above(&line, 2, &at));
	bytes_free(&line.text);
}

/* Bytes that come one after the other and make a character leave the cursor behind it. */
TEST(cursor_is_never_inside_a_character)
{
	struct line line = make("\x82\xac");

	CHECK(line_replace(&line, 0, 0, "\xe2", 1));
	CHECK_EQ(line.cursor, 3);
	bytes_free(&line.text);
}

TEST(length_is_limited)
{
	struct line line = {0};
	char *text = calloc(1, EDITOR_LINE_MAX + 1);

	memset(text, 'x', EDITOR_LINE_MAX + 1);
	CHECK(!line_replace(&line, 0, 0, text, EDITOR_LINE_MAX + 1));
	CHECK(line_replace(&line, 0, 0, text, EDITOR_LINE_MAX));
	CHECK(!line_replace(&line, 0, 0, "y", 1));
	CHECK(line_replace(&line, 0, 1, "y", 1));
	bytes_free(&line.text);
	free(text);
}

/* ---- undo */

static void change(struct undo *undo, struct line *line, size_t at, size_t removed,
                   const char *text)
{
	CHECK(undo_record(undo, line, at, removed, strlen(text)));
	CHECK(line_replace(line, at, removed, text, strlen(text)));
}

TEST(undo_by_groups)
{
	struct line line = make("abc");
	struct undo undo = {0};

	undo.group = 1;
	change(&undo, &line, 3, 0, "d");
	change(&undo, &line, 4, 0, "e");
	undo.group = 2;
	change(&undo, &line, 1, 2, "XYZ");
	change(&undo, &line, 0, 1, "");
	CHECK_STR_EQ(line.text.data, "XYZde");
	CHECK(undo_last(&undo, &line));
	CHECK_STR_EQ(line.text.data, "abcde");
	CHECK_EQ(line.cursor, 5);
	CHECK(undo_last(&undo, &line));
	CHECK_STR_EQ(line.text.data, "abc");
	CHECK(!undo_last(&undo, &line));
	undo_free(&undo);
	bytes_free(&line.text);
}

/* What joins the step before must have removed nothing. */
TEST(undo_of_neighbours)
{
	struct line line = make("abc");
	struct undo undo = {0};

	change(&undo, &line, 0, 0, "1");
	change(&undo, &line, 1, 1, "2");
	change(&undo, &line, 2, 0, "3");
	CHECK_STR_EQ(line.text.data, "123bc");
	CHECK(undo_last(&undo, &line));
	CHECK_STR_EQ(line.text.data, "abc");
	undo_free(&undo);
	bytes_free(&line.text);
}

TEST(undo_forgets_the_oldest)
{
	struct line line = {0};
	struct undo undo = {0};
	unsigned steps = 0;

	for (undo.group = 0; undo.group < UNDO_STEPS + 50; undo.group++)
		change(&undo, &line, 0, 0, "x");
	while (undo_last(&undo, &line))
		steps++;
	CHECK_EQ(steps, UNDO_STEPS);
	CHECK_EQ(line.text.len, 50);
	undo_free(&undo);
	bytes_free(&line.text);
}

TEST(undo_keeps_only_so_much_text)
{
	struct line line = {0};
	struct undo undo = {0};
	char *text = malloc(EDITOR_LINE_MAX);
	unsigned steps = 0;

	memset(text, 'x', EDITOR_LINE_MAX);
	for (undo.group = 0; undo.group < 40; undo.group++) {
		bool is_in = undo.group % 2 == 0;

		CHECK(undo_record(&undo, &line, 0, line.text.len, is_in ? EDITOR_LINE_MAX : 0));
		CHECK(line_replace(&line, 0, line.text.len, text, is_in ? EDITOR_LINE_MAX : 0));
		CHECK(undo.bytes <= UNDO_BYTES);
	}
	while (undo_last(&undo, &line))
		steps++;
	CHECK(steps >= 8 && steps < 40);
	CHECK_EQ(undo.bytes, 0);
	undo_free(&undo);
	bytes_free(&line.text);
	free(text);
}

/* ---- kill ring */

TEST(kill_ring_goes_round)
{
	struct kill_ring ring = {0};

	CHECK(kill_ring_get(&ring, 0) == NULL);
	CHECK(kill_ring_add(&ring, "b", 1, KILL_APPEND));
	CHECK(kill_ring_add(&ring, "c", 1, KILL_APPEND));
	CHECK(kill_ring_add(&ring, "a", 1, KILL_PREPEND));
	CHECK_STR_EQ(kill_ring_get(&ring, 0)->data, "abc");
	CHECK(kill_ring_add(&ring, "new", 3, KILL_NEW));
	CHECK_STR_EQ(kill_ring_get(&ring, 0)->data, "new");
	CHECK_STR_EQ(kill_ring_get(&ring, 1)->data, "abc");
	CHECK_STR_EQ(kill_ring_get(&ring, 2)->data, "new");
	for (char c = 'A'; c < 'A' + 20; c++)
		CHECK(kill_ring_add(&ring, &c, 1, KILL_NEW));
	CHECK_STR_EQ(kill_ring_get(&ring, 0)->data, "T");
	CHECK_STR_EQ(kill_ring_get(&ring, KILL_RING_SIZE - 1)->data, "E");
	kill_ring_free(&ring);
}

TEST_MAIN();
