/*
 * The whole editor without a terminal: bytes in, text and screen out. Known sessions first; then random keys, with the
 * text compared to a plain model of the commands and the screen to one drawn from nothing.
 */
#include <fcntl.h>
#include <stdarg.h>

#include <base/random.h>
#include <base/test.h>

#include "edit/editor.h"
#include "edit/test/screen.h"
#include "edit/utf8.h"

static struct screen screen, fresh;
static struct editor *editor;
static struct history *history;

/* ---- a host */

static bool has_even_quotes(void *context, const char *text)
{
	unsigned quotes = 0;

	(void)context;
	for (; *text; text++)
		quotes += *text == '\'';
	return quotes % 2 == 0;
}

static void complete(void *context, const char *text, size_t cursor, struct editor_candidates *out)
{
	static const char *const words[] = {"alpha",      "alphabet", "beta", "\xc3\xa9t\xc3\xa9",
	                                    "\xc3\xa8re", "gamma"};
	size_t start = cursor;

	(void)context;
	while (start > 0 && text[start - 1] != ' ')
		start--;
	editor_candidates_start(out, start);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(words[i], text + start, cursor - start) == 0)
			editor_candidate(out, words[i], NULL, ' ');
	}
}

static const struct editor_host host = {.complete = complete, .is_complete = has_even_quotes};
static const struct editor_host bare_host;

/* ---- sessions */

static void draw(void)
{
	edit_refresh(editor);
	screen_write(&screen, bytes_text(&editor->display.out), editor->display.out.len);
	bytes_clear(&editor->display.out);
}

static void begin(void)
{
	CHECK(edit_begin(editor, "$ "));
	screen_init(&screen, 40, 20);
	display_resize(&editor->display, 40, 20);
	draw();
}

/* Where a question of the editor finds the end of its input. */
static int no_input(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/null", O_RDONLY);
	return fd;
}

/* An editor with a history of these entries, the last argument NULL. */
static void start(const char *entry, ...)
{
	va_list entries;

	editor_free(editor);
	history_free(history);
	editor = editor_new(no_input(), -1, &host);
	history = history_new(100, HISTORY_KEEP);
	editor_set_history(editor, history);
	va_start(entries, entry);
	for (; entry; entry = va_arg(entries, const char *))
		history_add(history, entry);
	va_end(entries);
	begin();
}

static void stop(void)
{
	editor_free(editor);
	history_free(history);
	editor = NULL;
	history = NULL;
}

static void type(const char *bytes)
{
	uint32_t key;

	for (; *bytes && editor->state == EDITOR_EDITING; bytes++) {
		edit_byte(editor, (uint8_t)*bytes);
		while (keys_next(&editor->keys, &key))
			edit_key(editor, key);
	}
	draw();
}

/* The text is that of expected, with the cursor at its '|'. */
static void expect(const char *expected)
{
	struct bytes got = {0};

	bytes_add(&got, bytes_text(&editor->line.text), editor->line.cursor);
	bytes_add(&got, "|", 1);
	bytes_add_text(&got, bytes_text(&editor->line.text) + editor->line.cursor);
	CHECK_STR_EQ(got.data, expected);
	bytes_free(&got);
	CHECK_EQ(screen.unknown, 0);
}

static void expect_row(size_t row, const char *text)
{
	char got[SCREEN_COLUMNS * 8];

	screen_row(&screen, row, got, sizeof(got));
	CHECK_STR_EQ(got, text);
}

/* Each: keys typed on an empty line, and what they make. */
static const struct {
	const char *keys, *expected;
} lines[] = {
	{"abc\x02\x02x", "ax|bc"},
	{"abc\x01x\x05y", "xabcy|"},
	{"abc\033[D\033[D\033[3~", "a|c"},
	{"abc\033[Hx\033[Fy", "xabcy|"},
	{"one two three\033b\033b\033d", "one | three"},
	{"one two three\033b\033b\033f!", "one two!| three"},
	{"one two\033[1;5D\033[1;5D\x04", "|ne two"},
	{"one two-three\x17", "one |"},
	{"one two-three\033\x7f", "one two-|"},
	{"one two\x15\x19\x19", "one twoone two|"},
	{"one two three\x17\x17\x19", "one two three|"},
	{"one two\033b\x0b\x01\x19", "two|one "},
	{"aa bb\x17zz\x15\x19\033y", "bb|"},
	{"aa bb\x17zz\x15\x19\033y\033y", "aa zz|"},
	{"aa\033y", "aa|"},
	{"abc\x14", "acb|"},
	{"abc\x02\x02\x14", "ba|c"},
	{"a\x14", "a|"},
	{"one two\033t", "two one|"},
	{"one, two three\033b\033b\033t", "two, one| three"},
	{"hello world\033b\033u", "hello WORLD|"},
	{"HELLO\x01\033l", "hello|"},
	{"hELLO wORLD\x01\033c\033c", "Hello World|"},
	{"abc def\x1f\x1f", "|"},
	{"abc def\x1f", "abc|"},
	{"abc\x17\x1f", "abc|"},
	{"abc\x17x\x1f\x1f", "abc|"},
	{"abc\x18\x15\x1f", "|"},
	{"ab\033rx", "x|"},
	{"\x16\x03\x16\tx", "\x03\tx|"},
	{"\x16\xc3\xa9", "\xc3\xa9|"},
	{"\033[200~a\rb\r\nc\n\x01\033[201~", "a\nb\nc\n\x01|"},
	{"ab  \t cd\x02\x02\x02\033\\", "ab|cd"},
	{"\033\rx", "\nx|"},
	{"'a\rb", "'a\nb|"},
	{"one\033\rtwo\033[Ax", "onex|\ntwo"},
	{"one\033\rtwo\033[A\033[B!", "one\ntwo!|"},
	{"one\033\rtwo\x01-\033<+", "+|one\n-two"},
	{"one\033\rtwo\033<\033>!", "one\ntwo!|"},
	{"one\033\rtwo\x15\x15", "one|"},
	{"one\033\rtwo\033<\x0b\x0b", "|two"},
	{"\033"
         "5x",
         "xxxxx|"},
	{"\033"
         "12x\033"
         "3\x02y",
         "xxxxxxxxxy|xxx"},
	{"abcdef\033"
         "3\x7f",
         "abc|"},
	{"e\xcc\x81"
         "x\x02\x7f",
         "|x"},
	{"\xe4\xb8\x80\xe4\xba\x8c\x02\x14", "\xe4\xba\x8c\xe4\xb8\x80|"},
	{"\xff\xfe"
         "a\x02\x7f",
         "\xff|a"},
	{"a\033[99~\033[Ib", "ab|"},
	{"a\x02\x02\x02\x7f"
         "b",
         "b|a"},
	{"\x18\x05q", "q|"},
	{"alphab\t", "alphabet |"},
	{"x al\t", "x alpha|"},
	{"x \xc3\t", "x \xc3|"},
	{"bet gam\x02\x02\x02\x02\t", "beta | gam"},
	{"be\033*", "beta |"},
	{"zz\t", "zz|"},
};

TEST(keys_make_lines)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		start(NULL);
		type(lines[i].keys);
		expect(lines[i].expected);
	}
	stop();
}

TEST(line_ends)
{
	char *text;

	start(NULL);
	type("ls -l\r");
	CHECK_EQ(editor->state, EDITOR_ACCEPTED);
	text = edit_text(editor);
	CHECK_STR_EQ(text, "ls -l");
	free(text);
	begin();
	expect("|");
	type("x\x04");
	CHECK_EQ(editor->state, EDITOR_EDITING);
	type("\x7f\x04");
	CHECK_EQ(editor->state, EDITOR_ENDED);
	begin();
	type("x\x03");
	CHECK_EQ(editor->state, EDITOR_ABORTED);
	begin();
	type("\033\x03");
	CHECK_EQ(editor->state, EDITOR_ABORTED);
	editor_set_text(editor, "preset");
	begin();
	expect("preset|");
	begin();
	expect("|");
	stop();
}

TEST(undo_is_per_line)
{
	start(NULL);
	type("first\r");
	begin();
	type("\x1f");
	expect("|");
	stop();
}

/* ---- history */

TEST(up_and_down)
{
	start("one", "two", "two", "three", NULL);
	type("\033[A");
	expect("three|");
	type("\033[A");
	expect("two|");
	type("\033[A");
	expect("one|");
	CHECK_EQ(screen.bells, 0);
	type("\033[A");
	expect("one|");
	type("\033[B\033[B");
	expect("three|");
	type("\033[B");
	expect("|");
	stop();
}

TEST(drafts_are_kept)
{
	start("one", "two", NULL);
	type("mine\x10+\x10-\x0e");
	expect("two+|");
	type("\x0e");
	expect("mine|");
	type("\x10\x10");
	expect("one-|");
	CHECK_STR_EQ(history_get(history, 1), "one");
	stop();
}

TEST(up_searches_by_prefix)
{
	start("ls a", "cat b", "ls c", "ls c", "make", NULL);
	type("ls\033[A");
	expect("ls c|");
	type("\033[A");
	expect("ls a|");
	type("\033[A");
	expect("ls a|");
	type("\033[B");
	expect("ls c|");
	type("\033[B");
	expect("ls|");
	type("\x10");
	expect("make|");
	stop();
}

TEST(up_goes_through_lines_first)
{
	start("one", "a\nb", NULL);
	type("\033[A");
	expect("a\nb|");
	type("\033[A");
	expect("a|\nb");
	type("\033[A");
	expect("one|");
	type("\033[B");
	expect("a\nb|");
	stop();
}

TEST(last_argument)
{
	start("cp a 'b c'", "ls  x\\ y ", "echo $(date)|wc", NULL);
	type("v \033.");
	expect("v wc|");
	type("\033.");
	expect("v x\\ y|");
	type("\033_");
	expect("v 'b c'|");
	type("\033.");
	expect("v 'b c'|");
	type(" \033.");
	expect("v 'b c' wc|");
	stop();
}

TEST(incremental_search)
{
	start("make all", "ls", "make test", "cd", NULL);
	type("mine\x12");
	expect_row(0, "(reverse-search)`': mine");
	type("ma");
	expect("|make test");
	expect_row(0, "(reverse-search)`ma': make test");
	type("\x12");
	expect("|make all");
	type("\x12");
	expect_row(0, "(failed reverse-search)`ma': make all");
	type("\x13");
	expect("|make test");
	type("x");
	expect_row(0, "(failed forward-search)`max': make test");
	type("\x07");
	expect("mine|");
	expect_row(0, "$ mine");
	type("\x12test\x05!");
	expect("make test!|");
	begin();
	type("\x12\x12");
	expect("make |test");
	type("\r");
	CHECK_EQ(editor->state, EDITOR_ACCEPTED);
	stop();
}

TEST(search_takes_characters_back)
{
	start("abc", "abd", NULL);
	type("\x12"
	     "abc");
	expect("|abc");
	type("\x7f");
	expect("|abd");
	type("\x7f\x7f");
	expect("|");
	type("\x7f");
	CHECK(screen.bells > 0);
	type("\xc3\xa9\x7f"
	     "ab\033[D");
	expect("|abd");
	stop();
}

TEST(without_a_history)
{
	start(NULL);
	editor_set_history(editor, NULL);
	type("x\033[A\x10\x0e\x12q\x12\x07\033.");
	expect("x|");
	stop();
	editor = editor_new(no_input(), -1, &bare_host);
	begin();
	type("x\t\t\033?\x18\x05'\r");
	CHECK_EQ(editor->state, EDITOR_ACCEPTED);
	stop();
}

/* ---- completion */

TEST(second_tab_lists)
{
	start(NULL);
	type("al\t");
	expect("alpha|");
	CHECK_EQ(screen.bells, 1);
	type("\t");
	expect("alpha|");
	expect_row(0, "$ alpha");
	expect_row(1, "alpha     alphabet");
	expect_row(2, "$ alpha");
	CHECK_EQ(screen.row, 2);
	type("b\t");
	expect_row(2, "$ alphabet");
	stop();
}

TEST(common_part_is_of_whole_characters)
{
	start(NULL);
	type("\t");
	expect("|");
	type("\t");
	expect_row(1, "alpha     beta      \xc3\xa8re");
	expect_row(2, "alphabet  gamma     \xc3\xa9t\xc3\xa9");
	stop();
}

TEST(quoting)
{
	static const struct {
		const char *text;
		char quote;
		const char *quoted;
	} known[] = {{"plain-1.txt", '\0', "plain-1.txt"},
	             {"a b$c", '\0', "a\\ b\\$c"},
	             {"a b$c\"", '"', "a b\\$c\\\""},
	             {"it's $x", '\'', "it'\\''s $x"},
	             {"~#~#", '\0', "\\~#~#"},
	             {"a\nb", '\0', "a$'\\n'b"},
	             {"\xc3\xa9\xff", '\0', "\xc3\xa9\xff"},
	             {"", '\0', ""}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char *quoted = editor_quote(known[i].text, known[i].quote);

		CHECK_STR_EQ(quoted, known[i].quoted);
		free(quoted);
	}
}

/* ---- bindings */

TEST(bindings_can_change)
{
	char key[32];
	const char *command;
	size_t count = 0;

	start(NULL);
	CHECK(editor_bind(editor, "C-o", "kill-word"));
	CHECK(editor_bind(editor, "\xc3\xa9", "beginning-of-line"));
	CHECK(editor_bind(editor, "C-a", NULL));
	CHECK(!editor_bind(editor, "C-a", "no-such-command"));
	CHECK(!editor_bind(editor, "no key", "undo"));
	type("ab cd\xc3\xa9\x0f\x01");
	expect("| cd");
	while (editor_binding(editor, count, key, sizeof(key), &command))
		count++;
	CHECK(count > 60);
	while (editor_bind(editor,
	                   (snprintf(key, sizeof(key), "%c%c", 0xc4, (int)(0x80 + count % 64)),
	                    key),
	                   "undo") &&
	       count < 1000)
		count++;
	stop();
}

/* ---- random keys against a model */

/* The plainest text editor that does what the keys below mean. */
struct model {
	char text[4096], killed[4096];
	size_t cursor;
};

static size_t left_of(const struct model *m, size_t at)
{
	return at ? utf8_previous(m->text, at) : 0;
}

static size_t right_of(const struct model *m, size_t at)
{
	uint32_t code;

	return m->text[at] ? at + utf8_decode(m->text + at, strlen(m->text + at), &code) : at;
}

static bool is_letter(char c)
{
	return c & 0x80 || (c >= 'a' && c <= 'z');
}

static void cut(struct model *m, size_t from, size_t to)
{
	memmove(m->text + from, m->text + to, strlen(m->text + to) + 1);
	m->cursor = from;
}

static void kill(struct model *m, size_t from, size_t to)
{
	if (from != to)
		snprintf(m->killed, sizeof(m->killed), "%.*s", (int)(to - from), m->text + from);
	cut(m, from, to);
}

static void insert(struct model *m, const char *text)
{
	size_t len = strlen(text);

	memmove(m->text + m->cursor + len, m->text + m->cursor, strlen(m->text + m->cursor) + 1);
	memcpy(m->text + m->cursor, text, len);
	m->cursor += len;
}

static void line_home(struct model *m)
{
	while (m->cursor && m->text[m->cursor - 1] != '\n')
		m->cursor--;
}

static void line_finish(struct model *m)
{
	while (m->text[m->cursor] && m->text[m->cursor] != '\n')
		m->cursor++;
}

static void word_right(struct model *m)
{
	while (m->text[m->cursor] && !is_letter(m->text[m->cursor]))
		m->cursor++;
	while (is_letter(m->text[m->cursor]))
		m->cursor++;
}

static void word_left(struct model *m)
{
	while (m->cursor && !is_letter(m->text[m->cursor - 1]))
		m->cursor--;
	while (m->cursor && is_letter(m->text[m->cursor - 1]))
		m->cursor--;
}

static void model_move(struct model *m, const char *key)
{
	switch (key[strlen(key) - 1]) {
	case 0x02: m->cursor = left_of(m, m->cursor); break;
	case 0x06: m->cursor = right_of(m, m->cursor); break;
	case 0x01: line_home(m); break;
	case 0x05: line_finish(m); break;
	case 'f': word_right(m); break;
	case 'b': word_left(m); break;
	default: break;
	}
}

static void model_kill(struct model *m, const char *key)
{
	size_t at = m->cursor, to;

	switch (key[strlen(key) - 1]) {
	case 0x0b:
		line_finish(m);
		to = m->cursor == at ? right_of(m, at) : m->cursor;
		kill(m, at, to);
		break;
	case 0x15:
		line_home(m);
		to = m->cursor == at ? left_of(m, at) : m->cursor;
		kill(m, to, at);
		break;
	case 'd':
		word_right(m);
		kill(m, at, m->cursor);
		break;
	default: break;
	}
}

static void model_key(struct model *m, const char *key)
{
	if (strchr("\x01\x02\x05\x06", key[0]) || strcmp(key, "\033f") == 0 ||
	    strcmp(key, "\033b") == 0)
		model_move(m, key);
	else if (strchr("\x0b\x15", key[0]) || strcmp(key, "\033d") == 0)
		model_kill(m, key);
	else if (key[0] == 0x7f)
		cut(m, left_of(m, m->cursor), m->cursor);
	else if (key[0] == 0x04 && m->text[0])
		cut(m, m->cursor, right_of(m, m->cursor));
	else if (key[0] == 0x19)
		insert(m, m->killed);
	else if (strcmp(key, "\033\r") == 0)
		insert(m, "\n");
	else if (key[0] == '\033')
		insert(m, "p\nq");
	else if (key[0] != 0x04)
		insert(m, key);
}

static const char *const model_keys[] = {
	"a",      "b",        "word",         " ",
	" ",      "\xc3\xa9", "\xe4\xb8\x80", "\xf0\x9f\x98\x80",
	"\033\r", "\x01",     "\x02",         "\x02",
	"\x05",   "\x06",     "\033f",        "\033b",
	"\x7f",   "\x7f",     "\x04",         "\x0b",
	"\x15",   "\033d",    "\x19",         "\033[200~p\rq\033[201~"};

/* Draws all anew on an empty screen. */
static void expect_same_as_fresh(size_t columns, size_t rows)
{
	struct display kept = editor->display;
	size_t row;

	editor->display = (struct display){0};
	display_resize(&editor->display, columns, rows);
	display_forget(&editor->display);
	edit_refresh(editor);
	screen_init(&fresh, columns, rows);
	screen_write(&fresh, bytes_text(&editor->display.out), editor->display.out.len);
	display_free(&editor->display);
	editor->display = kept;
	if (!screen_same(&screen, &fresh, &row) || screen.column != fresh.column) {
		screen_print(&screen);
		screen_print(&fresh);
		CHECK(!"the screens differ");
	}
}

/* A key without a meaning follows each, since the model does not join kills in a row. */
TEST(random_keys_against_a_model)
{
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(60); round > 0; round--) {
		static struct model model;
		size_t columns = 4 + random_below(&random, 40);

		memset(&model, 0, sizeof(model));
		start(NULL);
		screen_init(&screen, columns, SCREEN_ROWS);
		display_resize(&editor->display, columns, SCREEN_ROWS);
		display_forget(&editor->display);
		for (unsigned step = 0; step < 80 && strlen(model.text) < 1000; step++) {
			const char *key = model_keys[random_below(
				&random, sizeof(model_keys) / sizeof(model_keys[0]))];
			if (key[0] == 0x04 && !model.text[0])
				continue;
			type(key);
			type("\x18q");
			if (strcmp(key, "word") == 0)
				insert(&model, key);
			else
				model_key(&model, key);
			CHECK_STR_EQ(bytes_text(&editor->line.text), model.text);
			CHECK_EQ(editor->line.cursor, model.cursor);
			if (screen.scrolled == 0)
				expect_same_as_fresh(columns, SCREEN_ROWS);
		}
	}
	stop();
}

/* Undo takes every session back to where it began. */
TEST(undo_takes_everything_back)
{
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(40); round > 0; round--) {
		start(NULL);
		for (unsigned step = 0; step < 60; step++) {
			const char *key = model_keys[random_below(
				&random, sizeof(model_keys) / sizeof(model_keys[0]))];
			if (key[0] != 0x04 || editor->line.text.len)
				type(key);
		}
		for (unsigned step = 0; step < 200; step++)
			type("\x1f");
		expect("|");
	}
	stop();
}

/* Any bytes at any window: nothing breaks, and the screen is right as far as it can be judged. */
TEST(random_bytes)
{
	static const char pool[] =
		"ab' \t\r\n\x01\x02\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x12\x13\x14\x15\x16\x17\x18\x19\x1f"
		"\033\033\033[[ABCDHF~35;.?*<>_tulcdfby\x7f\x80\xc3\xa9\xe4\xb8\x80\xcc\x81\xff\xe2\x80\xae";
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(150); round > 0; round--) {
		start("ls", "echo a b", "two\nlines", "\xff\x01", NULL);
		for (unsigned step = 0; step < 150; step++) {
			char byte[2] = {pool[random_below(&random, sizeof(pool) - 1)]};

			type(byte);
			if (editor->state != EDITOR_EDITING)
				begin();
			if (random_below(&random, 40) == 0) {
				size_t columns = 1 + random_below(&random, 60);
				size_t rows = 1 + random_below(&random, 20);

				screen_resize(&screen, columns, rows);
				display_resize(&editor->display, columns, rows);
				draw();
			}
			CHECK(editor->line.cursor <= editor->line.text.len);
			CHECK_EQ(screen.unknown, 0);
		}
	}
	stop();
}

TEST_MAIN();
