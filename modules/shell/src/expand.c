/*
 * Word expansion: walks a word's parts and builds fields. Splitting happens while text is added: a small state
 * (enum split_state) says whether a field is begun, so no marks have to be kept. Within a field, what was quoted has
 * backslashes before characters that patterns know, which are taken out again when the field is no pattern.
 */
#include "expand.h"
#include "arith.h"
#include "number.h"
#include "pattern.h"
#include "shell.h"
#include "split.h"
#include <string.h>

void fields_begin(struct fields *fields, struct shell *sh)
{
	*fields = (struct fields){&sh->temp, NULL, 0, 0};
}

void fields_add(struct fields *fields, char *field)
{
	if (fields->count + 1 >= fields->cap) {
		size_t cap = fields->cap ? fields->cap * 2 : 16;
		char **larger = arena_alloc(fields->arena, cap * sizeof(*larger));

		if (fields->count)
			memcpy(larger, fields->list, fields->count * sizeof(*larger));
		fields->list = larger;
		fields->cap = cap;
	}
	fields->list[fields->count++] = field;
	fields->list[fields->count] = NULL;
}

static void field_start(struct expansion *ex)
{
	text_begin(&ex->text, &ex->sh->temp);
	text_begin(&ex->raw, &ex->sh->temp);
	ex->has_glob = ex->has_escapes = false;
}

/* The field as a pattern: a backslash that came unquoted escapes the next character there. */
static const char *field_pattern(const struct expansion *ex, const char *field)
{
	size_t start = 0, place;
	struct text pattern;

	if (ex->raw.len == 0)
		return field;
	text_begin(&pattern, &ex->sh->temp);
	for (size_t i = 0; i < ex->raw.len; i += sizeof(place)) {
		memcpy(&place, ex->raw.start + i, sizeof(place));
		text_bytes(&pattern, field + start, place - start);
		start = place + 1;
	}
	text_string(&pattern, field + start);
	return text_end(&pattern);
}

void expansion_break(struct expansion *ex)
{
	char *field;

	if (ex->state != SPLIT_FIELD || !ex->fields)
		return;
	ex->state = SPLIT_START;
	field = text_end(&ex->text);
	if (!ex->has_glob || ex->sh->options[OPT_NOGLOB] ||
	    !glob_expand(ex->sh, field_pattern(ex, field), ex->fields)) {
		if (ex->has_escapes)
			pattern_unescape(field);
		fields_add(ex->fields, field);
	}
	field_start(ex);
}

/* Adds text with a backslash before each character of a set. */
static void add_escaped(struct expansion *ex, const char *text, size_t len, const char *special)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] && strchr(special, text[i])) {
			text_char(&ex->text, '\\');
			ex->has_escapes = true;
		}
		text_char(&ex->text, text[i]);
	}
}

static bool has_any(const char *text, size_t len, unsigned char mark)
{
	for (size_t i = 0; i < len; i++)
		if (split_class[(unsigned char)text[i]] & mark)
			return true;
	return false;
}

void expansion_quoted(struct expansion *ex, const char *text, size_t len)
{
	ex->state = SPLIT_FIELD;
	if ((ex->fields || ex->for_pattern) && has_any(text, len, SPLIT_SPECIAL))
		add_escaped(ex, text, len, "*?[]\\!-^");
	else if (len)
		text_bytes(&ex->text, text, len);
}

/* A backslash of an expansion: a character, unless the field is a pattern that matches. */
static void add_raw_backslash(struct expansion *ex)
{
	size_t place = ex->text.len;

	text_bytes(&ex->raw, (const char *)&place, sizeof(place));
	text_bytes(&ex->text, "\\\\", 2);
	ex->has_escapes = true;
}

/* Text that is not split, as a pattern's part. */
static void add_active(struct expansion *ex, const char *text, size_t len)
{
	if (!len)
		return;
	ex->state = SPLIT_FIELD;
	if (ex->fields && has_any(text, len, SPLIT_SPECIAL)) {
		ex->has_glob |= has_any(text, len, SPLIT_GLOB);
		for (size_t i = 0; i < len; i++) {
			if (text[i] == '\\')
				add_raw_backslash(ex);
			else
				text_char(&ex->text, text[i]);
		}
	} else {
		text_bytes(&ex->text, text, len);
	}
}

/* One delimiter; gives its length, 0 when the text does not begin with one. */
static size_t split_at(struct expansion *ex, const char *text)
{
	bool is_space;
	size_t len = split_delimiter(ex->sh, text, &is_space);

	if (len == 0)
		return 0;
	if (ex->state == SPLIT_FIELD) {
		expansion_break(ex);
		ex->state = is_space ? SPLIT_SPACE : SPLIT_START;
	} else if (!is_space) {
		if (ex->state == SPLIT_START) {
			ex->state = SPLIT_FIELD;
			expansion_break(ex);
		}
		ex->state = SPLIT_START;
	}
	return len;
}

/* The result of an expansion outside of quotes: split where there are fields. */
void expansion_unquoted(struct expansion *ex, const char *text, size_t len)
{
	const char *end = text + len, *start = text;

	if (!ex->fields) {
		add_active(ex, text, len);
		return;
	}
	while (text < end) {
		size_t delimiter;

		if (!ex->sh->ifs[(unsigned char)*text]) {
			text++;
			continue;
		}
		if (text > start)
			add_active(ex, start, (size_t)(text - start));
		delimiter = split_at(ex, text);
		start = text;
		text += delimiter ? delimiter : 1;
		if (delimiter)
			start = text;
	}
	if (end > start)
		add_active(ex, start, (size_t)(end - start));
}

void expansion_value(struct expansion *ex, const char *value, bool quoted)
{
	if (quoted)
		expansion_quoted(ex, value, strlen(value));
	else
		expansion_unquoted(ex, value, strlen(value));
}

static bool expand_command_part(struct expansion *ex, const struct part *part)
{
	size_t len;
	char *text = substitute_command(ex->sh, part->command, &len);

	if (!text)
		return false;
	if (part->quoted)
		expansion_quoted(ex, text, len);
	else
		expansion_unquoted(ex, text, len);
	return true;
}

static bool expand_arith_part(struct expansion *ex, const struct part *part)
{
	intmax_t value;
	char buffer[NUMBER_BYTES];

	if (!arith_value(ex->sh, part->arith, &value))
		return false;
	expansion_value(ex, number_text(buffer, value), part->quoted);
	return true;
}

static bool expand_process_part(struct expansion *ex, const struct part *part)
{
	char *name = substitute_process(ex->sh, part->command, part->writes);

	if (!name)
		return false;
	expansion_quoted(ex, name, strlen(name));
	return true;
}

static void expand_text_part(struct expansion *ex, const struct part *part)
{
	if (part->quoted)
		expansion_quoted(ex, part->text, part->len);
	else if (ex->splits_text)
		expansion_unquoted(ex, part->text, part->len);
	else
		add_active(ex, part->text, part->len);
}

bool expand_parts(struct expansion *ex, const struct part *part)
{
	bool done = true;

	for (; part && done; part = part->next) {
		switch (part->kind) {
		case PART_TEXT: expand_text_part(ex, part); break;
		case PART_PARAM: done = expand_param(ex, part); break;
		case PART_COMMAND: done = expand_command_part(ex, part); break;
		case PART_ARITH: done = expand_arith_part(ex, part); break;
		case PART_PROCESS: done = expand_process_part(ex, part); break;
		case PART_TILDE: done = expand_tilde(ex, part); break;
		}
	}
	return done;
}

static void expansion_begin(struct expansion *ex, struct shell *sh, struct fields *fields)
{
	*ex = (struct expansion){.sh = sh, .fields = fields, .state = SPLIT_START};
	field_start(ex);
}

/* A word that is one plain parameter whose value can be no more than one field. */
static bool expand_simple(struct shell *sh, const struct word *word, struct fields *fields)
{
	const struct part *part = word->parts;
	const struct param *param;
	const char *value;
	size_t len = 0;

	if (!part || part->next || part->kind != PART_PARAM)
		return false;
	param = part->param;
	if (param->op != OP_NONE || param->kind == PARAM_SPECIAL || param->index || param->all)
		return false;
	value = expand_plain_param(sh, param);
	if (!value)
		return false;
	if (part->quoted) {
		len = strlen(value);
	} else {
		while (value[len] && !sh->ifs[(unsigned char)value[len]] &&
		       !(split_class[(unsigned char)value[len]] & SPLIT_GLOB))
			len++;
		if (value[len] || len == 0)
			return false;
	}
	fields_add(fields, arena_text(&sh->temp, value, len));
	return true;
}

static bool expand_word(struct shell *sh, const struct word *word, struct fields *fields)
{
	struct expansion ex;

	if (word->literal) {
		fields_add(fields, (char *)word->literal);
		return true;
	}
	if (word->is_assignment) {
		char *text = expand_string(sh, word);

		if (text)
			fields_add(fields, text);
		return text != NULL;
	}
	if (expand_simple(sh, word, fields))
		return true;
	expansion_begin(&ex, sh, fields);
	if (!expand_parts(&ex, word->parts))
		return false;
	expansion_break(&ex);
	return true;
}

bool expand_words(struct shell *sh, const struct word *words, struct fields *fields)
{
	for (; words; words = words->next) {
		const struct word *made = words->braces ? brace_expand(sh, words) : NULL;

		for (; made; made = made->next)
			if (!expand_word(sh, made, fields))
				return false;
		if (!words->braces && !expand_word(sh, words, fields))
			return false;
	}
	return true;
}

char *expand_string(struct shell *sh, const struct word *word)
{
	struct expansion ex;

	if (word->literal)
		return (char *)word->literal;
	expansion_begin(&ex, sh, NULL);
	return expand_parts(&ex, word->parts) ? text_end(&ex.text) : NULL;
}

char *expand_pattern(struct shell *sh, const struct word *word)
{
	struct expansion ex;

	expansion_begin(&ex, sh, NULL);
	ex.for_pattern = true;
	return expand_parts(&ex, word->parts) ? text_end(&ex.text) : NULL;
}
