/*
 * The display against a terminal in memory: whatever was shown before, after a change the screen is what writing prompt
 * and text plainly on an empty terminal gives, and the cursor is where it belongs. Also prompts, colours, re-wrapping.
 */
#include <base/random.h>
#include <base/test.h>

#include "edit/display.h"
#include "edit/edit.h"
#include "edit/utf8.h"
#include "edit/test/screen.h"

static struct display display;
static struct screen screen, plain, before;

static void start(size_t columns, size_t rows)
{
	display_free(&display);
	display_resize(&display, columns, rows);
	display_forget(&display);
	screen_init(&screen, columns, rows);
}

static void send(void)
{
	screen_write(&screen, bytes_text(&display.out), display.out.len);
	bytes_clear(&display.out);
}

static void show(const char *prompt, const char *text, size_t cursor, const uint8_t *styles)
{
	struct layout layout = display_begin(&display);

	layout_prompt(&layout, prompt);
	layout_text(&layout, text, strlen(text), cursor, styles, "> ");
	display_show(&display);
	send();
}

/* How many bytes showing this took. */
static size_t cost(const char *prompt, const char *text, size_t cursor)
{
	struct layout layout = display_begin(&display);
	size_t len;

	layout_prompt(&layout, prompt);
	layout_text(&layout, text, strlen(text), cursor, NULL, "> ");
	display_show(&display);
	len = display.out.len;
	send();
	return len;
}

static void expect_row(size_t row, const char *text)
{
	char got[SCREEN_COLUMNS * 8];

	screen_row(&screen, row, got, sizeof(got));
	CHECK_STR_EQ(got, text);
}

/* ---- against a plain terminal */

/* Writes text as a program would that knows nothing of the display: newlines take a column. */
static void write_plainly(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			screen_write(&plain, " \r\n> ", 5);
		else
			screen_write(&plain, text + i, 1);
	}
}

/* The cursor's place is that of the character under it. */
static void expect_cursor(const char *prompt, const char *text, size_t cursor)
{
	size_t len = strlen(text), next = len, row, column;
	uint32_t code = ' ';

	screen_init(&plain, screen.columns, screen.rows);
	screen_write(&plain, prompt, strlen(prompt));
	if (cursor < len) {
		next = cursor + utf8_decode(text + cursor, len - cursor, &code);
		write_plainly(text, cursor);
	} else {
		write_plainly(text, len);
	}
	if (code == '\n' || cursor == len)
		screen_write(&plain, " ", 1);
	else
		screen_write(&plain, text + cursor, next - cursor);
	row = plain.row;
	column = plain.is_pending ? plain.columns : plain.column;
	column -= (size_t)(code == '\n' ? 1 : utf8_width(code));
	CHECK_EQ(screen.row, row);
	CHECK_EQ(screen.column, column);
}

static void expect_plain(const char *prompt, const char *text, size_t cursor)
{
	size_t row;

	screen_init(&plain, screen.columns, screen.rows);
	screen_write(&plain, prompt, strlen(prompt));
	write_plainly(text, strlen(text));
	if (!screen_same(&screen, &plain, &row)) {
		printf("text \"%s\", row %zu\n", text, row);
		screen_print(&screen);
		screen_print(&plain);
		CHECK(!"the screens differ");
	}
	expect_cursor(prompt, text, cursor);
	CHECK_EQ(screen.unknown, 0);
}

static size_t append_random(struct random *random, char *text, size_t len)
{
	static const char *const pieces[] = {
		"a",        "b",  " ",    "\xe4\xb8\x80",    "e\xcc\x81",
		"\xc3\xa9", "\n", "word", "\xf0\x9f\x98\x80"};
	const char *piece = pieces[random_below(random, sizeof(pieces) / sizeof(pieces[0]))];

	strcpy(text + len, piece);
	return len + strlen(piece);
}

/* A change of the kind that editing makes: somewhere a piece goes, somewhere one comes. */
static void change(struct random *random, char *text)
{
	char old[512], added[64] = "";
	size_t len = strlen(text), at = random_below(random, len + 1), end, more = 0;

	at = utf8_boundary(text, len, at);
	end = at + random_below(random, len - at + 1) / (1 + random_below(random, 6));
	end = utf8_boundary(text, len, end);
	for (size_t n = random_below(random, 4); n > 0; n--)
		more = append_random(random, added, more);
	strcpy(old, text);
	snprintf(text, 400, "%.*s%s%s", (int)at, old, added, len < 150 ? old + end : "");
}

static size_t random_cursor(struct random *random, const char *text)
{
	size_t len = strlen(text), at = random_below(random, len + 1), cluster = 0;

	while (cluster < at)
		cluster = utf8_next_cluster(text, len, cluster);
	return cluster;
}

TEST(random_changes_look_as_if_written_anew)
{
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(150); round > 0; round--) {
		char text[512] = "";

		start(2 + random_below(&random, 30), 60);
		for (unsigned step = 0; step < 40; step++) {
			size_t cursor;

			change(&random, text);
			/* A mark of no width is a character of its own at the start. */
			if (strncmp(text, "\xcc\x81", 2) == 0 || strstr(text, "\n\xcc\x81"))
				text[0] = '\0';
			cursor = random_cursor(&random, text);
			show("$ ", text, cursor, NULL);
			if (screen.scrolled == 0 && screen.columns > 3)
				expect_plain("$ ", text, cursor);
		}
	}
}

/* A frame higher than the window: the screen shows the part around the cursor. */
TEST(view_follows_the_cursor)
{
	char text[128] = "", row[256];

	start(10, 4);
	for (int i = 0; i < 9; i++)
		sprintf(text + strlen(text), "%sline%d", i ? "\n" : "", i);
	show("$ ", text, strlen(text), NULL);
	screen_row(&screen, 0, row, sizeof(row));
	CHECK_STR_EQ(row, "> line5");
	screen_row(&screen, 3, row, sizeof(row));
	CHECK_STR_EQ(row, "> line8");
	show("$ ", text, 0, NULL);
	screen_row(&screen, 0, row, sizeof(row));
	CHECK_STR_EQ(row, "$ line0");
	CHECK_EQ(screen.row, 0);
	show("$ ", text, 12, NULL);
	show("$ ", text, strlen(text), NULL);
	screen_row(&screen, 3, row, sizeof(row));
	CHECK_STR_EQ(row, "> line8");
	CHECK_EQ(screen.row, 3);
}

/* A full row goes on in the next one by the terminal's own wrapping, so that it copies them as one line. */
TEST(terminal_knows_wrapped_rows)
{
	char text[64] = "";

	start(10, 8);
	for (size_t len = 0; len < 30; len++) {
		strcat(text, "a");
		show("$ ", text, strlen(text), NULL);
		CHECK_EQ(screen.is_wrapped[0], strlen(text) >= 8);
	}
	CHECK(screen.is_wrapped[1] && screen.is_wrapped[2] && !screen.is_wrapped[3]);
	start(10, 8);
	show("$ ", "aaaaaaaa\nb", 3, NULL);
	CHECK(!screen.is_wrapped[0]);
	start(10, 8);
	show("$ ", "aaaaaaaa", 0, NULL);
	CHECK(!screen.is_wrapped[0]);
	show("$ ", "aaaaaaaa", 8, NULL);
	CHECK(screen.is_wrapped[0]);
	/* The full row looks the same before and after; the next one is new. */
	start(10, 8);
	show("$ ", "aaaaaa\xe4\xb8\x80", 0, NULL);
	show("$ ", "aaaaaa\xe4\xb8\x80z", 0, NULL);
	CHECK(screen.is_wrapped[0]);
	expect_plain("$ ", "aaaaaa\xe4\xb8\x80z", 0);
}

/* ---- how little is sent */

TEST(typing_sends_the_character)
{
	start(40, 10);
	show("$ ", "ech", 3, NULL);
	CHECK_EQ(cost("$ ", "echo", 4), 1);
	CHECK_EQ(cost("$ ", "echo", 4), 0);
	CHECK_EQ(cost("$ ", "echo", 3), 1);
	CHECK_EQ(cost("$ ", "echo", 0), 3);
	CHECK_EQ(cost("$ ", "echo", 1), 1);
	CHECK_EQ(cost("$ ", "ech", 3), 5);
}

TEST(change_in_the_middle_leaves_the_rest_alone)
{
	start(80, 10);
	show("$ ", "for i in 1 2 3; do echo $i; done", 4, NULL);
	CHECK(cost("$ ", "for j in 1 2 3; do echo $i; done", 5) <= 2);
	CHECK(cost("$ ", "for j in 1 2 3; do echo $i; done", 20) <= 5);
}

TEST(end_of_a_row_is_shifted)
{
	start(40, 10);
	show("$ ", "commit --amend --no-edit", 0, NULL);
	CHECK(cost("$ ", "git commit --amend --no-edit", 4) <= 10);
	expect_row(0, "$ git commit --amend --no-edit");
	CHECK(cost("$ ", "git commit --am --no-edit", 15) <= 12);
	expect_row(0, "$ git commit --am --no-edit");
	/* Where the row is full, nothing may be pushed out. */
	show("$ ", "123456789012345678901234567890123456789", 0, NULL);
	show("$ ", "abc123456789012345678901234567890123456789", 3, NULL);
	expect_plain("$ ", "abc123456789012345678901234567890123456789", 3);
	show("$ ", "123456789012345678901234567890123456789", 0, NULL);
	expect_plain("$ ", "123456789012345678901234567890123456789", 0);
}

/* ---- prompts and characters */

TEST(prompt_of_colours_takes_no_room)
{
	start(20, 5);
	show("\001\033[1;32m\002me\001\033[0m\002:\033[34m~\033[m$ ", "ls", 2, NULL);
	expect_row(0, "me:~$ ls");
	CHECK_EQ(screen.column, 8);
	CHECK_STR_EQ(screen.cells[0][0].pen, "1;32");
	CHECK_STR_EQ(screen.cells[0][2].pen, "");
	CHECK_STR_EQ(screen.cells[0][3].pen, "34");
	CHECK_STR_EQ(screen.cells[0][6].pen, "");
	CHECK_EQ(cost("\001\033[1;32m\002me\001\033[0m\002:\033[34m~\033[m$ ", "lsx", 3), 1);
	CHECK_EQ(screen.unknown, 0);
}

static const char *pen_after(const char *first, const char *second)
{
	static struct pens pens;
	uint16_t pen = pens_after(&pens, EDITOR_PLAIN, first, strlen(first));

	return pens_text(&pens, pens_after(&pens, pen, second, strlen(second)));
}

TEST(colours_add_up_until_a_reset)
{
	CHECK_STR_EQ(pen_after("\033[41m", "\033[01;32m"), "\033[41m\033[01;32m");
	CHECK_STR_EQ(pen_after("\033[41m", "\033[0;32m"), "\033[0;32m");
	CHECK_STR_EQ(pen_after("\033[41m", "\033[;32m"), "\033[;32m");
	CHECK_STR_EQ(pen_after("\033[41m", "\033[00m"), "");
	CHECK_STR_EQ(pen_after("\033[41m", "\033[m"), "");
}

TEST(prompt_of_two_lines)
{
	start(20, 5);
	show("top\n$ ", "ls", 2, NULL);
	expect_row(0, "top");
	expect_row(1, "$ ls");
	CHECK_EQ(screen.row, 1);
}

TEST(title_is_sent_once)
{
	struct layout layout;

	start(20, 5);
	layout = display_begin(&display);
	layout_prompt(&layout, "\001\033]0;title\a\002$ ");
	layout_text(&layout, "", 0, 0, NULL, "");
	display_show(&display);
	CHECK(strstr(bytes_text(&display.out), "\033]0;title\a") != NULL);
	bytes_clear(&display.out);
	CHECK_EQ(cost("\001\033]0;title\a\002$ ", "x", 1), 1);
}

TEST(what_a_terminal_must_not_get_is_spelled)
{
	start(60, 5);
	show("$ ", "\x01\033[2J\x7f\xff\xe2\x80\xae\xcc\x81|e\xcc\x81", 0, NULL);
	expect_row(0, "$ ^A^[[2J^?\\xff<U+202E><U+0301>|e\xcc\x81");
	show("$ ", "a\n\xcc\x81\t\xcc\x81", 0, NULL);
	expect_row(1, "> <U+0301>      <U+0301>");
	CHECK_EQ(screen.unknown, 0);
}

TEST(tabs_are_blanks)
{
	start(20, 5);
	show("$ ", "a\tb", 3, NULL);
	expect_row(0, "$ a     b");
	CHECK_EQ(screen.column, 9);
}

TEST(styles)
{
	static const uint8_t styles[] = {EDITOR_COMMAND, EDITOR_COMMAND, EDITOR_PLAIN,
	                                 EDITOR_STRING, 200};

	start(20, 5);
	show("$ ", "ls 'x", 5, styles);
	CHECK_STR_EQ(screen.cells[0][2].pen, "32");
	CHECK_STR_EQ(screen.cells[0][5].pen, "33");
	CHECK_STR_EQ(screen.cells[0][6].pen, "");
	CHECK_STR_EQ(screen.pen, "");
	show("$ ", "ls", 2, NULL);
	CHECK_STR_EQ(screen.cells[0][2].pen, "");
	show("$ ", "ls", 2, styles);
	CHECK_STR_EQ(screen.cells[0][3].pen, "32");
	CHECK_STR_EQ(screen.pen, "");
}

/* ---- the end of a line, other output, other widths */

TEST(finish_goes_below)
{
	start(10, 6);
	show("$ ", "aaaaaaaaaaaa", 3, NULL);
	show("$ ", "aaaaaaaaaaaa", 12, NULL);
	display_finish(&display);
	send();
	CHECK_EQ(screen.row, 2);
	CHECK_EQ(screen.column, 0);
	show("$ ", "12345678", 8, NULL);
	display_finish(&display);
	send();
	CHECK_EQ(screen.row, 3);
	expect_row(2, "$ 12345678");
	expect_row(3, "");
}

TEST(erase_leaves_nothing)
{
	start(10, 6);
	screen_write(&screen, "before\r\n", 8);
	show("$ ", "aaaaaaaaaaaa\nb", 14, NULL);
	display_erase(&display);
	send();
	CHECK_EQ(screen.row, 1);
	CHECK_EQ(screen.column, 0);
	expect_row(0, "before");
	for (size_t row = 1; row < 6; row++)
		expect_row(row, "");
}

TEST(resize_wraps_anew)
{
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(300); round > 0; round--) {
		char text[128] = "";
		size_t row, cursor;

		start(5 + random_below(&random, 30), 40);
		screen_write(&screen, "before\r\n", 8);
		for (size_t i = random_below(&random, 60), len = 0; i > 0; i--) {
			text[len++] = "abc \n"[random_below(&random, 5)];
			text[len] = '\0';
		}
		cursor = random_below(&random, strlen(text) + 1);
		show("$ ", text, cursor, NULL);
		before = screen;
		screen_resize(&screen, 7 + random_below(&random, 30), 40);
		display_resize(&display, screen.columns, 40);
		show("$ ", text, cursor, NULL);
		screen_init(&plain, screen.columns, screen.rows);
		screen_write(&plain, "before\r\n$ ", 10);
		write_plainly(text, strlen(text));
		if (screen.scrolled || screen_same(&screen, &plain, &row))
			continue;
		printf("text \"%s\", cursor %zu, row %zu\n", text, cursor, row);
		screen_print(&before);
		screen_print(&screen);
		screen_print(&plain);
		CHECK(!"the screens differ");
	}
}

/* The cursor's row was only wrapped into; at half the width it is wrapped into again. */
TEST(resize_at_the_end_of_a_full_row)
{
	start(20, 8);
	screen_write(&screen, "before\r\n", 8);
	show("$ ", "123456789012345678", 18, NULL);
	screen_resize(&screen, 10, 8);
	display_resize(&display, 10, 8);
	show("$ ", "123456789012345678", 18, NULL);
	expect_row(0, "before");
	expect_row(1, "$ 12345678");
	expect_row(2, "9012345678");
	expect_row(3, "");
	CHECK_EQ(screen.row, 3);
}

TEST(clear_starts_at_the_top)
{
	start(20, 5);
	screen_write(&screen, "before\r\n", 8);
	show("$ ", "ls", 2, NULL);
	display_clear(&display);
	show("$ ", "ls", 2, NULL);
	expect_row(0, "$ ls");
	expect_row(1, "");
	CHECK_EQ(screen.row, 0);
}

TEST_MAIN();
