/*
 * Walking through the history. The command being written and every entry changed on the way are kept as drafts until
 * the line is done, so going back and forth loses nothing; the history itself does not change.
 *
 * Up and Down move inside the text first. At its edge they recall entries that begin with what stood before the cursor
 * when the walk began.
 */
#include "edit/recall.h"

#include <stdlib.h>
#include <string.h>

#include "edit/editor.h"

/* ---- drafts */

static struct draft *find_draft(struct recall *r, size_t number)
{
	for (size_t i = 0; i < r->draft_count; i++) {
		if (r->drafts[i].number == number)
			return &r->drafts[i];
	}
	return NULL;
}

static struct draft *add_draft(struct recall *r, size_t number)
{
	struct draft *grown = realloc(r->drafts, (r->draft_count + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	r->drafts = grown;
	grown[r->draft_count] = (struct draft){number, NULL};
	return &grown[r->draft_count++];
}

static const char *text_of(struct editor *e, size_t number)
{
	struct draft *draft = find_draft(&e->recall, number);
	const char *entry = number ? history_get(e->history, number) : "";

	return draft ? draft->text : entry ? entry : "";
}

/* Keeps the text shown now if it differs from what its number stands for. False: no memory. */
static bool keep_draft(struct editor *e)
{
	const char *text = bytes_text(&e->line.text);
	struct draft *draft;
	char *copy;

	if (strcmp(text, text_of(e, e->recall.number)) == 0)
		return true;
	copy = strdup(text);
	draft = find_draft(&e->recall, e->recall.number);
	if (copy && !draft)
		draft = add_draft(&e->recall, e->recall.number);
	if (!copy || !draft) {
		free(copy);
		return false;
	}
	free(draft->text);
	draft->text = copy;
	return true;
}

void recall_show(struct editor *e, size_t number)
{
	const char *text;

	if (number == e->recall.number)
		return;
	if (!keep_draft(e)) {
		edit_bell(e);
		return;
	}
	text = text_of(e, number);
	if (!line_replace(&e->line, 0, e->line.text.len, text, strlen(text))) {
		edit_bell(e);
		return;
	}
	e->recall.number = number;
	undo_clear(&e->undo);
}

/* ---- walking */

size_t recall_neighbour(const struct editor *e, bool is_forward)
{
	size_t newest, number = e->recall.number;

	if (!e->history || history_count(e->history) == 0)
		return 0;
	newest = history_first(e->history) + history_count(e->history) - 1;
	if (number == 0)
		return is_forward ? 0 : newest;
	number = is_forward ? number + 1 : number - 1;
	return history_get(e->history, number) ? number : 0;
}

/* The next entry that begins with the prefix and is not what is shown already. */
static size_t find_by_prefix(const struct editor *e, bool is_forward)
{
	const char *prefix = bytes_text(&e->recall.prefix);
	size_t number = recall_neighbour(e, is_forward);

	while (number) {
		number = history_search(e->history, number, prefix, true, is_forward);
		if (!number ||
		    strcmp(history_get(e->history, number), bytes_text(&e->line.text)) != 0)
			return number;
		number += is_forward ? 1 : (size_t)-1;
	}
	return 0;
}

static void walk_once(struct editor *e, bool is_forward)
{
	size_t number = find_by_prefix(e, is_forward);

	if (number || (is_forward && e->recall.number))
		recall_show(e, number);
	else
		edit_bell(e);
}

static void walk(struct editor *e, bool is_forward)
{
	e->kind = KIND_RECALL;
	for (unsigned i = 0; i < e->count; i++)
		walk_once(e, is_forward);
}

/* Walks over entries that begin as the text before the cursor did when the walk began. */
static void walk_by_prefix(struct editor *e, bool is_forward)
{
	if (e->last_kind == KIND_RECALL ||
	    bytes_set(&e->recall.prefix, bytes_text(&e->line.text), e->line.cursor))
		walk(e, is_forward);
}

void command_prefix_backward(struct editor *e)
{
	walk_by_prefix(e, false);
}

void command_prefix_forward(struct editor *e)
{
	walk_by_prefix(e, true);
}

void command_previous_history(struct editor *e)
{
	bytes_clear(&e->recall.prefix);
	walk(e, false);
}

void command_next_history(struct editor *e)
{
	bytes_clear(&e->recall.prefix);
	walk(e, true);
}

static void move_or_walk(struct editor *e, bool is_forward)
{
	size_t at;
	bool is_inside = is_forward ? line_below(&e->line, e->line.cursor, &at)
	                            : line_above(&e->line, e->line.cursor, &at);

	if (!is_inside) {
		walk_by_prefix(e, is_forward);
		return;
	}
	e->line.cursor = at;
	/* A walk goes on through recalled commands of several lines. */
	e->kind = e->last_kind == KIND_RECALL ? KIND_RECALL : KIND_OTHER;
}

void command_previous_line(struct editor *e)
{
	move_or_walk(e, false);
}

void command_next_line(struct editor *e)
{
	move_or_walk(e, true);
}

/* ---- the last argument */

/* The last word of a command, quotes and backslashes seen as a shell does. */
static const char *last_word(const char *text, size_t *out_len)
{
	const char *start = text, *end = text;
	char quote = '\0';
	bool is_inside = false;

	for (const char *at = text; *at; at++) {
		if (!quote && strchr(" \t\n;|&<>()", *at)) {
			is_inside = false;
			continue;
		}
		if (!is_inside)
			start = at;
		is_inside = true;
		if (*at == '\\' && quote != '\'' && at[1])
			at++;
		else if (quote ? *at == quote : *at == '\'' || *at == '"')
			quote = quote ? '\0' : *at;
		end = at + 1;
	}
	*out_len = (size_t)(end - start);
	return start;
}

/* The last word of the entry before; again: of the one before that, in its place. */
void command_last_argument(struct editor *e)
{
	struct recall *r = &e->recall;
	bool is_again = e->last_kind == KIND_ARGUMENT;
	size_t number = is_again ? r->argument_number - 1 : recall_neighbour(e, false), len;
	const char *entry = e->history ? history_get(e->history, number) : NULL, *word;

	e->kind = is_again ? KIND_ARGUMENT : KIND_OTHER;
	if (!entry) {
		edit_bell(e);
		return;
	}
	word = last_word(entry, &len);
	if (!is_again)
		r->argument_at = e->line.cursor;
	if (!edit_replace(e, r->argument_at, is_again ? r->argument_len : 0, word, len))
		return;
	r->argument_number = number;
	r->argument_len = len;
	e->kind = KIND_ARGUMENT;
}

/* ---- ends */

void recall_clear(struct recall *r)
{
	for (size_t i = 0; i < r->draft_count; i++)
		free(r->drafts[i].text);
	r->draft_count = 0;
	r->number = 0;
}

void recall_free(struct recall *r)
{
	recall_clear(r);
	free(r->drafts);
	bytes_free(&r->prefix);
	*r = (struct recall){0};
}
