/*
 * The editor's commands in known sessions: keys in, text and screen out.
 */
#include <base/test.h>

#include "edit/test/session.h"

static const struct editor_host bare_host;

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
	{"abcdefghijklmnopqrstuvwxyz\x1f", "abcdefghijklmnopqrst|"},
	{"gam\t", "gamma |"},
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
	{"bet gam\x02\x02\x02\x02\t", "beta |gam"},
	{"betgam\x02\x02\x02\t", "beta |gam"},
	{"be\033*", "beta |"},
	{"zz\t", "zz|"},
};

TEST(keys_make_lines)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		session_start(NULL);
		type(lines[i].keys);
		expect(lines[i].expected);
	}
	session_stop();
}

TEST(line_ends)
{
	char *text;

	session_start(NULL);
	type("ls -l\r");
	CHECK_EQ(editor->state, EDITOR_ACCEPTED);
	text = edit_text(editor);
	CHECK_STR_EQ(text, "ls -l");
	free(text);
	session_begin();
	expect("|");
	type("x\x04");
	CHECK_EQ(editor->state, EDITOR_EDITING);
	type("\x7f\x04");
	CHECK_EQ(editor->state, EDITOR_ENDED);
	session_begin();
	type("x\x03");
	CHECK_EQ(editor->state, EDITOR_ABORTED);
	session_begin();
	type("\033\x03");
	CHECK_EQ(editor->state, EDITOR_ABORTED);
	editor_set_text(editor, "preset");
	session_begin();
	expect("preset|");
	session_begin();
	expect("|");
	session_stop();
}

TEST(undo_is_per_line)
{
	session_start(NULL);
	type("first\r");
	session_begin();
	type("\x1f");
	expect("|");
	session_stop();
}

/* ---- history */

TEST(up_and_down)
{
	session_start("one", "two", "two", "three", NULL);
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
	session_stop();
}

TEST(drafts_are_kept)
{
	session_start("one", "two", NULL);
	type("mine\x10+\x10-\x0e");
	expect("two+|");
	type("\x0e");
	expect("mine|");
	type("\x10\x10");
	expect("one-|");
	CHECK_STR_EQ(history_get(history, 1), "one");
	session_stop();
}

TEST(up_searches_by_prefix)
{
	session_start("ls a", "cat b", "ls c", "ls c", "make", NULL);
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
	session_stop();
}

TEST(up_goes_through_lines_first)
{
	session_start("one", "a\nb", NULL);
	type("\033[A");
	expect("a\nb|");
	type("\033[A");
	expect("a|\nb");
	type("\033[A");
	expect("one|");
	type("\033[B");
	expect("a\nb|");
	session_stop();
}

TEST(last_argument)
{
	session_start("cp a 'b c'", "ls  x\\ y ", "echo $(date)|wc", NULL);
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
	session_stop();
}

TEST(incremental_search)
{
	session_start("make all", "ls", "make test", "cd", NULL);
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
	session_begin();
	type("\x12\x12");
	expect("make |test");
	type("\r");
	CHECK_EQ(editor->state, EDITOR_ACCEPTED);
	session_stop();
}

TEST(search_takes_characters_back)
{
	session_start("abc", "abd", NULL);
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
	session_stop();
}

TEST(without_a_history)
{
	session_start(NULL);
	editor_set_history(editor, NULL);
	type("x\033[A\x10\x0e\x12q\x12\x07\033.");
	expect("x|");
	session_stop();
	editor = editor_new(no_input(), -1, &bare_host);
	session_begin();
	type("x\t\t\033?\x18\x05'\r");
	CHECK_EQ(editor->state, EDITOR_ACCEPTED);
	session_stop();
}

/* ---- completion */

TEST(second_tab_lists)
{
	session_start(NULL);
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
	session_stop();
}

TEST(common_part_is_of_whole_characters)
{
	session_start(NULL);
	type("\t");
	expect("|");
	expect_row(1, "");
	type("\t");
	expect_row(1, "alpha     beta      \xc3\xa8re");
	expect_row(2, "alphabet  gamma     \xc3\xa9t\xc3\xa9");
	session_stop();
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

	session_start(NULL);
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
	for (size_t i = 1; editor_command(i); i++)
		CHECK(strcmp(editor_command(i - 1), editor_command(i)) < 0);
	while (editor_bind(editor,
	                   (snprintf(key, sizeof(key), "%c%c", 0xc4, (int)(0x80 + count % 64)),
	                    key),
	                   "undo") &&
	       count < 1000)
		count++;
	session_stop();
}

TEST_MAIN();
