/*
 * Parameters that are lists: $@, $* and all elements of an array. Within quotes an '@' makes a field of each element,
 * a '*' joins them with the first character of IFS; where no fields are made both join.
 */
#include "array.h"
#include "expand.h"
#include "message.h"
#include "number.h"
#include "shell.h"
#include "split.h"
#include <string.h>

struct list {
	struct shell *sh;
	const struct param *param;
	size_t first, count;
};

static const char *list_at(const struct list *list, size_t place)
{
	place += list->first;
	if (list->param->all)
		return array_at(list->sh, list->param->var, place);
	return place == 0 && list->param->op == OP_SUBSTRING ? list->sh->arg0
	       : list->param->op == OP_SUBSTRING             ? list->sh->params.list[place - 1]
	                                                     : list->sh->params.list[place];
}

static struct list list_of(struct shell *sh, const struct param *param)
{
	struct list list = {sh, param, 0, (size_t)sh->params.count};

	if (param->all)
		list.count = array_count(sh, param->var);
	else if (param->op == OP_SUBSTRING)
		list.count++; /* $0 is the one before $1 there */
	return list;
}

static bool is_star(const struct param *param)
{
	return param->all ? param->all == '*' : param->special == '*';
}

/* What stands between two elements that are joined. */
static const char *list_separator(struct expansion *ex, const struct param *param)
{
	return is_star(param) ? ex->sh->ifs_first : " ";
}

static bool add_element(struct expansion *ex, const struct part *part, const char *value)
{
	if (part->param->op != OP_SUBSTRING)
		value = param_change_value(ex->sh, part->param, value);
	if (!value)
		return false;
	expansion_value(ex, value, part->quoted);
	return true;
}

/* Between two elements: a new field, or a separator. */
static void between(struct expansion *ex, const struct part *part)
{
	const char *separator = list_separator(ex, part->param);
	bool joins = !ex->fields || (part->quoted && is_star(part->param));

	if (!joins) {
		bool after_field = ex->state != SPLIT_START;

		/* Where IFS begins with white space, that is what counts as between them. */
		expansion_break(ex);
		ex->state = after_field && ex->sh->ifs[(unsigned char)*ex->sh->ifs_first] ==
		                                    IFS_SPACE
		                    ? SPLIT_SPACE
		                    : SPLIT_START;
	} else if (part->quoted) {
		expansion_quoted(ex, separator, strlen(separator));
	} else {
		expansion_unquoted(ex, separator, strlen(separator));
	}
}

static bool expand_elements(struct expansion *ex, const struct part *part, struct list list)
{
	if (part->quoted && is_star(part->param))
		expansion_quoted(ex, "", 0);
	for (size_t i = 0; i < list.count; i++) {
		if (i > 0)
			between(ex, part);
		if (!add_element(ex, part, list_at(&list, i)))
			return false;
	}
	return true;
}

static bool expand_count(struct expansion *ex, const struct part *part, size_t count)
{
	char buffer[NUMBER_BYTES];

	expansion_value(ex, number_text(buffer, (intmax_t)count), part->quoted);
	return true;
}

/* Whether there is a value in the sense of the operators: with a colon, one that is not empty. */
static bool is_there(struct expansion *ex, const struct list *list)
{
	bool joins_to_nothing = is_star(list->param) && !*ex->sh->ifs_first;

	if (!list->param->colon || (list->count > 1 && !joins_to_nothing))
		return list->count > 0;
	for (size_t i = 0; i < list->count; i++)
		if (*list_at(list, i))
			return true;
	return false;
}

static bool expand_instead(struct expansion *ex, const struct part *part)
{
	bool outer = ex->splits_text, done;

	if (part->quoted)
		expansion_quoted(ex, "", 0);
	ex->splits_text = !part->quoted;
	done = expand_parts(ex, part->param->word->parts);
	ex->splits_text = outer;
	return done;
}

static bool expand_slice(struct expansion *ex, const struct part *part, struct list list)
{
	size_t first, end;

	if (!param_range(ex->sh, part->param, list.count, &first, &end))
		return false;
	list.first = first;
	list.count = end > first ? end - first : 0;
	return expand_elements(ex, part, list);
}

static bool list_refuse(struct expansion *ex, const struct param *param)
{
	if (param->op == OP_ERROR)
		sh_error(ex->sh, "%s: parameter not set", param->text);
	else
		sh_error(ex->sh, "%s: cannot be assigned in this way", param->text);
	sh_unwind_error(ex->sh, 2);
	return false;
}

bool expand_param_list(struct expansion *ex, const struct part *part)
{
	const struct param *param = part->param;
	struct list list = list_of(ex->sh, param);

	switch (param->op) {
	case OP_LENGTH: return expand_count(ex, part, list.count);
	case OP_SUBSTRING: return expand_slice(ex, part, list);
	case OP_ALTERNATE:
		if (is_there(ex, &list))
			return expand_instead(ex, part);
		if (part->quoted && (is_star(param) || list.count > 0))
			expansion_quoted(ex, "", 0);
		return true;
	case OP_DEFAULT:
		if (!is_there(ex, &list))
			return expand_instead(ex, part);
		break;
	case OP_ASSIGN:
	case OP_ERROR:
		if (!is_there(ex, &list))
			return list_refuse(ex, param);
		break;
	default: return expand_elements(ex, part, list);
	}
	/* The operators above leave the values as they are. */
	struct param plain = *param;
	struct part plain_part = *part;

	plain.op = OP_NONE;
	plain_part.param = &plain;
	list.param = &plain;
	return expand_elements(ex, &plain_part, list);
}
