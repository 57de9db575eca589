/*
 * Evaluates arithmetic. Signed numbers wrap around, as on the machine; division by zero is an error. A variable's
 * value that is no number is an expression itself.
 */
#include "arith.h"
#include "array.h"
#include "expand.h"
#include "message.h"
#include "number.h"
#include "shell.h"

#define EVAL_DEPTH 100

struct evaluation {
	struct shell *sh;
	const intmax_t *params;
	unsigned depth;
	bool failed;
};

static intmax_t eval(struct evaluation *ev, const struct arith_node *node);

static intmax_t eval_fail(struct evaluation *ev, const char *error, const char *text)
{
	if (!ev->failed) {
		sh_error(ev->sh, text ? "arithmetic: %s: `%s'" : "arithmetic: %s", error, text);
		sh_unwind_error(ev->sh, 2);
	}
	ev->failed = true;
	return 0;
}

static intmax_t eval_text(struct evaluation *ev, const char *text)
{
	const char *error = NULL;
	struct arith_node *node;
	intmax_t value;

	if (ev->depth >= EVAL_DEPTH)
		return eval_fail(ev, "variables refer to each other too deeply", NULL);
	node = arith_parse(ev->sh, &ev->sh->temp, text, 0, &error);
	if (!node)
		return eval_fail(ev, error, text);
	ev->depth++;
	value = eval(ev, node);
	ev->depth--;
	return value;
}

/* A value whose digits mean the same to any reader: not octal. */
static bool plain_number(const char *text, intmax_t *out)
{
	return number_plain(text, out) && (*text != '0' || !text[1]);
}

static intmax_t value_of_text(struct evaluation *ev, const char *text)
{
	struct arena_mark mark;
	intmax_t number;

	if (plain_number(text, &number))
		return number;
	mark = arena_mark(&ev->sh->temp);
	number = eval_text(ev, text);
	arena_release(&ev->sh->temp, mark);
	return number;
}

static intmax_t eval_var(struct evaluation *ev, const struct arith_node *node)
{
	const char *value = node->left ? array_get(ev->sh, node->var, eval(ev, node->left))
	                               : var_value(ev->sh, node->var);

	if (value)
		return value_of_text(ev, value);
	if (ev->sh->options[OPT_NOUNSET] && !ev->failed) {
		sh_error(ev->sh, "%.*s: parameter not set", var_print_name(node->var),
		         node->var->text);
		sh_unwind_error(ev->sh, 2);
		ev->failed = true;
	}
	return 0;
}

static void assign(struct evaluation *ev, const struct arith_node *target, intmax_t value)
{
	char buffer[NUMBER_BYTES];
	bool done;

	if (ev->failed)
		return;
	if (target->left) {
		intmax_t index = eval(ev, target->left);

		done = !ev->failed &&
		       array_set(ev->sh, target->var, index, number_text(buffer, value), false);
	} else {
		done = var_set_number(ev->sh, target->var, value);
	}
	if (done || ev->failed)
		return;
	sh_unwind_error(ev->sh, 2);
	ev->failed = true;
}

static intmax_t divide(struct evaluation *ev, enum arith_op op, intmax_t left, intmax_t right)
{
	if (right == 0)
		return eval_fail(ev, "division by zero", NULL);
	if (right == -1) /* the smallest number has no opposite */
		return op == ARITH_DIVIDE ? (intmax_t)(0 - (uintmax_t)left) : 0;
	return op == ARITH_DIVIDE ? left / right : left % right;
}

static intmax_t power(struct evaluation *ev, intmax_t base, intmax_t exponent)
{
	uintmax_t result = 1, factor = (uintmax_t)base;

	if (exponent < 0)
		return eval_fail(ev, "negative exponent", NULL);
	for (; exponent; exponent >>= 1, factor *= factor)
		if (exponent & 1)
			result *= factor;
	return (intmax_t)result;
}

static intmax_t shift_right(intmax_t left, unsigned count)
{
	uintmax_t bits = (uintmax_t)left >> count;

	if (left < 0 && count)
		bits |= ~(uintmax_t)0 << (64 - count);
	return (intmax_t)bits;
}

static intmax_t binary(struct evaluation *ev, enum arith_op op, intmax_t left, intmax_t right)
{
	uintmax_t a = (uintmax_t)left, b = (uintmax_t)right;

	switch (op) {
	case ARITH_MULTIPLY: return (intmax_t)(a * b);
	case ARITH_DIVIDE:
	case ARITH_MODULO: return divide(ev, op, left, right);
	case ARITH_ADD: return (intmax_t)(a + b);
	case ARITH_SUBTRACT: return (intmax_t)(a - b);
	case ARITH_SHIFT_LEFT: return (intmax_t)(a << (b & 63));
	case ARITH_SHIFT_RIGHT: return shift_right(left, b & 63);
	case ARITH_BIT_AND: return (intmax_t)(a & b);
	case ARITH_BIT_XOR: return (intmax_t)(a ^ b);
	case ARITH_BIT_OR: return (intmax_t)(a | b);
	case ARITH_POWER: return power(ev, left, right);
	case ARITH_LESS: return left < right;
	case ARITH_LESS_EQUAL: return left <= right;
	case ARITH_GREATER: return left > right;
	case ARITH_GREATER_EQUAL: return left >= right;
	case ARITH_EQUAL: return left == right;
	case ARITH_NOT_EQUAL: return left != right;
	default: return right; /* the comma */
	}
}

static intmax_t eval_assign(struct evaluation *ev, const struct arith_node *node)
{
	intmax_t value, old = 0;

	if (node->assign_op != ARITH_NUMBER)
		old = eval_var(ev, node->left);
	value = eval(ev, node->right);
	if (node->assign_op != ARITH_NUMBER && !ev->failed)
		value = binary(ev, node->assign_op, old, value);
	assign(ev, node->left, value);
	return value;
}

static intmax_t eval_increment(struct evaluation *ev, const struct arith_node *node)
{
	intmax_t old = eval_var(ev, node->left);
	intmax_t value = (intmax_t)((uintmax_t)old + (uintmax_t)node->number);

	assign(ev, node->left, value);
	return node->is_after ? old : value;
}

static intmax_t eval(struct evaluation *ev, const struct arith_node *node)
{
	intmax_t left;

	if (ev->failed)
		return 0;
	switch (node->op) {
	case ARITH_NUMBER: return node->number;
	case ARITH_PARAM: return ev->params[node->number];
	case ARITH_VAR: return eval_var(ev, node);
	case ARITH_NEGATE: return (intmax_t)(0 - (uintmax_t)eval(ev, node->left));
	case ARITH_PLUS: return eval(ev, node->left);
	case ARITH_NOT: return !eval(ev, node->left);
	case ARITH_COMPLEMENT: return ~eval(ev, node->left);
	case ARITH_INCREMENT: return eval_increment(ev, node);
	case ARITH_AND: return eval(ev, node->left) && eval(ev, node->right);
	case ARITH_OR: return eval(ev, node->left) || eval(ev, node->right);
	case ARITH_ASSIGN: return eval_assign(ev, node);
	case ARITH_CONDITION: return eval(ev, eval(ev, node->left) ? node->right : node->third);
	default: break;
	}
	left = eval(ev, node->left);
	return binary(ev, node->op, left, eval(ev, node->right));
}

bool arith_text(struct shell *sh, const char *text, intmax_t *out)
{
	struct evaluation ev = {sh, NULL, 0, false};
	struct arena_mark mark = arena_mark(&sh->temp);

	*out = eval_text(&ev, text);
	arena_release(&sh->temp, mark);
	return !ev.failed;
}

bool arith_value(struct shell *sh, const struct arith *arith, intmax_t *out)
{
	intmax_t params[ARITH_PARAMS];
	struct evaluation ev = {sh, params, 0, false};
	const char *text;
	bool is_plain = arith->tree != NULL;

	for (unsigned i = 0; i < arith->param_count && is_plain; i++) {
		text = expand_plain_param(sh, arith->params[i]);
		is_plain = text && plain_number(text, &params[i]);
	}
	if (is_plain) {
		*out = eval(&ev, arith->tree);
		return !ev.failed;
	}
	text = expand_string(sh, arith->word);
	return text && arith_text(sh, text, out);
}
