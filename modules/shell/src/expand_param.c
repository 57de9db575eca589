/*
 * Parameter expansion: values, and operators whose word stands for the value (- = ? +). Cutting and replacing is in
 * param_change.c, lists ($@, $*, arrays) in expand_list.c.
 */
#include "arith.h"
#include "array.h"
#include "expand.h"
#include "message.h"
#include "number.h"
#include "shell.h"
#include "characters.h"
#include <string.h>

static const char *temp_number(struct shell *sh, intmax_t number)
{
	return number_text(arena_alloc(&sh->temp, NUMBER_BYTES), number);
}

static const char *special_value(struct shell *sh, char special)
{
	char *letters;

	switch (special) {
	case '#': return temp_number(sh, sh->params.count);
	case '?': return temp_number(sh, sh->status);
	case '$': return temp_number(sh, sh->pid);
	case '!': return sh->has_background ? temp_number(sh, sh->last_background) : NULL;
	case '0': return sh->arg0;
	case '-':
		letters = arena_alloc(&sh->temp, OPT_COUNT + 1);
		option_letters(sh, letters);
		return letters;
	default: return NULL;
	}
}

const char *expand_plain_param(struct shell *sh, const struct param *param)
{
	switch (param->kind) {
	case PARAM_VAR: return var_value(sh, param->var);
	case PARAM_POSITIONAL:
		return param->number <= (unsigned)sh->params.count
		               ? sh->params.list[param->number - 1]
		               : NULL;
	default: return special_value(sh, param->special);
	}
}

void param_unset_error(struct shell *sh, const struct param *param)
{
	sh_error(sh, "%s: parameter not set", param->text);
	sh_unwind_error(sh, 2);
}

static bool bad_substitution(struct shell *sh)
{
	sh_error(sh, "bad substitution");
	sh_unwind_error(sh, 2);
	return false;
}

/* Expands the operator's word in the place of the value. */
static bool expand_operand(struct expansion *ex, const struct part *part)
{
	bool outer = ex->splits_text;
	bool done;

	if (part->quoted)
		expansion_quoted(ex, "", 0);
	ex->splits_text = !part->quoted;
	done = expand_parts(ex, part->param->word->parts);
	ex->splits_text = outer;
	return done;
}

static bool assign_param(struct expansion *ex, const struct part *part)
{
	struct shell *sh = ex->sh;
	const struct param *param = part->param;
	char *value;
	intmax_t index;
	bool done;

	if (param->kind != PARAM_VAR) {
		sh_error(sh, "%s: cannot be assigned in this way", param->text);
		sh_unwind_error(sh, 2);
		return false;
	}
	value = expand_string(sh, param->word);
	if (!value)
		return false;
	if (param->index)
		done = arith_value(sh, param->index, &index) &&
		       array_set(sh, param->var, index, value, false);
	else
		done = var_set_string(sh, param->var, value);
	if (!done) {
		if (!sh->unwind)
			sh_unwind_error(sh, 2);
		return false;
	}
	expansion_value(ex, value, part->quoted);
	return true;
}

static bool param_error(struct expansion *ex, const struct param *param)
{
	char *text = param->word->parts ? expand_string(ex->sh, param->word) : "";

	if (!text)
		return false;
	if (!*text)
		text = param->colon ? "parameter null or not set" : "parameter not set";
	sh_error(ex->sh, "%s: %s", param->text, text);
	sh_unwind_error(ex->sh, 2);
	return false;
}

static bool expand_length(struct expansion *ex, const struct part *part, const char *value)
{
	struct shell *sh = ex->sh;

	if (!value && sh->options[OPT_NOUNSET]) {
		param_unset_error(sh, part->param);
		return false;
	}
	if (!value)
		value = "";
	value = temp_number(sh, (intmax_t)char_count(value, strlen(value), sh->utf8));
	expansion_value(ex, value, part->quoted);
	return true;
}

char *param_change_value(struct shell *sh, const struct param *param, const char *value)
{
	switch (param->op) {
	case OP_SUBSTRING: return param_substring_value(sh, param, value);
	case OP_REPLACE:
	case OP_REPLACE_ALL: return param_replace_value(sh, param, value);
	case OP_NONE: return (char *)value;
	default: return param_trim_value(sh, param, value);
	}
}

/* What the operator makes of an unset parameter: nothing, but a pattern to be cut off is expanded. */
static const char *change_unset(struct shell *sh, const struct param *param)
{
	switch (param->op) {
	case OP_SUBSTRING:
	case OP_REPLACE:
	case OP_REPLACE_ALL: return "";
	default: return param_change_value(sh, param, "");
	}
}

/* The value, changed by the operator when there is one that does. */
static bool expand_changed(struct expansion *ex, const struct part *part, const char *value)
{
	if (!value && ex->sh->options[OPT_NOUNSET]) {
		param_unset_error(ex->sh, part->param);
		return false;
	}
	value = value ? param_change_value(ex->sh, part->param, value)
	              : change_unset(ex->sh, part->param);
	if (!value)
		return false;
	expansion_value(ex, value, part->quoted);
	return true;
}

static bool is_list(const struct param *param)
{
	return param->all ||
	       (param->kind == PARAM_SPECIAL && (param->special == '@' || param->special == '*'));
}

static bool element_value(struct shell *sh, const struct param *param, const char **out_value)
{
	intmax_t index;

	if (!param->index) {
		*out_value = expand_plain_param(sh, param);
		return true;
	}
	if (!arith_value(sh, param->index, &index))
		return false;
	*out_value = array_get(sh, param->var, index);
	return true;
}

bool expand_param(struct expansion *ex, const struct part *part)
{
	const struct param *param = part->param;
	const char *value;
	bool is_there;

	if (param->op == OP_BAD)
		return bad_substitution(ex->sh);
	if (is_list(param))
		return expand_param_list(ex, part);
	if (!element_value(ex->sh, param, &value))
		return false;
	is_there = value && (!param->colon || *value);
	switch (param->op) {
	case OP_LENGTH: return expand_length(ex, part, value);
	case OP_ALTERNATE:
		if (is_there)
			return expand_operand(ex, part);
		expansion_value(ex, "", part->quoted);
		return true;
	case OP_DEFAULT:
		if (!is_there)
			return expand_operand(ex, part);
		break;
	case OP_ASSIGN:
		if (!is_there)
			return assign_param(ex, part);
		break;
	case OP_ERROR:
		if (!is_there)
			return param_error(ex, param);
		break;
	default: return expand_changed(ex, part, value);
	}
	expansion_value(ex, value, part->quoted);
	return true;
}
