/*
 * Host tests of running commands in one process: what changes under the feet of what runs, and that all memory comes
 * back (the leak checker looks when the program ends).
 */
#include "test_shell.h"
#include <base/test.h>

static struct shell sh;

static void prints(const char *commands, const char *wanted)
{
	test_shell_begin(&sh);
	CHECK_STR_EQ(test_shell_output(&sh, commands), wanted);
	test_shell_end(&sh);
}

TEST(functions_may_change_themselves)
{
	prints("f() { f() { echo second; }; echo first; }\nf; f\n", "first\nsecond\n");
	prints("f() { unset -f f; echo still; g=$(echo here); echo $g; }\nf\n", "still\nhere\n");
	prints("f() { eval 'f() { echo new; }'; for i in 1 2; do echo $i; done; }\nf; f\n",
	       "1\n2\nnew\n");
	prints("f() { [ $1 = 0 ] || f $(($1 - 1)); echo $1; }\nf 3\n", "0\n1\n2\n3\n");
}

TEST(parameters_may_change_under_a_call)
{
	prints("f() { set -- x y; shift; echo $1; }\nset -- a b\nf c; echo $1\n", "y\na\n");
	prints("x=old; f() { x=new; echo $1; }\nf $x; f \"$x\"\n", "old\nnew\n");
	prints("set -- a b c\nfor i; do shift; echo $i $#; done\n", "a 2\nb 1\nc 0\n");
	prints("x=abc; x=$x$x; x=${x#a}$x; echo $x\n", "bcabcabcabc\n");
	prints("x=12345678; x=${x%8}; x=${x#1}; echo $x ${#x}\n", "234567 6\n");
}

TEST(the_end_of_a_here_document_may_be_continued)
{
	prints("p() { while read -r l; do echo \"[$l]\"; done; }\n"
	       "p <<END\na\nEN\\\nD\np <<END\na\\\nEND\nEND\np <<'END'\nEN\\\nD\nEND\n"
	       "p <<-END\n\tb\n\tE\\\nND\n",
	       "[a]\n[aEND]\n[EN\\]\n[D]\n[b]\n");
}

TEST(aliases_may_change_while_they_are_read)
{
	prints("alias a='unalias a\necho one'\na\na 2>/dev/null || echo gone\n", "one\ngone\n");
	prints("alias a='alias a=\"echo two\"\necho one'\na\na\n", "one\ntwo\n");
	prints("alias e='echo ' w=word\ne w w\n", "word w\n");
}

TEST(scopes_bring_values_back)
{
	prints("v=1; f() { local v=2 w=3; v=4; echo $v $w; }\nf; echo $v ${w-none}\n",
	       "4 3\n1 none\n");
	prints("f() { local IFS=:; set -- $x; echo $#; }\nx=a:b:c; f; set -- $x; echo $#\n",
	       "3\n1\n");
	prints("v=1; f() { echo $v; }\nv=2 f; echo $v\n", "2\n1\n");
	prints("a=(1 2); f() { local a; a=(3); echo ${#a[@]}; }\nf; echo ${#a[@]}\n", "1\n2\n");
	prints("v=1; v=2 : ; echo $v; v=3 true; echo $v\n", "2\n2\n");
}

TEST(loops_and_their_ends)
{
	prints("for i in 1 2 3; do for j in a b; do [ $i$j = 2a ] && break 2; echo $i$j; done; done\n",
	       "1a\n1b\n");
	prints("i=0; while [ $i -lt 5 ]; do i=$((i+1)); [ $i = 3 ] && continue; echo $i; done\n",
	       "1\n2\n4\n5\n");
	prints("f() { while :; do return 3; done; }\nf; echo $?\n", "3\n");
	prints("break; continue; echo on\n", "on\n");
}

TEST(errors_end_what_they_must)
{
	prints("command . /nonexistent; echo on\n", "on\n");
	prints(". /nonexistent; echo no\n", "");
	prints("readonly r=1\nr=2; echo no\n", "");
	prints("echo ${u?}; echo no\n", "");
	prints("echo $((1 / 0)); echo no\n", "");
	prints("echo a\necho (\necho no\n", "a\n");
	prints("set -u; echo $u; echo no\n", "");
	prints("set -e; false; echo no\n", "");
	prints("shift 2; echo no\n", "");
	prints("cd /nonexistent; echo on\n", "on\n");
}

TEST(many_variables_and_long_values)
{
	prints("i=0; while [ $i -lt 2000 ]; do eval \"v$i=$i\"; i=$((i+1)); done; echo $v1999\n",
	       "1999\n");
	prints("x=a; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do x=$x$x; done; echo ${#x}\n", "4096\n");
	prints("x=; i=0; while [ $i -lt 3000 ]; do x=$x.; i=$((i+1)); done; echo ${#x}\n",
	       "3000\n");
	prints("i=0; while [ $i -lt 300 ]; do a[$((i*7%300))]=$i; i=$((i+1)); done; echo ${#a[@]} ${a[7]}\n",
	       "300 1\n");
}

TEST(functions_that_never_return_end_with_an_error)
{
	prints("f() { f; }\nf; echo no\n", "");
	prints("f() { eval f; }\nf; echo no\n", "");
}

/* A text of a repeated piece between a start and an end. */
static char *long_text(const char *start, const char *piece, unsigned count, const char *end)
{
	size_t start_len = strlen(start), len = strlen(piece);
	char *text = malloc(start_len + len * count + strlen(end) + 1);

	strcpy(text, start);
	for (unsigned i = 0; i < count; i++)
		memcpy(text + start_len + i * len, piece, len);
	strcpy(text + start_len + count * len, end);
	return text;
}

static void long_prints(const char *start, const char *piece, const char *end, const char *wanted)
{
	char *text = long_text(start, piece, 20000, end);

	prints(text, wanted);
	free(text);
}

TEST(length_is_not_depth)
{
	long_prints("", "true && ", "echo chain\n", "chain\n");
	long_prints("", "x=1; ", "echo list\n", "list\n");
	long_prints("{ ", ":; ", "} & wait; echo job\n", "job\n");
	long_prints("[[ a ", "&& a ", "]] && echo conditions\n", "conditions\n");
	long_prints("if false; then :; ", "elif false; then :; ", "else echo else; fi\n", "else\n");
	long_prints("echo $((1", "+1", ")) no\n", "");
	long_prints("x=", "{a,", "; echo braces\n", "braces\n");
	long_prints(": ", "{a,", "b}; echo braces\n", "braces\n");
	long_prints("set -- ", "x/", "*; echo $#\n", "1\n");
}

TEST(built_ins_with_many_words)
{
	prints("printf '%s ' $(i=0; while [ $i -lt 500 ]; do echo $i; i=$((i+1)); done) | wc -w >/dev/null; "
	       "echo done\n",
	       "done\n");
	prints("set -- {1..300}; echo $# ${300}\n", "300 300\n");
}

TEST_MAIN();
