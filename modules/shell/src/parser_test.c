/*
 * Host tests of the lexer and the parser: what a text becomes, printed again in one line, and which texts are no
 * commands.
 */
#include "alias.h"
#include "test_shell.h"
#include <base/test.h>

static struct shell sh;

static void parses(const char *text, const char *wanted)
{
	test_shell_begin(&sh);
	CHECK_STR_EQ(test_shell_parse(&sh, text), wanted);
	test_shell_end(&sh);
}

static void is_wrong(const char *text)
{
	parses(text, "error");
}

TEST(lists_and_pipelines)
{
	parses("a b|c d&&e||f", "a b | c d && e || f");
	parses("! a | b", "! a | b");
	parses("a; b & c", "a; b &; c");
	parses("a |& b", "a 2>&1 | b");
}

TEST(compound_commands)
{
	parses("if a\nthen b\nelif c\nthen d\nelse e\nfi",
	       "if a; then b; else if c; then d; else e; fi; fi");
	parses("while a; do b; done", "while a; do b; done");
	parses("until a; do b; done >f", "{ until a; do b; done; } >f");
	parses("for x in a b; do c; done", "for x in a b; do c; done");
	parses("for x do c; done", "for x; do c; done");
	parses("case x in (a|b) c;; d) ;; esac", "case x in a|b) c ;; d)  ;; esac");
	parses("{ a; b; }", "{ a; b; }");
	parses("(a; b)", "(a; b)");
	parses("f() { a; }", "f() { a; }");
	parses("function f { a; }", "f() { a; }");
	parses("for 1..3 echo hi", "for 1..3; do echo hi; done");
}

TEST(quotes_keep_their_text)
{
	parses("echo 'a b' \"c $d\" e\\ f", "echo 'a b' 'c '\"${d}\" e' 'f");
	parses("echo $'a\\tb'", "echo 'a\tb'");
	parses("echo a\\\nb", "echo ab");
}

TEST(expansions_are_parsed_with_the_word)
{
	parses("echo $(a; b) `c` $((1+2))", "echo $(a; b) $(c) $(('1+2'))");
}

TEST(subshells_that_look_like_arithmetic)
{
	parses("echo $((a); (b))", "echo $((a); (b))");
	parses("echo $((a) | b)", "echo $((a) | b)");
}

TEST(redirections)
{
	parses("a >b <c 2>>d 3<&- >|e <>f", "a >b <c 2>>d 3<&- >|e <>f");
	parses("a &>b", "a &>b");
	parses("a <<<b", "a <<<b");
	parses("2>f", " 2>f");
	parses("a 2 >f", "a 2 >f");
}

/* Each number once doubled the text's room. */
TEST(many_redirections_are_printed)
{
	char text[401] = "a";

	for (unsigned i = 0; i < 40; i++)
		strcat(text, " 7>f");
	parses(text, text);
}

/* Bodies once were parsed in each try to read what is around them as arithmetic. */
TEST(here_documents_in_what_may_be_arithmetic)
{
	char text[2000] = "";

	parses("echo $((a <<E); b)\n$(c)\nE\n", "echo $((a <<...); b)");
	for (unsigned i = 0; i < 100; i++)
		strcat(text, "$((cat <<E\n");
	is_wrong(text);
}

TEST(here_documents_follow_their_line)
{
	test_shell_begin(&sh);
	CHECK_STR_EQ(test_shell_output(&sh, "read x <<E; echo \"$x\"\n  a b\nE\n"), "a b\n");
	CHECK_STR_EQ(test_shell_output(&sh, "read x <<-E; echo \"$x\"\n\t\ta\n\tE\n"), "a\n");
	CHECK_STR_EQ(test_shell_output(&sh, "y=1; read -r x <<'E'; echo \"$x\"\n$y\nE\n"), "$y\n");
	CHECK_STR_EQ(test_shell_output(&sh, "read -r x <<$'\\tE'; echo \"$x\"\n$y\n\tE\n"), "$y\n");
	CHECK_STR_EQ(test_shell_output(&sh, "read -r x <<$\"E$\"; echo \"$x\"\n$y\n$E$\n"), "$y\n");
	test_shell_end(&sh);
}

TEST(syntax_errors_are_found)
{
	is_wrong("if a; fi");
	is_wrong("a | | b");
	is_wrong("a &&");
	is_wrong("(a");
	is_wrong("a )");
	is_wrong("{ a; ");
	is_wrong("case x in a");
	is_wrong("for 1x in a; do b; done");
	is_wrong("echo 'a");
	is_wrong("echo \"a");
	is_wrong("echo `a");
	is_wrong("echo $(a");
	is_wrong("echo ${a");
	is_wrong("; a");
	is_wrong("a ;; b");
	is_wrong("do a; done");
	is_wrong("a >");
	is_wrong("f() ");
	is_wrong("[[ a == ]]");
}

TEST(what_looked_like_arithmetic_may_hold_several_commands)
{
	test_shell_begin(&sh);
	test_shell_output(&sh, "echo $((a); `b\nc`\nd)\n");
	CHECK_STR_EQ(test_shell_output(&sh, "echo $((echo a)\n)\necho b"), "a\nb\n");
	test_shell_end(&sh);
}

/* Each level is tried as arithmetic and then read as commands: trying again inside would take 2^40 steps. */
TEST(nested_tries_are_made_once)
{
	char text[1000] = "echo ";

	for (int i = 0; i < 40; i++)
		strcat(text, "$((");
	is_wrong(text);
	strcpy(text, "echo ");
	for (int i = 0; i < 40; i++)
		strcat(text, "$((echo ");
	for (int i = 0; i < 40; i++)
		strcat(text, ") )");
	test_shell_begin(&sh);
	CHECK(strcmp(test_shell_parse(&sh, text), "error") != 0);
	test_shell_end(&sh);
}

TEST(deep_nesting_is_refused_not_followed)
{
	char text[6001];

	memset(text, '(', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	is_wrong(text);
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "$(", 2);
	is_wrong(text);
}

TEST(aliases_stand_for_their_text_but_not_for_themselves)
{
	test_shell_begin(&sh);
	alias_set(&sh, "ll", "ls -l");
	alias_set(&sh, "ls", "ls -F");
	alias_set(&sh, "do_it", "nice ");
	CHECK_STR_EQ(test_shell_parse(&sh, "ll x"), "ls -F -l x");
	CHECK_STR_EQ(test_shell_parse(&sh, "do_it ll"), "nice ls -F -l");
	CHECK_STR_EQ(test_shell_parse(&sh, "\\ll"), "'l'l");
	CHECK_STR_EQ(test_shell_parse(&sh, "echo ll"), "echo ll");
	test_shell_end(&sh);
}

TEST(aliases_in_what_is_no_arithmetic_are_put_in_once)
{
	test_shell_begin(&sh);
	alias_set(&sh, "a", "echo x");
	alias_set(&sh, "b", "echo $((c); d)");
	alias_set(&sh, "e", "echo $((f");
	CHECK_STR_EQ(test_shell_parse(&sh, "echo $(($(a)); g)"), "echo $(($(echo x)); g)");
	CHECK_STR_EQ(test_shell_parse(&sh, "b"), "echo $((c); d)");
	CHECK_STR_EQ(test_shell_parse(&sh, "e); g)"), "echo $((f); g)");
	CHECK_STR_EQ(test_shell_parse(&sh, "h $(($(b)); g)"), "h $(($(echo $((c); d))); g)");
	test_shell_end(&sh);
}

TEST(posix_mode_has_no_extensions)
{
	test_shell_begin(&sh);
	option_set(&sh, OPT_POSIX, true);
	CHECK_STR_EQ(test_shell_parse(&sh, "a &>b"), "a &;  >b");
	CHECK_STR_EQ(test_shell_parse(&sh, "for 1..3 echo hi"), "error");
	CHECK_STR_EQ(test_shell_parse(&sh, "[[ a ]]"), "[[ a ]]");
	CHECK_STR_EQ(test_shell_parse(&sh, "a=(b)"), "error");
	test_shell_end(&sh);
}

TEST_MAIN();
