/*
 * Arithmetic expressions of C: operator precedence, from a text to a tree. A marked place stands for a parameter
 * whose value comes later (see arith.h).
 */
#include "arith.h"
#include "arena.h"
#include "ast.h"
#include "parser.h"
#include "shell.h"
#include <ctype.h>
#include <string.h>

#define ARITH_DEPTH 500
#define ARITH_OPERATORS 10000 /* evaluating goes as deep as there are in a row */

struct arith_parser {
	struct shell *sh;
	struct arena *arena;
	const char *at;
	const char *error;
	unsigned params, most_params, depth, operators;
};

static struct arith_node *parse_comma(struct arith_parser *ap);
static struct arith_node *parse_assign(struct arith_parser *ap);
static struct arith_node *parse_unary(struct arith_parser *ap);

static struct arith_node *node_make(struct arith_parser *ap, enum arith_op op,
                                    struct arith_node *left, struct arith_node *right)
{
	struct arith_node *node = arena_alloc(ap->arena, sizeof(*node));

	*node = (struct arith_node){.op = op, .left = left, .right = right};
	return node;
}

static struct arith_node *arith_fail(struct arith_parser *ap, const char *error)
{
	if (!ap->error)
		ap->error = error;
	return NULL;
}

static void skip_space(struct arith_parser *ap)
{
	while (*ap->at == ' ' || *ap->at == '\t' || *ap->at == '\n' || *ap->at == '\r')
		ap->at++;
}

/* Takes an operator. */
static bool take(struct arith_parser *ap, const char *op)
{
	size_t len = strlen(op);

	skip_space(ap);
	if (strncmp(ap->at, op, len) != 0)
		return false;
	ap->at += len;
	return true;
}

static int digit_value(char c, unsigned base)
{
	int value;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if (c >= 'a' && c <= 'z')
		value = c - 'a' + 10;
	else if (c >= 'A' && c <= 'Z')
		value = c - 'A' + (base <= 36 ? 10 : 36);
	else if (c == '@' || c == '_')
		value = c == '@' ? 62 : 63;
	else
		return -1;
	return (unsigned)value < base ? value : -1;
}

/* Digits of a base; too large a number becomes the largest. */
static const char *digits(const char *text, unsigned base, intmax_t *out)
{
	const char *at = text;
	uintmax_t number = 0;
	bool too_large = false;
	int value;

	for (; (value = digit_value(*at, base)) >= 0; at++) {
		if (number > ((uintmax_t)INTMAX_MAX - (unsigned)value) / base)
			too_large = true;
		else
			number = number * base + (unsigned)value;
	}
	*out = too_large ? INTMAX_MAX : (intmax_t)number;
	return at == text ? NULL : at;
}

const char *arith_number(const char *text, intmax_t *out)
{
	const char *end;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return digits(text + 2, 16, out);
	if (text[0] == '0')
		return digits(text, 8, out);
	end = digits(text, 10, out);
	if (end && *end == '#' && *out >= 2 && *out <= 64)
		return digits(end + 1, (unsigned)*out, out);
	return end;
}

static struct arith_node *parse_number(struct arith_parser *ap)
{
	struct arith_node *node = node_make(ap, ARITH_NUMBER, NULL, NULL);
	const char *end = arith_number(ap->at, &node->number);

	if (!end || isalnum((unsigned char)*end) || *end == '_')
		return arith_fail(ap, "bad number");
	ap->at = end;
	return node;
}

/* A name, perhaps with an index, perhaps with ++ or -- after it. */
static struct arith_node *parse_name(struct arith_parser *ap)
{
	struct arith_node *node = node_make(ap, ARITH_VAR, NULL, NULL), *change;
	size_t len = var_name_len(ap->at);

	node->var = var_slot(ap->sh, ap->at, len);
	ap->at += len;
	if (*ap->at == '[') {
		ap->at++;
		node->left = parse_comma(ap);
		if (!node->left || !take(ap, "]"))
			return arith_fail(ap, "missing `]'");
	}
	skip_space(ap);
	if (strncmp(ap->at, "++", 2) != 0 && strncmp(ap->at, "--", 2) != 0)
		return node;
	change = node_make(ap, ARITH_INCREMENT, node, NULL);
	change->number = ap->at[0] == '+' ? 1 : -1;
	change->is_after = true;
	ap->at += 2;
	return change;
}

static struct arith_node *parse_operand(struct arith_parser *ap)
{
	struct arith_node *node;

	skip_space(ap);
	if (isdigit((unsigned char)*ap->at))
		return parse_number(ap);
	if (var_name_len(ap->at))
		return parse_name(ap);
	if (*ap->at == ARITH_PARAM_MARK && ap->params < ap->most_params) {
		ap->at++;
		node = node_make(ap, ARITH_PARAM, NULL, NULL);
		node->number = ap->params++;
		if (isalnum((unsigned char)*ap->at) || *ap->at == '_' ||
		    *ap->at == ARITH_PARAM_MARK)
			return arith_fail(ap, "operator expected");
		return node;
	}
	if (!take(ap, "("))
		return arith_fail(ap, *ap->at ? "operand expected" : "unexpected end");
	node = parse_comma(ap);
	if (node && !take(ap, ")"))
		return arith_fail(ap, "missing `)'");
	return node;
}

/* ++ or -- before a name; two signs before anything else are two signs. */
static bool at_increment(struct arith_parser *ap)
{
	const char *at = ap->at;

	if (strncmp(at, "++", 2) != 0 && strncmp(at, "--", 2) != 0)
		return false;
	at += 2;
	while (*at == ' ' || *at == '\t')
		at++;
	return var_name_len(at) > 0;
}

static struct arith_node *parse_prefix(struct arith_parser *ap, enum arith_op op)
{
	struct arith_node *operand;

	ap->at++;
	operand = parse_unary(ap);
	return operand ? node_make(ap, op, operand, NULL) : NULL;
}

static struct arith_node *parse_increment(struct arith_parser *ap)
{
	struct arith_node *node = node_make(ap, ARITH_INCREMENT, NULL, NULL);

	node->number = ap->at[0] == '+' ? 1 : -1;
	ap->at += 2;
	node->left = parse_operand(ap);
	if (node->left && node->left->op != ARITH_VAR)
		return arith_fail(ap, "variable expected");
	return node->left ? node : NULL;
}

static struct arith_node *parse_signs(struct arith_parser *ap)
{
	skip_space(ap);
	if (at_increment(ap))
		return parse_increment(ap);
	switch (*ap->at) {
	case '-': return parse_prefix(ap, ARITH_NEGATE);
	case '+': return parse_prefix(ap, ARITH_PLUS);
	case '!': return parse_prefix(ap, ARITH_NOT);
	case '~': return parse_prefix(ap, ARITH_COMPLEMENT);
	default: return parse_operand(ap);
	}
}

static struct arith_node *parse_unary(struct arith_parser *ap)
{
	struct arith_node *node;

	if (++ap->depth > ARITH_DEPTH)
		return arith_fail(ap, "nested too deeply");
	node = parse_signs(ap);
	ap->depth--;
	return node;
}

struct operator
{
	const char *text;
	enum arith_op op;
	int strength;
};

/* Longer operators stand before those that they begin with. */
static const struct operator operators[] = {
	{"**", ARITH_POWER, 11},     {"*", ARITH_MULTIPLY, 10},
	{"/", ARITH_DIVIDE, 10},     {"%", ARITH_MODULO, 10},
	{"+", ARITH_ADD, 9},         {"-", ARITH_SUBTRACT, 9},
	{"<<", ARITH_SHIFT_LEFT, 8}, {">>", ARITH_SHIFT_RIGHT, 8},
	{"<=", ARITH_LESS_EQUAL, 7}, {">=", ARITH_GREATER_EQUAL, 7},
	{"<", ARITH_LESS, 7},        {">", ARITH_GREATER, 7},
	{"==", ARITH_EQUAL, 6},      {"!=", ARITH_NOT_EQUAL, 6},
	{"&&", ARITH_AND, 2},        {"||", ARITH_OR, 1},
	{"&", ARITH_BIT_AND, 5},     {"^", ARITH_BIT_XOR, 4},
	{"|", ARITH_BIT_OR, 3},
};

/* The binary operator that is next, unless it is one that assigns. */
static const struct operator* next_operator(struct arith_parser *ap)
{
	skip_space(ap);
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		const struct operator* op = & operators[i];
		size_t len = strlen(op->text);

		if (strncmp(ap->at, op->text, len) != 0)
			continue;
		if (ap->at[len] == '=' && op->op < ARITH_POWER)
			return NULL;
		return op;
	}
	return NULL;
}

/* Operators at least as strong as the given one. Power leans to the right. */
static struct arith_node *parse_binary(struct arith_parser *ap, int strength)
{
	struct arith_node *left = parse_unary(ap);

	while (left) {
		const struct operator* op = next_operator(ap);
		struct arith_node *right;

		if (!op || op->strength < strength)
			return left;
		if (++ap->operators > ARITH_OPERATORS)
			return arith_fail(ap, "too long");
		ap->at += strlen(op->text);
		right = parse_binary(ap, op->op == ARITH_POWER ? op->strength : op->strength + 1);
		left = right ? node_make(ap, op->op, left, right) : NULL;
	}
	return NULL;
}

static struct arith_node *parse_conditional(struct arith_parser *ap)
{
	struct arith_node *node, *test = parse_binary(ap, 1);

	if (!test || !take(ap, "?"))
		return test;
	if (++ap->depth > ARITH_DEPTH)
		return arith_fail(ap, "nested too deeply");
	node = node_make(ap, ARITH_CONDITION, test, NULL);
	node->right = parse_comma(ap);
	if (node->right && !take(ap, ":"))
		return arith_fail(ap, "missing `:'");
	node->third = node->right ? parse_conditional(ap) : NULL;
	ap->depth--;
	return node->third ? node : NULL;
}

/* "=", "+=" and so on: what the operator before the '=' is. */
static bool take_assignment(struct arith_parser *ap, enum arith_op *out_op)
{
	skip_space(ap);
	*out_op = ARITH_NUMBER;
	if (ap->at[0] == '=' && ap->at[1] != '=') {
		ap->at++;
		return true;
	}
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		size_t len = strlen(operators[i].text);

		if (operators[i].op >= ARITH_POWER ||
		    strncmp(ap->at, operators[i].text, len) != 0 || ap->at[len] != '=' ||
		    ap->at[len + 1] == '=')
			continue;
		*out_op = operators[i].op;
		ap->at += len + 1;
		return true;
	}
	return false;
}

static struct arith_node *parse_assign(struct arith_parser *ap)
{
	struct arith_node *node, *left = parse_conditional(ap);
	enum arith_op op;

	if (!left || !take_assignment(ap, &op))
		return left;
	if (left->op != ARITH_VAR)
		return arith_fail(ap, "assignment to what is no variable");
	if (++ap->depth > ARITH_DEPTH)
		return arith_fail(ap, "nested too deeply");
	node = node_make(ap, ARITH_ASSIGN, left, NULL);
	node->assign_op = op;
	node->right = parse_assign(ap);
	ap->depth--;
	return node->right ? node : NULL;
}

static struct arith_node *parse_comma(struct arith_parser *ap)
{
	struct arith_node *left = parse_assign(ap);

	while (left && take(ap, ",")) {
		struct arith_node *right = parse_assign(ap);

		if (++ap->operators > ARITH_OPERATORS)
			return arith_fail(ap, "too long");
		left = right ? node_make(ap, ARITH_COMMA, left, right) : NULL;
	}
	return left;
}

struct arith_node *arith_parse(struct shell *sh, struct arena *arena, const char *text,
                               unsigned params, const char **out_error)
{
	struct arith_parser ap = {.sh = sh, .arena = arena, .at = text, .most_params = params};
	struct arith_node *node;

	skip_space(&ap);
	if (!*ap.at)
		return node_make(&ap, ARITH_NUMBER, NULL, NULL);
	node = parse_comma(&ap);
	skip_space(&ap);
	if (node && *ap.at)
		arith_fail(&ap, "operator expected");
	*out_error = ap.error;
	return ap.error ? NULL : node;
}

/* A parameter whose value may be put into a parsed expression. */
static bool is_plain_param(const struct part *part)
{
	const struct param *param = part->param;

	if (param->op != OP_NONE || param->index || param->all)
		return false;
	return param->kind != PARAM_SPECIAL || !strchr("@*", param->special);
}

struct arith *lex_arith(struct parser *ps, struct word *word)
{
	struct arith *arith = parser_new(ps, sizeof(*arith));
	const char *error = NULL;
	struct text text;

	arith->word = word;
	text_begin(&text, &ps->region->arena);
	for (const struct part *part = word->parts; part; part = part->next) {
		if (part->kind == PART_TEXT && !memchr(part->text, ARITH_PARAM_MARK, part->len)) {
			text_bytes(&text, part->text, part->len);
		} else if (part->kind == PART_PARAM && is_plain_param(part) &&
		           arith->param_count < ARITH_PARAMS) {
			text_char(&text, ARITH_PARAM_MARK);
			arith->params[arith->param_count++] = part->param;
		} else {
			return arith;
		}
	}
	arith->tree = arith_parse(ps->sh, &ps->region->arena, text_end(&text), arith->param_count,
	                          &error);
	return arith;
}
