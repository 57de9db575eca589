/*
 * Completion: what may stand at the cursor follows from the piece of the command that the cursor is in (command_text.c) and
 * from the words before it. Nothing that the user typed is run or expanded, so Tab changes nothing but the line.
 */
#include "complete.h"
#include "command_text.h"
#include "complete_word.h"
#include "jobs.h"
#include "names.h"
#include "objects.h"
#include "shell.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the word */

/* Whether the byte at `at` escapes the next one. */
static bool is_escape(const char *text, size_t at, size_t end, char quote)
{
	return text[at] == '\\' && at + 1 < end &&
	       (!quote || (quote == '"' && strchr("$`\"\\\n", text[at + 1])));
}

static char *unquote(struct shell *sh, const char *text, size_t start, size_t end, char quote)
{
	struct text value;

	text_begin(&value, &sh->temp);
	for (size_t at = start; at < end; at++) {
		char c = text[at];

		if (is_escape(text, at, end, quote))
			text_char(&value, text[++at]);
		else if (quote ? c == quote : c == '\'' || c == '"')
			quote = quote ? 0 : c;
		else
			text_char(&value, c);
	}
	return text_end(&value);
}

/* Finds the part after the last slash. What is in an open quote begins behind that. */
static void find_part(struct completion *c)
{
	char quote = c->quote_before, *slash = strrchr(c->value, '/');
	size_t part = 0, opened = 0, len = 0, len_at_quote = 0;

	c->part = slash ? slash + 1 : c->value;
	c->part_start = c->start;
	for (size_t at = c->start; at < c->cursor; at++) {
		char byte = c->text[at];

		if (is_escape(c->text, at, c->cursor, quote)) {
			byte = c->text[++at];
		} else if (quote ? byte == quote : byte == '\'' || byte == '"') {
			quote = quote ? 0 : byte;
			opened = at + 1;
			len_at_quote = len;
			continue;
		}
		len++;
		if (byte == '/') {
			c->part_start = at + 1;
			part = len;
		}
	}
	if (quote && opened > c->part_start) {
		c->part_start = opened;
		c->part_skip = len_at_quote - part;
	}
}

/* Reads the text up to the cursor. */
static void find_word(struct completion *c)
{
	struct pieces pieces;
	struct piece piece;
	char quote = 0;

	pieces_begin(&pieces, c->text, c->cursor);
	c->start = c->cursor;
	for (;; quote = pieces.quote) {
		bool is_file = pieces.wants_file;

		if (!pieces_next(&pieces, &piece))
			break;
		if (piece.kind == PIECE_OPERATOR)
			c->word_count = 0;
		if (piece.kind != PIECE_WORD || is_file)
			c->is_file = is_file && piece.kind == PIECE_WORD;
		if (piece.kind == PIECE_WORD && piece.end == c->cursor) {
			c->start = piece.start;
			c->quote_before = quote;
			c->is_command = piece.is_command;
			c->quote = piece.quote;
			break;
		}
		if (piece.kind == PIECE_WORD && !is_file && !piece.is_reserved &&
		    (piece.is_command || c->word_count > 0) && c->word_count < COMPLETE_WORDS)
			c->words[c->word_count++] = unquote(c->sh, c->text, piece.start, piece.end,
			                                    quote);
	}
	if (c->start == c->cursor) {
		c->is_command = pieces.wants_command && !pieces.wants_file;
		c->is_file = pieces.wants_file;
	}
	c->value = unquote(c->sh, c->text, c->start, c->cursor, c->quote_before);
	find_part(c);
}

char *complete_folder(const struct completion *c)
{
	return arena_text(&c->sh->temp, c->value, (size_t)(c->part - c->value));
}

void complete_add(struct completion *c, const char *name, char suffix)
{
	char *quoted = editor_quote(name + c->part_skip, c->quote);
	struct arena_mark mark = arena_mark(&c->sh->temp);
	struct text text;

	if (!quoted)
		return;
	text_begin(&text, &c->sh->temp);
	text_string(&text, quoted);
	if (c->quote && suffix == ' ')
		text_char(&text, c->quote);
	editor_candidate(c->out, text_end(&text), name, suffix);
	free(quoted);
	arena_release(&c->sh->temp, mark);
}

/* ---- what it may be */

static void add_name(void *context, const char *name, enum name_kind kind)
{
	(void)kind;
	complete_add(context, name, ' ');
}

static void complete_names(struct completion *c)
{
	names_each(c->sh, c->value, add_name, c);
}

static void complete_command_word(struct completion *c)
{
	if (!strchr(c->value, '/')) {
		complete_names(c);
		return;
	}
	complete_files(c, FILES_COMMANDS);
	if (strchr(c->part, '.'))
		complete_method(c);
	else
		complete_objects(c, '.');
}

static void complete_variables(struct completion *c, size_t start, char suffix)
{
	size_t count, len = c->cursor - start;
	struct var **list = var_sorted(c->sh, 0, &count);

	editor_candidates_start(c->out, start);
	for (size_t i = 0; i < count; i++) {
		const char *name = arena_text(&c->sh->temp, list[i]->text, list[i]->name_len);

		if (strncmp(name, c->text + start, len) == 0)
			editor_candidate(c->out, name, NULL, suffix);
	}
}

/* A name behind $ or ${: where it begins; 0: there is none. */
static size_t variable_start(const struct completion *c)
{
	size_t start = c->cursor, dollar;

	while (start > c->start &&
	       (isalnum((unsigned char)c->text[start - 1]) || c->text[start - 1] == '_'))
		start--;
	dollar = start - (start > c->start && c->text[start - 1] == '{');
	if (c->quote == '\'' || dollar == c->start || c->text[dollar - 1] != '$' ||
	    (dollar - 1 > c->start && c->text[dollar - 2] == '\\'))
		return 0;
	return start;
}

static void complete_jobs(struct completion *c)
{
	for (const struct job *job = c->sh->jobs; job; job = job->next) {
		char name[16], shown[80];

		snprintf(name, sizeof(name), "%%%d", job->number);
		snprintf(shown, sizeof(shown), "%s %s", name, job->text ? job->text : "");
		if (job->number && strncmp(name, c->value, strlen(c->value)) == 0)
			editor_candidate(c->out, name, shown, ' ');
	}
}

void complete_list(struct completion *c, const char *const *list)
{
	for (; *list; list++)
		if (strncmp(*list, c->value, strlen(c->value)) == 0)
			complete_add(c, *list, ' ');
}

static void complete_obj(struct completion *c)
{
	static const char *const verbs[] = {"call", "describe", "get", "ls", "watch", NULL};
	const char *verb = c->word_count > 1 ? c->words[1] : "";

	if (c->word_count == 1)
		complete_list(c, verbs);
	else if (c->word_count == 2)
		complete_objects(c, ' ');
	else if (c->word_count == 3)
		complete_members(c, c->words[2],
		                 strcmp(verb, "get") == 0     ? "properties"
		                 : strcmp(verb, "watch") == 0 ? "events"
		                                              : "methods");
}

static bool is_one_of(const char *word, const char *const *list)
{
	while (*list && strcmp(word, *list) != 0)
		list++;
	return *list != NULL;
}

/* The argument of a command. */
static void complete_argument(struct completion *c)
{
	static const char *const about_commands[] = {"command", "exec", "hash",  "help",
	                                             "type",    "man",  "which", NULL};
	static const char *const about_variables[] = {"export",   "local", "read",
	                                              "readonly", "unset", NULL};
	static const char *const about_jobs[] = {"bg", "fg", "jobs", "kill", "wait", NULL};
	static const char *const about_folders[] = {"cd", "rmdir", NULL};
	const char *name = c->word_count > 0 ? c->words[0] : "";

	if (c->is_file)
		complete_files(c, FILES_ALL);
	else if (complete_confined(c))
		return;
	else if (strchr(name, '/') && objects_is_call(c->sh, name))
		complete_method_argument(c);
	else if (strcmp(name, "obj") == 0)
		complete_obj(c);
	else if (c->value[0] == '%' && is_one_of(name, about_jobs))
		complete_jobs(c);
	else if (is_one_of(name, about_commands) && !strchr(c->value, '/'))
		complete_names(c);
	else if (is_one_of(name, about_variables))
		complete_variables(c, c->start, 0);
	else
		complete_files(c, is_one_of(name, about_folders) ? FILES_DIRECTORIES : FILES_ALL);
}

void complete_command(struct shell *sh, const char *text, size_t cursor,
                      struct editor_candidates *out)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct completion c = {.sh = sh, .out = out, .text = text, .cursor = cursor};
	size_t variable;

	find_word(&c);
	complete_skip_confining(&c);
	editor_candidates_start(out, c.part_start);
	variable = variable_start(&c);
	if (variable)
		complete_variables(&c, variable, text[variable - 1] == '{' ? '}' : 0);
	else if (c.is_command)
		complete_command_word(&c);
	else
		complete_argument(&c);
	arena_release(&sh->temp, mark);
}
