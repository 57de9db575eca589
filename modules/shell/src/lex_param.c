/*
 * ${ }: the parameter, its operator and the operator's words. What is no substitution is read up to its brace and
 * only becomes an error when it is expanded.
 */
#include "arith.h"
#include "parser.h"
#include "shell.h"
#include <ctype.h>
#include <string.h>

void lex_param_name(struct parser *ps, struct param *param)
{
	struct text name;

	text_begin(&name, &ps->region->arena);
	while (isalnum(char_joined(ps)) || char_joined(ps) == '_')
		text_char(&name, (char)char_next(ps));
	param->kind = PARAM_VAR;
	param->text = text_end(&name);
	param->var = var_slot(ps->sh, param->text, name.len);
}

static void param_digits(struct parser *ps, struct param *param)
{
	struct text digits;
	unsigned long number = 0;

	text_begin(&digits, &ps->region->arena);
	while (isdigit(char_joined(ps))) {
		char c = (char)char_next(ps);

		text_char(&digits, c);
		if (number < 100000000)
			number = number * 10 + (unsigned long)(c - '0');
	}
	param->text = text_end(&digits);
	param->number = (unsigned)number;
	param->kind = number ? PARAM_POSITIONAL : PARAM_SPECIAL;
	param->special = '0';
}

/* The parameter itself; false when there is none. */
static bool param_itself(struct parser *ps, struct param *param)
{
	int c = char_joined(ps);

	if (isalpha(c) || c == '_') {
		lex_param_name(ps, param);
	} else if (isdigit(c)) {
		param_digits(ps, param);
	} else if (c != CHAR_END && c != 0 && strchr("@*#?-$!", c)) {
		char_next(ps);
		param->kind = PARAM_SPECIAL;
		param->special = (char)c;
		param->text = parser_copy(ps, &param->special, 1);
	} else {
		return false;
	}
	return true;
}

/* [index] after a name. */
static void param_index(struct parser *ps, struct param *param)
{
	struct word *word;
	const char *plain;

	if (param->kind != PARAM_VAR || char_joined(ps) != '[')
		return;
	char_next(ps);
	word = lex_word(ps, MODE_INDEX);
	if (char_next(ps) != ']') {
		syntax_error(ps, "unterminated array subscript");
		return;
	}
	plain = word->parts && !word->parts->next && word->parts->kind == PART_TEXT
	                ? word->parts->text
	                : "";
	if (strcmp(plain, "@") == 0 || strcmp(plain, "*") == 0)
		param->all = plain[0];
	else
		param->index = lex_arith(ps, word);
}

static bool char_is(struct parser *ps, int wanted)
{
	if (char_joined(ps) != wanted)
		return false;
	char_next(ps);
	return true;
}

static void param_replace(struct parser *ps, struct param *param)
{
	param->op = OP_REPLACE;
	if (char_is(ps, '/'))
		param->op = OP_REPLACE_ALL;
	param->word = lex_word(ps, MODE_SLASH);
	if (char_is(ps, '/'))
		param->word2 = lex_word(ps, MODE_BRACE);
}

static void param_substring(struct parser *ps, struct param *param)
{
	param->op = OP_SUBSTRING;
	param->word = lex_word(ps, MODE_OFFSET);
	if (char_is(ps, ':'))
		param->word2 = lex_word(ps, MODE_OFFSET);
}

static void param_trim(struct parser *ps, struct param *param, int c)
{
	bool twice = char_is(ps, c);

	if (c == '%')
		param->op = twice ? OP_SUFFIX_LONG : OP_SUFFIX;
	else
		param->op = twice ? OP_PREFIX_LONG : OP_PREFIX;
	param->word = lex_word(ps, MODE_BRACE);
}

static enum param_op word_op(int c)
{
	switch (c) {
	case '-': return OP_DEFAULT;
	case '=': return OP_ASSIGN;
	case '?': return OP_ERROR;
	case '+': return OP_ALTERNATE;
	default: return OP_BAD;
	}
}

static void param_operator(struct parser *ps, struct param *param, bool quoted)
{
	int c = char_joined(ps);

	if (c == '}')
		return;
	if (c == ':') {
		char_next(ps);
		c = char_joined(ps);
		param->colon = true;
		if (word_op(c) == OP_BAD) {
			param_substring(ps, param);
			return;
		}
	}
	param->op = word_op(c);
	if (param->op != OP_BAD) {
		char_next(ps);
		param->word = lex_word(ps, quoted ? MODE_QUOTED_BRACE : MODE_BRACE);
	} else if (c == '%' || c == '#') {
		char_next(ps);
		param_trim(ps, param, c);
	} else if (c == '/') {
		char_next(ps);
		param_replace(ps, param);
	}
}

/* After "${#": whether this is a length, and not an operator upon $#. */
static bool is_length(struct parser *ps)
{
	int c = char_joined(ps), after = char_peek2(ps);

	if (isalnum(c) || c == '_')
		return true;
	return after == '}' && c != 0 && strchr("@*#?-$!", c);
}

static void param_body(struct parser *ps, struct param *param, bool quoted)
{
	if (char_joined(ps) == '#') {
		char_next(ps);
		if (is_length(ps)) {
			param->op = OP_LENGTH;
			param_itself(ps, param);
			param_index(ps, param);
			return;
		}
		param->kind = PARAM_SPECIAL;
		param->special = '#';
		param->text = "#";
	} else if (!param_itself(ps, param)) {
		param->op = OP_BAD;
		param->text = "";
		return;
	}
	param_index(ps, param);
	param_operator(ps, param, quoted);
}

/* At the brace after a dollar sign. */
bool lex_param(struct word_builder *wb, bool quoted)
{
	struct parser *ps = wb->ps;
	struct param *param = parser_new(ps, sizeof(*param));
	int line = ps->line;

	char_next(ps);
	param_body(ps, param, quoted);
	if (char_joined(ps) != '}') {
		param->op = OP_BAD;
		lex_word(ps, quoted ? MODE_QUOTED_BRACE : MODE_BRACE);
	}
	if (char_next(ps) != '}') {
		ps->line = line;
		syntax_error(ps, "missing `}'");
	}
	builder_part(wb, (struct part){.kind = PART_PARAM, .quoted = quoted, .param = param});
	return true;
}
