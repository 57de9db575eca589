/*
 * [[ ]]: evaluates the tree that the parser made. Words are expanded but neither split nor globbed; the right side of
 * = and != is a pattern, that of =~ an extended regular expression whose groups go to the array BASH_REMATCH.
 */
#include "arith.h"
#include "array.h"
#include "condition.h"
#include "exec.h"
#include "message.h"
#include "number.h"
#include "pattern.h"
#include "shell.h"
#include <regex.h>
#include <string.h>

#define GROUPS 10
#define STATUS_ERROR 2

/* The groups of a match, in the array that scripts know it by. */
static void keep_groups(struct shell *sh, const char *text, const regmatch_t *groups, size_t count)
{
	struct var *var = var_slot(sh, "BASH_REMATCH", strlen("BASH_REMATCH"));

	if (!array_clear(sh, var))
		return;
	for (size_t i = 0; i < count; i++) {
		char *group;

		if (groups[i].rm_so < 0)
			continue;
		group = arena_text(&sh->temp, text + groups[i].rm_so,
		                   (size_t)(groups[i].rm_eo - groups[i].rm_so));
		array_set(sh, var, (intmax_t)i, group, false);
	}
}

static int match_regex(struct shell *sh, const char *text, const char *pattern)
{
	regmatch_t groups[GROUPS];
	regex_t regex;
	int error;

	if (regcomp(&regex, pattern, REG_EXTENDED) != 0) {
		sh_error(sh, "[[: %s: bad regular expression", pattern);
		return STATUS_ERROR;
	}
	error = regexec(&regex, text, GROUPS, groups, 0);
	if (error == 0)
		keep_groups(sh, text, groups,
		            regex.re_nsub + 1 < GROUPS ? regex.re_nsub + 1 : GROUPS);
	regfree(&regex);
	return error != 0;
}

/* -eq and its like compare the values of expressions. */
static int compare_values(struct shell *sh, const char *op, const char *left, const char *right)
{
	char left_buffer[NUMBER_BYTES], right_buffer[NUMBER_BYTES];
	intmax_t a, b;
	bool error, is_true;

	if (!arith_text(sh, left, &a) || !arith_text(sh, right, &b))
		return STATUS_ERROR;
	is_true = test_binary(sh, op, number_text(left_buffer, a), number_text(right_buffer, b),
	                      &error);
	return error ? STATUS_ERROR : !is_true;
}

static int eval_binary(struct shell *sh, const struct condition *condition)
{
	const char *op = condition->op, *left = expand_string(sh, condition->first), *right;
	bool is_pattern = op[0] == '!' || (op[0] == '=' && op[1] != '~');
	bool is_true, error;

	if (!left)
		return sh->status;
	right = is_pattern || op[1] == '~' ? expand_pattern(sh, condition->second)
	                                   : expand_string(sh, condition->second);
	if (!right)
		return sh->status;
	if (op[0] == '=' && op[1] == '~')
		return match_regex(sh, left, right);
	if (is_pattern)
		return pattern_match(right, left, sh->utf8) == (op[0] == '!');
	if (op[0] == '-' && op[2] != 'f' && strcmp(op, "-nt") != 0 && strcmp(op, "-ot") != 0)
		return compare_values(sh, op, left, right);
	is_true = test_binary(sh, op, left, right, &error);
	return error ? STATUS_ERROR : !is_true;
}

static int eval_unary(struct shell *sh, const struct condition *condition)
{
	const char *text = expand_string(sh, condition->first);

	if (!text)
		return sh->status;
	if (condition->kind == COND_WORD)
		return !*text;
	return !test_unary(sh, condition->op[1] == 'a' ? 'e' : condition->op[1], text);
}

static int eval(struct shell *sh, const struct condition *condition)
{
	int status;

	while (condition->kind == COND_AND || condition->kind == COND_OR) {
		status = eval(sh, condition->left);
		if (sh->unwind || status != (condition->kind == COND_OR))
			return status;
		condition = condition->right;
	}
	switch (condition->kind) {
	case COND_NOT: status = eval(sh, condition->left); return status > 1 ? status : !status;
	case COND_BINARY: return eval_binary(sh, condition);
	default: return eval_unary(sh, condition);
	}
}

int exec_condition(struct shell *sh, const struct condition *condition)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	int status = eval(sh, condition);

	arena_release(&sh->temp, mark);
	return status;
}
