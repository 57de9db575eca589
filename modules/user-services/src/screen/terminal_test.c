/*
 * Tests of the terminal's cells: text, wrapping, sequences of full-screen editors, hostile input.
 * Screens are compared as rows of text; positions are checked after every hostile byte.
 */
#include "screen/terminal.h"

#include <base/test.h>

static struct terminal screen;

static void feed(const char *text)
{
	terminal_write(&screen, text, (uint32_t)strlen(text));
}

/* A row without trailing blanks. */
static const char *row(uint16_t at)
{
	static char out[TERMINAL_COLUMNS_MAX + 1];
	int end = 0;

	for (int i = 0; i < screen.columns; i++) {
		out[i] = (char)screen.cells[at][i].character;
		if (out[i] != ' ')
			end = i + 1;
	}
	out[end] = 0;
	return out;
}

TEST(text_wraps_and_scrolls)
{
	terminal_init(&screen, 10, 3);
	feed("0123456789");
	CHECK_EQ(screen.at.row, 0);
	feed("ab\r\nc\r\nd");
	CHECK_STR_EQ(row(0), "ab");
	CHECK_STR_EQ(row(1), "c");
	CHECK_STR_EQ(row(2), "d");
}

TEST(cursor_and_erase)
{
	terminal_init(&screen, 10, 4);
	feed("one\r\ntwo\r\nthree\033[2;2HX\033[K\033[1;1H\033[J");
	CHECK_STR_EQ(row(0), "");
	CHECK_STR_EQ(row(2), "");
	feed("abc\033[2D\033[1Px\033[s\033[4;10H!\033[uy");
	CHECK_STR_EQ(row(0), "axy");
	CHECK_STR_EQ(row(3), "         !");
}

TEST(colours)
{
	terminal_init(&screen, 10, 2);
	feed("\033[1;31ma\033[0;42mb\033[7mc\033[mz\033[38;5;196;44md");
	CHECK_EQ(screen.cells[0][0].colours, 9);
	CHECK_EQ(screen.cells[0][1].colours, 7 | 2 << 4);
	CHECK_EQ(screen.cells[0][2].colours, 2 | 7 << 4);
	CHECK_EQ(screen.cells[0][3].colours, 7);
	CHECK_EQ(screen.cells[0][4].colours, 1 | 4 << 4);
}

TEST(scroll_region_and_lines)
{
	terminal_init(&screen, 4, 5);
	feed("a\r\nb\r\nc\r\nd\r\ne\033[2;4r\033[4;1H\n");
	CHECK_STR_EQ(row(0), "a");
	CHECK_STR_EQ(row(1), "c");
	CHECK_STR_EQ(row(3), "");
	CHECK_STR_EQ(row(4), "e");
	feed("\033[2;1H\033M");
	CHECK_STR_EQ(row(1), "");
	CHECK_STR_EQ(row(2), "c");
	feed("\033[r\033[1;1H\033[2L");
	CHECK_STR_EQ(row(2), "a");
	feed("\033[M");
	CHECK_STR_EQ(row(1), "a");
}

TEST(reports_and_titles)
{
	terminal_init(&screen, 20, 5);
	feed("\033]0;title\007ab\033[6n");
	CHECK_EQ(screen.answer_len, 6);
	CHECK_MEM_EQ(screen.answer, "\033[1;3R", 6);
	CHECK_STR_EQ(row(0), "ab");
}

TEST(utf8_takes_one_cell)
{
	terminal_init(&screen, 20, 2);
	feed("\xc3\xa9\xe2\x82\xac"
	     "a");
	CHECK_EQ(screen.at.column, 3);
	CHECK_EQ(screen.cells[0][2].character, 'a');
}

TEST(hostile_input_stays_inside)
{
	static const char alphabet[] =
		"\033[[[0123456789;?ABCDEFGHJKLMPSTXdrhlmnsu@`()78c\n\r\b\tx\xe2\x80";
	uint32_t seed = (uint32_t)test_seed();

	for (int round = 0; round < 20; round++) {
		terminal_init(&screen, (uint16_t)(1 + round * 13), (uint16_t)(1 + round * 5));
		for (int i = 0; i < 20000; i++) {
			seed = seed * 1664525 + 1013904223;
			terminal_write(&screen, &alphabet[(seed >> 16) % (sizeof(alphabet) - 1)],
			               1);
			CHECK(screen.at.row < screen.rows && screen.at.column < screen.columns);
			CHECK(screen.top < screen.bottom && screen.bottom <= screen.rows);
		}
	}
}

TEST_MAIN();
