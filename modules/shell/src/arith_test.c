/*
 * Host tests of arithmetic: values, assignments, and what is no expression.
 */
#include "arith.h"
#include "test_shell.h"
#include <base/test.h>

static struct shell sh;

static void has_value(const char *text, intmax_t wanted)
{
	intmax_t value = 0;

	test_shell_begin(&sh);
	var_set_string(&sh, var_slot(&sh, "x", 1), "5");
	var_set_string(&sh, var_slot(&sh, "e", 1), "x + 1");
	CHECK(arith_text(&sh, text, &value));
	CHECK_EQ(value, wanted);
	test_shell_end(&sh);
}

static void is_wrong(const char *text)
{
	intmax_t value;

	test_shell_begin(&sh);
	CHECK(!arith_text(&sh, text, &value));
	CHECK(sh.unwind != UNWIND_NONE);
	test_shell_end(&sh);
}

TEST(precedence_is_that_of_c)
{
	has_value("1 + 2 * 3", 7);
	has_value("(1 + 2) * 3", 9);
	has_value("1 << 2 + 1", 8);
	has_value("7 & 3 == 3", 1);
	has_value("1 | 2 ^ 3 & 4", 3);
	has_value("0 || 1 && 0", 0);
	has_value("-2 * -3", 6);
	has_value("!0 + ~0", 0);
	has_value("2 ** 3 ** 2", 512);
	has_value("1 ? 2 : 0 ? 3 : 4", 2);
	has_value("10 - 3 - 2", 5);
	has_value("1, 2, 3", 3);
	has_value("", 0);
}

TEST(numbers_have_bases)
{
	has_value("0x1F", 31);
	has_value("017", 15);
	has_value("2#101", 5);
	has_value("64#_", 63);
	has_value("9223372036854775807", INTMAX_MAX);
	has_value("99999999999999999999", INTMAX_MAX);
	is_wrong("08");
	is_wrong("1a");
	is_wrong("0x");
}

TEST(numbers_wrap_and_never_trap)
{
	has_value("9223372036854775807 + 1", INTMAX_MIN);
	has_value("-9223372036854775807 - 1", INTMAX_MIN);
	has_value("(-9223372036854775807 - 1) / -1", INTMAX_MIN);
	has_value("(-9223372036854775807 - 1) % -1", 0);
	has_value("1 << 64", 1);
	has_value("-8 >> 1", -4);
	is_wrong("1 / 0");
	is_wrong("1 % 0");
	is_wrong("x /= 0");
}

TEST(variables_are_read_and_written)
{
	has_value("x", 5);
	has_value("nothing", 0);
	has_value("e * 2", 12);
	has_value("x += 2", 7);
	has_value("x++ + x", 11);
	has_value("++x", 6);
	has_value("x-- - --x", 2);
	has_value("y = x = 3, y + x", 6);
	has_value("a[2] = 4, a[1 + 1]", 4);
	has_value("0 && (x = 9), x", 5);
	has_value("1 - -1", 2);
	has_value("1 - - 1", 2);
}

TEST(what_is_no_expression_is_refused)
{
	is_wrong("1 +");
	is_wrong("(1");
	is_wrong("1 2");
	is_wrong("3 = 4");
	is_wrong("1 ? 2 : x = 3");
	is_wrong("1 ? 2");
	is_wrong("* 3");
	is_wrong("a[1");
	is_wrong("1 $");
}

TEST(expressions_that_name_themselves_end)
{
	intmax_t value;

	test_shell_begin(&sh);
	var_set_string(&sh, var_slot(&sh, "r", 1), "r + 1");
	CHECK(!arith_text(&sh, "r", &value));
	test_shell_end(&sh);
}

TEST(deep_nesting_is_refused)
{
	char text[4001];

	for (size_t i = 0; i < 3; i++) {
		memset(text, "(-!"[i], sizeof(text) - 1);
		text[sizeof(text) - 1] = 0;
		is_wrong(text);
	}
}

/* The tree that was parsed with the script serves only while values are plain numbers. */
TEST(parameters_are_put_in_as_text)
{
	test_shell_begin(&sh);
	test_shell_run(&sh, "a=1+1 b=3");
	CHECK_STR_EQ(test_shell_expand(&sh, "$(($a*3)) $((a*3)) $(($b*3)) $((1$b))"),
	             "[4][6][9][13]");
	CHECK_STR_EQ(test_shell_expand(&sh, "$(( $b > 2 ? ${b} : 0 ))"), "[3]");
	test_shell_end(&sh);
}

TEST_MAIN();
