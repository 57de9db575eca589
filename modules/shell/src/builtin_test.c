/*
 * test and [: with up to four arguments the standard's rules by their number, with more the usual grammar of -o, -a,
 * ! and parentheses.
 */
#include "builtins.h"
#include "condition.h"
#include "message.h"
#include "shell.h"
#include <string.h>

#define STATUS_ERROR 2
#define TEST_DEPTH 1000

struct test {
	struct shell *sh;
	char **at, **end;
	bool failed;
	unsigned depth;
};

static bool test_or(struct test *test);

static bool test_fail(struct test *test, const char *error, const char *word)
{
	if (!test->failed)
		builtin_error(test->sh, "%s: %s", word, error);
	test->failed = true;
	return false;
}

static bool binary(struct test *test, char **words)
{
	bool error, result = test_binary(test->sh, words[1], words[0], words[2], &error);

	test->failed |= error;
	return result;
}

static bool is_binary_here(const struct test *test)
{
	return test->end - test->at >= 3 && test_is_binary(test->at[1]);
}

static bool test_group(struct test *test)
{
	bool result;

	test->at++;
	result = test_or(test);
	if (test->at == test->end || strcmp(*test->at, ")") != 0)
		return test_fail(test, "closing parenthesis expected",
		                 test->at == test->end ? "(" : *test->at);
	test->at++;
	return result;
}

static bool test_primary(struct test *test)
{
	bool result;

	if (test->at == test->end || ++test->depth > TEST_DEPTH)
		return test_fail(test, "argument expected", test->end[-1]);
	if (is_binary_here(test)) {
		result = binary(test, test->at);
		test->at += 3;
		return result;
	}
	if (strcmp(*test->at, "!") == 0 && test->end - test->at > 1) {
		test->at++;
		return !test_primary(test);
	}
	if (strcmp(*test->at, "(") == 0 && test->end - test->at > 1)
		return test_group(test);
	if (test_is_unary(*test->at) && test->end - test->at >= 2) {
		result = test_unary(test->sh, test->at[0][1], test->at[1]);
		test->at += 2;
		return result;
	}
	return **test->at++ != 0;
}

static bool test_and(struct test *test)
{
	bool result = test_primary(test);

	while (!test->failed && test->at < test->end && strcmp(*test->at, "-a") == 0) {
		test->at++;
		result = test_primary(test) && result;
	}
	return result;
}

static bool test_or(struct test *test)
{
	bool result = test_and(test);

	while (!test->failed && test->at < test->end && strcmp(*test->at, "-o") == 0) {
		test->at++;
		result = test_and(test) || result;
	}
	return result;
}

static bool test_grammar(struct test *test)
{
	bool result = test_or(test);

	if (!test->failed && test->at != test->end)
		return test_fail(test, "unexpected operator", *test->at);
	return result;
}

static bool test_two(struct test *test, char **words)
{
	if (strcmp(words[0], "!") == 0)
		return !*words[1];
	if (test_is_unary(words[0]))
		return test_unary(test->sh, words[0][1], words[1]);
	return test_fail(test, "unexpected operator", words[0]);
}

static bool test_three(struct test *test, char **words)
{
	if (test_is_binary(words[1]))
		return binary(test, words);
	if (strcmp(words[1], "-a") == 0)
		return *words[0] && *words[2];
	if (strcmp(words[1], "-o") == 0)
		return *words[0] || *words[2];
	if (strcmp(words[0], "!") == 0)
		return !test_two(test, words + 1);
	if (strcmp(words[0], "(") == 0 && strcmp(words[2], ")") == 0)
		return *words[1] != 0;
	return test_fail(test, "unexpected operator", words[1]);
}

static bool test_four(struct test *test, char **words)
{
	if (strcmp(words[0], "!") == 0)
		return !test_three(test, words + 1);
	if (strcmp(words[0], "(") == 0 && strcmp(words[3], ")") == 0)
		return test_two(test, words + 1);
	return test_grammar(test);
}

static bool test_words(struct test *test, int count)
{
	switch (count) {
	case 0: return false;
	case 1: return *test->at[0] != 0;
	case 2: return test_two(test, test->at);
	case 3: return test_three(test, test->at);
	case 4: return test_four(test, test->at);
	default: return test_grammar(test);
	}
}

BUILTIN(test)
{
	struct test test = {sh, argv + 1, argv + argc, false, 0};
	bool result;

	if (argv[0][0] == '[') {
		if (argc < 2 || strcmp(argv[argc - 1], "]") != 0)
			return builtin_error(sh, "missing ]");
		test.end--;
	}
	result = test_words(&test, (int)(test.end - test.at));
	return test.failed ? STATUS_ERROR : !result;
}
