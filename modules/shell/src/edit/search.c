/*
 * Ctrl-R and Ctrl-S: each character typed narrows the search, the same key again goes on to the next entry. Ctrl-G
 * gives back the line and the cursor from before; any other command ends the search and works on what was found.
 *
 * The found entry is shown by the history walk (recall.c), so the line being written is safe as a draft.
 */
#include "edit/search.h"

#include <stdio.h>
#include <string.h>

#include "edit/editor.h"
#include "edit/utf8.h"

/* Shows an entry that was found, with the cursor at the text searched for. */
static void show(struct editor *e, size_t number)
{
	const char *found;

	recall_show(e, number);
	found = strstr(bytes_text(&e->line.text), bytes_text(&e->search.text));
	if (found)
		e->line.cursor = (size_t)(found - e->line.text.data);
}

/* Whether the line shown now, drafts included, holds the text. */
static bool is_here(const struct editor *e)
{
	return strstr(bytes_text(&e->line.text), bytes_text(&e->search.text)) != NULL;
}

/* The nearest entry from number on that holds the text and is not the line shown; 0: none. */
static size_t find_other(const struct editor *e, size_t number)
{
	const struct search *s = &e->search;

	while (number) {
		number = history_search(e->history, number, bytes_text(&s->text), false,
		                        s->is_forward);
		if (!number ||
		    strcmp(history_get(e->history, number), bytes_text(&e->line.text)) != 0)
			return number;
		number += s->is_forward ? 1 : (size_t)-1;
	}
	return 0;
}

/* Goes on to the next entry in the direction of the search. */
static void look(struct editor *e)
{
	size_t number = find_other(e, recall_neighbour(e, e->search.is_forward));

	e->search.is_failing = number == 0;
	if (number)
		show(e, number);
	else
		edit_bell(e);
}

/* The text has changed: the line shown may still do. */
static void look_again(struct editor *e)
{
	if (e->search.text.len == 0 || is_here(e)) {
		e->search.is_failing = false;
		show(e, e->recall.number);
	} else {
		look(e);
	}
}

static void begin(struct editor *e, bool is_forward)
{
	struct search *s = &e->search;

	s->is_active = true;
	s->is_forward = is_forward;
	s->is_failing = false;
	s->origin_number = e->recall.number;
	s->origin_cursor = e->line.cursor;
	bytes_clear(&s->text);
}

void command_search_backward(struct editor *e)
{
	begin(e, false);
}

void command_search_forward(struct editor *e)
{
	begin(e, true);
}

static void again(struct editor *e, bool is_forward)
{
	struct search *s = &e->search;

	s->is_forward = is_forward;
	if (s->text.len == 0 && s->last.len) {
		bytes_set(&s->text, s->last.data, s->last.len);
		look_again(e);
	} else if (s->text.len) {
		look(e);
	}
}

static void cancel(struct editor *e)
{
	struct search *s = &e->search;

	s->is_active = false;
	recall_show(e, s->origin_number);
	e->line.cursor = s->origin_cursor;
	edit_bell(e);
}

/* A character less: what it had narrowed is looked for from the start. */
static void widen(struct editor *e)
{
	struct search *s = &e->search;

	if (s->text.len == 0) {
		edit_bell(e);
		return;
	}
	s->text.len = utf8_previous(s->text.data, s->text.len);
	s->text.data[s->text.len] = '\0';
	recall_show(e, s->origin_number);
	look_again(e);
}

static bool narrow(struct editor *e, uint32_t key)
{
	char text[UTF8_MAX];
	size_t len = 1;

	if (key >= KEY_BYTE && key < KEY_BYTE + 0x100)
		text[0] = (char)(key - KEY_BYTE);
	else if (key < KEY_UP && key >= ' ')
		len = utf8_encode(key, text);
	else
		return false;
	if (bytes_add(&e->search.text, text, len))
		look_again(e);
	return true;
}

bool search_key(struct editor *e, uint32_t key)
{
	const struct command *command = keymap_find(&e->keymap, key);

	if (command && command->run == command_search_backward)
		again(e, false);
	else if (command && command->run == command_search_forward)
		again(e, true);
	else if (command && command->run == command_cancel)
		cancel(e);
	else if (command && command->run == command_backward_delete_char)
		widen(e);
	else if (!narrow(e, key))
		search_end(&e->search);
	return e->search.is_active || (command && command->run == command_cancel);
}

void search_prompt(const struct editor *e, struct layout *layout)
{
	const struct search *s = &e->search;
	char words[64];

	snprintf(words, sizeof(words), "(%s%s-search)`", s->is_failing ? "failed " : "",
	         s->is_forward ? "forward" : "reverse");
	layout_words(layout, words);
	layout_words(layout, bytes_text(&s->text));
	layout_words(layout, "': ");
}

void search_end(struct search *s)
{
	s->is_active = false;
	if (s->text.len)
		bytes_set(&s->last, s->text.data, s->text.len);
}

void search_free(struct search *s)
{
	bytes_free(&s->text);
	bytes_free(&s->last);
}
