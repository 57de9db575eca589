/*
 * Host test of what the prompt is made of, without a terminal: completion, `!`, whole commands, escapes, help, `at`, names.
 */
#include "at.h"
#include "command.h"
#include "complete.h"
#include "edit/candidates.h"
#include "help.h"
#include "highlight.h"
#include "history_expand.h"
#include "interactive.h"
#include "names.h"
#include "object_rights.h"
#include "prompt.h"
#include "test_shell.h"
#include <base/test.h>
#include <linux/object_text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void begin(struct shell *sh)
{
	test_shell_begin(sh);
	sh->interactive = true;
}

static void end(struct shell *sh)
{
	sh->interactive = false;
	test_shell_end(sh);
}

/* ---- completion */

/* What Tab offers at the end of a text: the place that is replaced, and the candidates with their suffixes. */
static const char *completed(struct shell *sh, const char *text)
{
	static char shown[1000];
	struct editor_candidates c = {.start = strlen(text)};
	size_t len;

	complete_command(sh, text, strlen(text), &c);
	candidates_sort(&c);
	len = (size_t)snprintf(shown, sizeof(shown), "%zu", c.start);
	for (size_t i = 0; i < c.count && len < sizeof(shown); i++)
		len += (size_t)snprintf(shown + len, sizeof(shown) - len, " %s%c", c.list[i].text,
		                        c.list[i].suffix ? c.list[i].suffix : '.');
	candidates_free(&c);
	return shown;
}

static void in_folder(void)
{
	char name[] = "/tmp/shell-prompt-XXXXXX";

	CHECK(mkdtemp(name) && chdir(name) == 0);
	CHECK(system("mkdir -p 'a b/inner' bin && touch one two 'a b/file' .hidden \"it's\" bin/tool &&"
	             " chmod +x bin/tool") == 0);
}

TEST(completes_paths)
{
	char folder[1000];
	struct shell sh;

	CHECK(getcwd(folder, sizeof(folder)));
	begin(&sh);
	in_folder();
	CHECK_STR_EQ(completed(&sh, "cat o"), "4 one ");
	CHECK_STR_EQ(completed(&sh, "cat a"), "4 a\\ b/");
	CHECK_STR_EQ(completed(&sh, "cat 'a b/f"), "9 file' ");
	CHECK_STR_EQ(completed(&sh, "cat \"a b/f"), "9 file\" ");
	CHECK_STR_EQ(completed(&sh, "cat a\\ b/f"), "9 file ");
	CHECK_STR_EQ(completed(&sh, "cat a' b"), "6  b/");
	CHECK_STR_EQ(completed(&sh, "cat .h"), "4 .hidden ");
	CHECK_STR_EQ(completed(&sh, "cat i"), "4 it\\'s ");
	CHECK_STR_EQ(completed(&sh, "cat < t"), "6 two ");
	CHECK_STR_EQ(completed(&sh, "cd "), "3 a\\ b/ bin/");
	CHECK_STR_EQ(completed(&sh, "./bin/"), "6 tool ");
	CHECK_STR_EQ(completed(&sh, "echo $(cat t"), "11 two ");
	CHECK_STR_EQ(completed(&sh, "echo \"$(cat t"), "12 two ");
	CHECK(system("rm -r \"$PWD\"") == 0 && chdir(folder) == 0);
	end(&sh);
}

TEST(completes_what_confines)
{
	struct shell sh;

	begin(&sh);
	CHECK_STR_EQ(completed(&sh, "with re"), "5 read/.");
	CHECK_STR_EQ(completed(&sh, "with read+ch"), "5 read+change/.");
	CHECK_STR_EQ(completed(&sh, "with read/sys,al"), "10 sys,all/.");
	CHECK_STR_EQ(completed(&sh, "with read/ hist"), "11 history ");
	CHECK_STR_EQ(completed(&sh, "with read/ as root hist"), "19 history ");
	CHECK_STR_EQ(completed(&sh, "as view"), "3 viewer ");
	CHECK_STR_EQ(completed(&sh, "ns un"), "3 unbind ");
	end(&sh);
}

TEST(reads_rights)
{
	struct shell sh;
	struct rules rules;
	unsigned rights;

	begin(&sh);
	sh.silent = true;
	CHECK(rights_read("read+manage", 11, &rights) && rights == 5);
	CHECK(rights_read("all", 3, &rights) && rights == 7);
	CHECK(rights_read("none", 4, &rights) && rights == 0);
	CHECK(!rights_read("", 0, &rights) && !rights_read("read+", 5, &rights) &&
	      !rights_read("Read", 4, &rights) && !rights_read("reads", 5, &rights));
	CHECK_STR_EQ(object_rights_text(3), "read+change");
	CHECK(rules_read(&sh, "none", &rules) && rules.len == 1);
	CHECK(rules_read(&sh, "read/b/../a//", &rules));
	CHECK_EQ(memcmp(rules.map, "\xa1\x62/a\x01", rules.len), 0);
	CHECK(!rules_read(&sh, "", &rules) && !rules_read(&sh, "read", &rules) &&
	      !rules_read(&sh, "read/a,all/a", &rules) && !rules_read(&sh, "read/a,", &rules));
	CHECK(rules_read_role(&sh, "x", "{\"objects\":{\"/\":\"all\"}}", &rules));
	CHECK_EQ(memcmp(rules.map, "\xa1\x61/\x07", rules.len), 0);
	CHECK(!rules_read_role(&sh, "x", "{}", &rules) && !rules_read_role(&sh, "x", "{", &rules) &&
	      !rules_read_role(&sh, "x", "{\"objects\":{\"/\":7}}", &rules) &&
	      !rules_read_role(&sh, "x", "{\"objects\":{\"sys\":\"read\"}}", &rules));
	end(&sh);
}

TEST(completes_commands_and_variables)
{
	struct shell sh;

	begin(&sh);
	test_shell_run(&sh,
	               "PATH=/nowhere; hello_there() { :; }; alias hello_alias=ls; hello_value=1");
	CHECK_STR_EQ(completed(&sh, "hello_"), "0 hello_alias  hello_there ");
	CHECK_STR_EQ(completed(&sh, "true && hello_t"), "8 hello_there ");
	CHECK_STR_EQ(completed(&sh, "if hello_t"), "3 hello_there ");
	CHECK_STR_EQ(completed(&sh, "x=1 hello_t"), "4 hello_there ");
	CHECK_STR_EQ(completed(&sh, "unali"), "0 unalias ");
	CHECK_STR_EQ(completed(&sh, "aprop"), "0 apropos ");
	CHECK_STR_EQ(completed(&sh, "echo $hello_v"), "6 hello_value.");
	CHECK_STR_EQ(completed(&sh, "echo \"x${hello_v"), "9 hello_value}");
	CHECK_STR_EQ(completed(&sh, "echo '$hello_v"), "6");
	CHECK_STR_EQ(completed(&sh, "unset hello_v"), "6 hello_value.");
	CHECK_STR_EQ(completed(&sh, "obj de"), "4 describe ");
	end(&sh);
}

TEST(completes_in_anything)
{
	static const char bytes[] = "a '\"\\$(){}`~/!#%=;|&<>\n\t.";
	struct shell sh;
	unsigned seed = 1;

	begin(&sh);
	test_shell_run(&sh, "PATH=/nowhere");
	for (int i = 0; i < 3000; i++) {
		uint8_t styles[24];
		char text[24];
		size_t len = 0;

		for (; len < 1 + seed % 22; len++) {
			seed = seed * 1103515245 + 12345;
			text[len] = bytes[(seed >> 16) % (sizeof(bytes) - 1)];
		}
		text[len] = 0;
		completed(&sh, text);
		memset(styles, 0, sizeof(styles));
		highlight_command(&sh, text, len, styles);
		for (size_t at = 0; at < sizeof(styles); at++)
			CHECK(styles[at] < EDITOR_STYLES && (at < len || styles[at] == 0));
	}
	end(&sh);
}

/* ---- the history */

static const char *expanded(struct shell *sh, const char *text)
{
	static char shown[500];
	char *result = history_expand(sh, text);

	snprintf(shown, sizeof(shown), "%s", result ? result : "error");
	free(result);
	return shown;
}

TEST(expands_the_history)
{
	struct shell sh;

	begin(&sh);
	sh.history = history_new(100, HISTORY_KEEP);
	CHECK_STR_EQ(expanded(&sh, "!!"), "error");
	history_add(sh.history, "echo one");
	history_add(sh.history, "cat two");
	CHECK_STR_EQ(expanded(&sh, "!!"), "cat two");
	CHECK_STR_EQ(expanded(&sh, "x; !! | wc"), "x; cat two | wc");
	CHECK_STR_EQ(expanded(&sh, "!1"), "echo one");
	CHECK_STR_EQ(expanded(&sh, "!-2"), "echo one");
	CHECK_STR_EQ(expanded(&sh, "!ec x"), "echo one x");
	CHECK_STR_EQ(expanded(&sh, "!3"), "error");
	CHECK_STR_EQ(expanded(&sh, "!-3"), "error");
	CHECK_STR_EQ(expanded(&sh, "!99999999999999999999"), "error");
	CHECK_STR_EQ(expanded(&sh, "!nothing"), "error");
	CHECK_STR_EQ(expanded(&sh, "! true"), "! true");
	CHECK_STR_EQ(expanded(&sh, "[ a != b ]; echo $! a!! [!a]* \\!! '!!' \"!!\" # !!"),
	             "[ a != b ]; echo $! a!! [!a]* \\!! '!!' \"!!\" # !!");
	CHECK_STR_EQ(expanded(&sh, "cat <<X\n!!\nX"), "cat <<X\n!!\nX");
	sh.options[OPT_POSIX] = true;
	CHECK_STR_EQ(expanded(&sh, "!!"), "!!");
	end(&sh);
}

/* ---- whole commands */

TEST(knows_whole_commands)
{
	static const char *const whole[] = {"",
	                                    "echo a",
	                                    "echo )",
	                                    "a; b",
	                                    "if a; then b; fi",
	                                    "# if",
	                                    "cat <<X\na\nX",
	                                    "echo 'a\nb'",
	                                    "a &",
	                                    "for 1..3 echo x",
	                                    "case a in a) b;; esac",
	                                    "x() { a; }",
	                                    "a\nb\n",
	                                    "echo }"};
	static const char *const parts[] = {
		"echo 'a",           "echo \"a",  "if a",    "a |",        "a &&",  "echo $(a",
		"cat <<X\na",        "{ a",       "a \\",    "echo `a",    "x() {", "echo ${a",
		"a\nfor i in x; do", "case a in", "[[ a &&", "echo $((1 +"};
	struct shell sh;

	begin(&sh);
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		CHECK(command_is_complete(&sh, whole[i]));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		CHECK(!command_is_complete(&sh, parts[i]));
	test_shell_run(&sh, "alias open='if true; then'");
	CHECK(!command_is_complete(&sh, "open"));
	end(&sh);
}

/* ---- the prompt's text */

static const char *prompted(struct shell *sh, const char *value)
{
	var_set_string(sh, sh->vars.ps1, value);
	return prompt_text(sh, sh->vars.ps1, "$ ");
}

TEST(escapes_in_prompts)
{
	struct shell sh;

	begin(&sh);
	test_shell_run(
		&sh, "unset PS_COLOR; x=value; HOME=/home/me; PWD='/home/me/a $(echo no) `x` \\b'");
	CHECK_STR_EQ(prompted(&sh, "$x \\$x "), geteuid() ? "value $x " : "value #x ");
	CHECK_STR_EQ(prompted(&sh, "\\w"), "~/a $(echo no) `x` \\b");
	CHECK_STR_EQ(prompted(&sh, "\\W|\\s|\\j|\\!"), "a $(echo no) `x` \\b|sh|0|1");
	CHECK_STR_EQ(prompted(&sh, "\\[\\e[1m\\]\\101\\\\ \\q"), "\001\033[1m\002A\\ \\q");
	CHECK_STR_EQ(prompted(&sh, "!"), "!");
	sh.options[OPT_POSIX] = true;
	CHECK_STR_EQ(prompted(&sh, "! !!"), "1 !");
	sh.options[OPT_POSIX] = false;
	test_shell_run(&sh, "PS_COLOR=green");
	CHECK_STR_EQ(prompted(&sh, "a"), "\033[32ma\033[m");
	test_shell_run(&sh, "PS_COLOR='bold blue'");
	CHECK_STR_EQ(prompted(&sh, "a"), "\033[1;34ma\033[m");
	test_shell_run(&sh, "PS_COLOR='4;31'");
	CHECK_STR_EQ(prompted(&sh, "a"), "\033[4;31ma\033[m");
	test_shell_run(&sh, "PS_COLOR='mauve'");
	CHECK_STR_EQ(prompted(&sh, "a"), "a");
	end(&sh);
}

/* ---- help, at, names */

TEST(helps_on_every_builtin)
{
	struct shell sh;

	begin(&sh);
	for (const struct builtin *builtin = builtins; builtin->name; builtin++) {
		const struct help_entry *entry = help_shell;

		while (entry->name && strcmp(entry->name, builtin->name) != 0)
			entry++;
		CHECK(entry->name);
	}
	CHECK_STR_EQ(test_shell_output(&sh, "help times"),
	             "times\n    print the processor time used\n");
	CHECK_STR_EQ(test_shell_output(&sh, "PATH=/nowhere; apropos -a signal when"),
	             "trap       (shell) run a command when a signal comes\n");
	CHECK_STR_EQ(test_shell_output(&sh, "apropos -e Times"),
	             "times      (shell) print the processor time used\n");
	CHECK_STR_EQ(test_shell_output(&sh, "apropos -w 'tim?s'"),
	             "times      (shell) print the processor time used\n");
	CHECK_STR_EQ(test_shell_output(&sh, "apropos -r '^time.$'"),
	             "times      (shell) print the processor time used\n");
	CHECK(test_shell_run(&sh, "apropos -r '('") == 2);
	CHECK(test_shell_run(&sh, "apropos nonesuch") == 1);
	end(&sh);
}

TEST(runs_commands_at_their_time)
{
	struct shell sh;

	begin(&sh);
	CHECK(test_shell_run(&sh, "at now 'x=ran'") == 0 && at_is_due(&sh));
	CHECK(test_shell_run(&sh, "at +1h x=later") == 0 &&
	      test_shell_run(&sh, "at 23:59:59 y=1") == 0);
	CHECK(test_shell_run(&sh, "false") == 1);
	at_run(&sh);
	CHECK(sh.status == 1 && !at_is_due(&sh));
	CHECK_STR_EQ(test_shell_output(&sh, "echo $x"), "ran\n");
	CHECK(test_shell_run(&sh, "at -r 2") == 0 && test_shell_run(&sh, "at -r 2") == 1);
	for (const char *const *wrong = (const char *const[]){"24:00", "1:60", "+", "+1y", "x",
	                                                      "+99999999d", "1:2x", NULL};
	     *wrong; wrong++) {
		char line[64];

		snprintf(line, sizeof(line), "at %s true", *wrong);
		CHECK(test_shell_run(&sh, line) == 2);
	}
	end(&sh);
}

TEST(finds_the_nearest_name)
{
	struct shell sh;

	begin(&sh);
	test_shell_run(&sh, "PATH=/nowhere");
	CHECK_STR_EQ(names_nearest(&sh, "exprot"), "export");
	CHECK_STR_EQ(names_nearest(&sh, "unalia"), "unalias");
	CHECK_STR_EQ(names_nearest(&sh, "kil"), "kill");
	CHECK(!names_nearest(&sh, "qqqq") && !names_nearest(&sh, "/x/export") &&
	      !names_nearest(&sh, "x"));
	end(&sh);
}

/* At the prompt only: scripts may mean programs of these names. */
TEST(scripts_have_no_prompt_builtins)
{
	struct shell sh;

	test_shell_begin(&sh);
	CHECK(test_shell_run(&sh, "PATH=/nowhere; at now true") == 127);
	CHECK(test_shell_run(&sh, "history") == 127);
	test_shell_end(&sh);
}

TEST_MAIN();
