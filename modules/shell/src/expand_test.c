/*
 * Host tests of word expansion: the fields that words become.
 */
#include "test_shell.h"
#include <base/test.h>
#include <stdlib.h>
#include <unistd.h>

static struct shell sh;

static void expands_after(const char *commands, const char *words, const char *wanted)
{
	test_shell_begin(&sh);
	test_shell_run(&sh, commands);
	CHECK_STR_EQ(test_shell_expand(&sh, words), wanted);
	test_shell_end(&sh);
}

static void expands(const char *words, const char *wanted)
{
	expands_after("x='a b' e= n='a:b' s='*'; set -f; set -- p 'q r' ''", words, wanted);
}

TEST(splitting_follows_ifs)
{
	expands("$x", "[a][b]");
	expands("\"$x\"", "[a b]");
	expands("1$x'2'", "[1a][b2]");
	expands("$e", "");
	expands("\"$e\"", "[]");
	expands("$e''", "[]");
	expands_after("IFS=: v=:a::b:", "$v", "[][a][][b]");
	expands_after("IFS=' :' v=' a : b '", "$v", "[a][b]");
	expands_after("IFS= v='a b'", "$v", "[a b]");
	expands_after("unset IFS; v='a\tb\nc'", "$v", "[a][b][c]");
	expands_after("v=' a'", "1$v", "[1][a]");
	expands_after("IFS=: v=a:", "$v\"\"", "[a][]");
}

TEST(all_parameters)
{
	expands("\"$@\"", "[p][q r][]");
	expands("x\"$@\"y", "[xp][q r][y]");
	expands("\"$*\"", "[p q r ]");
	expands("$*", "[p][q][r]");
	expands_after("IFS=,; set -- a b", "\"$*\" $*", "[a,b][a][b]");
	expands_after("set --", "\"$@\"", "");
	expands_after("set --", "x\"$@\"", "[x]");
	expands_after("set --", "\"$*\"", "[]");
	expands_after("set -- a", "${1+\"$@\"}", "[a]");
	expands("$# ${#} ${2}", "[3][3][q][r]");
}

TEST(braces)
{
	expands("a{b,c{d,e}}f {1..3} {c..a} {01..5..2}",
	        "[abf][acdf][acef][1][2][3][c][b][a][01][03][05]");
	expands("{-9223372036854775808..9223372036854775807..4611686018427387904}",
	        "[-9223372036854775808][-4611686018427387904][0][4611686018427387904]");
	expands("{1..1001} {0,1}{1..501}", "[{1..1001}][{0,1}{1..501}]");
	expands("{1..1000..999}{1..500..499}", "[11][1500][10001][1000500]");
}

TEST(operators_with_a_word)
{
	expands("${u-a b} \"${u-a b}\" ${x-c} ${e-c} ${e:-c}", "[a][b][a b][a][b][c]");
	expands("${u+a} ${x+c} ${e:+c}", "[c]");
	expands("${u:=v w} $u", "[v][w][v][w]");
	expands("${u-'a b'} ${u-\"a b\"}", "[a b][a b]");
	expands("${u?no}", "error");
	expands("${e:?}", "error");
	expands("\"${u-'a'}\"", "['a']");
	expands("${u-${v-${w-deep}}}", "[deep]");
	expands("\"${u-\"a b\"}\"", "[a b]");
}

TEST(operators_that_cut)
{
	expands_after("v=/a/b.c.d", "${v%.*} ${v%%.*} ${v#*/} ${v##*/}",
	              "[/a/b.c][/a/b][a/b.c.d][b.c.d]");
	expands_after("v='a*b'", "${v%'*b'} ${v%\\*b} \"${v%'*'b}\"", "[a][a][a]");
	expands_after("v=abc p='b*'", "${v%$p} ${v%\"$p\"}", "[a][abc]");
	expands("${#x} ${#e} ${#u}", "[3][0][0]");
}

TEST(extensions)
{
	expands_after("v=abcdef", "${v:2} ${v:1:2} ${v: -2} ${v:0:-1}", "[cdef][bc][ef][abcde]");
	expands_after("v=a.b.c", "${v/./-} ${v//./-} ${v/#a/x} ${v/%c/x} ${v//./}",
	              "[a-b.c][a-b-c][x.b.c][a.b.x][abc]");
	expands_after("a=(x 'y z' w); a[5]=v; a+=(u)", "${a[1]} \"${a[@]}\" ${#a[@]} ${a[-1]} $a",
	              "[y][z][x][y z][w][v][u][5][u][x]");
	expands("a{b,c}d {1..3} {a..c} {01..3} {3..1..2} {a,b}{c,d}",
	        "[abd][acd][1][2][3][a][b][c][01][02][03][3][1][ac][ad][bc][bd]");
	expands("{a} {a,b \"{a,b}\" {}", "[{a}][{a,b][{a,b}][{}]");
	expands("$'a\\tb\\x41\\u00e9\\'' ", "[a\tbA\xc3\xa9']");
}

TEST(tildes)
{
	expands_after("HOME=/h", "~ ~/x a~ \"~\" \\~ ~nobody_has_this_name",
	              "[/h][/h/x][a~][~][~][~nobody_has_this_name]");
	expands_after("HOME='/h *'", "~", "[/h *]");
	expands_after("HOME=/h; v=~:~/b:c", "$v", "[/h:/h/b:c]");
	expands_after("HOME=/h", "${u-~/x}", "[/h/x]");
}

TEST(substitutions)
{
	expands("$(echo a b) \"$(echo a b)\" `echo c`", "[a][b][a b][c]");
	expands("x$(echo a; echo; echo)y", "[xay]");
	expands("$(echo $(echo a `echo b`))", "[a][b]");
	expands("`echo \\`echo a\\``", "[a]");
	expands("$((1+1))$((2))", "[22]");
}

TEST(a_substitution_without_a_process_changes_nothing)
{
	test_shell_begin(&sh);
	test_shell_run(&sh, "v=1");
	CHECK_STR_EQ(test_shell_expand(&sh, "$(echo ${w:=2}) [$w]"), "[2][[]]");
	CHECK_STR_EQ(test_shell_expand(&sh, "$(echo $((v+=1))) $v"), "[2][1]");
	CHECK_STR_EQ(test_shell_expand(&sh, "a$(echo ${w?no})b"), "[ab]");
	test_shell_end(&sh);
}

TEST(unset_parameters_with_nounset)
{
	expands_after("set -u", "$u", "error");
	expands_after("set -u", "${u-a} ${u+b} $# \"$@\"", "[a][0]");
	expands_after("set -u", "${#u}", "error");
	expands_after("set -u", "$((u))", "error");
}

TEST(bad_substitutions)
{
	expands("${x!}", "error");
	expands("${}", "error");
	expands("${1x}", "error");
}

TEST(pathnames)
{
	char folder[] = "/tmp/expand_testXXXXXX", command[200];

	CHECK(mkdtemp(folder) != NULL);
	test_shell_begin(&sh);
	snprintf(command, sizeof(command), "cd %s; : >a1 >a2 >.h >'b*'; v='a*' w='b\\*'", folder);
	test_shell_run(&sh, command);
	CHECK_STR_EQ(test_shell_expand(&sh, "a* $v \"a*\" \"$v\" 'a'* a[!1] b\\* nothing*"),
	             "[a1][a2][a1][a2][a*][a*][a1][a2][a2][b*][nothing*]");
	CHECK_STR_EQ(test_shell_expand(&sh, "* .h* ./a? $w"), "[a1][a2][b*][.h][./a1][./a2][b\\*]");
	snprintf(command, sizeof(command), "cd /; rm -r %s", folder);
	test_shell_run(&sh, command);
	test_shell_end(&sh);
}

TEST_MAIN();
