/*
 * The editor as its host sees it, and the life of one line: begin, a round for each key (wait.c, dispatch.c), end.
 */
#include "edit/editor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit/key_codes.h"
#include "edit/plain.h"

/* ---- life */

struct editor *editor_new(int in_fd, int out_fd, const struct editor_host *host)
{
	struct editor *e = calloc(1, sizeof(*e));

	if (e)
		e->terminal = terminal_new(in_fd, out_fd);
	if (!e || !e->terminal) {
		free(e);
		return NULL;
	}
	e->host = host;
	keymap_init(&e->keymap);
	editor_set_continuation(e, "> ");
	display_forget(&e->display);
	display_resize(&e->display, 80, 24);
	return e;
}

void editor_free(struct editor *e)
{
	if (!e)
		return;
	terminal_free(e->terminal);
	display_free(&e->display);
	keys_free(&e->keys);
	undo_free(&e->undo);
	kill_ring_free(&e->ring);
	recall_free(&e->recall);
	search_free(&e->search);
	bytes_free(&e->line.text);
	bytes_free(&e->prompt);
	bytes_free(&e->continuation);
	bytes_free(&e->preset);
	bytes_free(&e->mark);
	bytes_free(&e->styles);
	free(e);
}

static void set_text(struct bytes *bytes, const char *text)
{
	bytes_set(bytes, text ? text : "", text ? strlen(text) : 0);
}

void editor_set_continuation(struct editor *e, const char *prompt)
{
	set_text(&e->continuation, prompt);
}

void editor_set_text(struct editor *e, const char *text)
{
	set_text(&e->preset, text);
}

void editor_set_history(struct editor *e, struct history *history)
{
	e->history = history;
}

void editor_set_partial_mark(struct editor *e, const char *mark)
{
	set_text(&e->mark, mark);
}

bool editor_bind(struct editor *e, const char *key, const char *command)
{
	uint32_t code = key_of_name(key);
	const struct command *found = command ? command_find(command) : NULL;

	return code && (found || !command) && keymap_bind(&e->keymap, code, found);
}

bool editor_binding(const struct editor *e, size_t i, char *key, size_t size,
                    const char **out_command)
{
	if (i >= e->keymap.count)
		return false;
	key_name(e->keymap.bindings[i].key, key, size);
	*out_command = e->keymap.bindings[i].command->name;
	return true;
}

const char *editor_command(size_t i)
{
	return command_name(i);
}

/* ---- a line */

bool edit_begin(struct editor *e, const char *prompt)
{
	e->state = EDITOR_EDITING;
	e->kind = e->last_kind = KIND_OTHER;
	e->count = 1;
	e->has_count = e->is_after_x = e->is_quoting = e->search.is_active = e->is_hung_up = false;
	undo_clear(&e->undo);
	recall_clear(&e->recall);
	display_forget(&e->display);
	bytes_clear(&e->line.text);
	e->line.cursor = 0;
	if (!bytes_set(&e->prompt, prompt, strlen(prompt)))
		return false;
	if (!line_replace(&e->line, 0, 0, bytes_text(&e->preset), e->preset.len))
		edit_bell(e);
	bytes_clear(&e->preset);
	return true;
}

/* Moves to a line of its own where the output before did not: the blanks wrap unless the line was empty. */
static void mark_partial_line(struct editor *e)
{
	struct bytes *out = &e->display.out;

	if (!e->mark.len)
		return;
	bytes_add_text(out, e->mark.data);
	for (size_t i = 1; i < e->display.columns; i++)
		bytes_add_text(out, " ");
	bytes_add_text(out, "\r");
}

/* Leaves the screen as the line's reader wants to find it, and the terminal as it was. */
static void end(struct editor *e)
{
	if (!e->is_hung_up) {
		e->search.is_active = false;
		e->line.cursor = e->line.text.len;
		edit_refresh(e);
		if (e->state == EDITOR_ABORTED)
			bytes_add_text(&e->display.out, "^C");
		display_finish(&e->display);
		edit_flush(e);
	}
	terminal_restore(e->terminal);
	e->is_inside = false;
}

char *editor_line(struct editor *e, const char *prompt)
{
	char *text = NULL;
	uint32_t key;

	if (!terminal_can_edit(e->terminal))
		return plain_line(e, prompt);
	if (!edit_begin(e, prompt)) {
		errno = ENOMEM;
		return NULL;
	}
	e->is_inside = true;
	edit_take_terminal(e);
	edit_adapt(e);
	mark_partial_line(e);
	while (edit_next_key(e, true, &key))
		edit_key(e, key);
	end(e);
	if (e->state != EDITOR_ENDED)
		text = e->state == EDITOR_ACCEPTED ? edit_text(e) : strdup("");
	errno = e->state == EDITOR_ABORTED ? EINTR : 0;
	if (!text && e->state != EDITOR_ENDED)
		errno = ENOMEM;
	return text;
}

void editor_leave(struct editor *e)
{
	display_erase(&e->display);
	edit_flush(e);
	terminal_restore(e->terminal);
}

void editor_enter(struct editor *e)
{
	display_forget(&e->display);
	if (e->is_inside)
		edit_take_terminal(e);
}
