/*
 * The table of commands, named as in readline where it has them, and those commands that end the editing of a line or
 * concern the whole terminal.
 */
#include "edit/command.h"

#include <stdlib.h>
#include <string.h>

#include "edit/editor.h"

enum { COUNT_MAX = 9999 };

static const struct command commands[] = {
	{"abort-line", command_abort},
	{"accept-line", command_accept},
	{"backward-char", command_backward_char},
	{"backward-delete-char", command_backward_delete_char},
	{"backward-kill-line", command_backward_kill_line},
	{"backward-kill-word", command_backward_kill_word},
	{"backward-word", command_backward_word},
	{"beginning-of-buffer", command_buffer_start},
	{"beginning-of-line", command_line_start},
	{"cancel", command_cancel},
	{"capitalize-word", command_capitalize_word},
	{"clear-screen", command_clear_screen},
	{"complete", command_complete},
	{"delete-blanks", command_delete_blanks},
	{"delete-char", command_delete_char},
	{"delete-char-or-end", command_delete_char_or_end},
	{"digit-argument", command_digit},
	{"downcase-word", command_downcase_word},
	{"edit-elsewhere", command_edit_elsewhere},
	{"end-of-buffer", command_buffer_end},
	{"end-of-line", command_line_end},
	{"forward-char", command_forward_char},
	{"forward-search-history", command_search_forward},
	{"forward-word", command_forward_word},
	{"history-search-backward", command_prefix_backward},
	{"history-search-forward", command_prefix_forward},
	{"insert-completions", command_insert_completions},
	{"insert-newline", command_insert_newline},
	{"kill-line", command_kill_line},
	{"kill-word", command_kill_word},
	{"list-completions", command_list_completions},
	{"next-history", command_next_history},
	{"next-line", command_next_line},
	{"previous-history", command_previous_history},
	{"previous-line", command_previous_line},
	{"quoted-insert", command_quoted_insert},
	{"reverse-search-history", command_search_backward},
	{"revert-line", command_revert},
	{"self-insert", command_self_insert},
	{"stop", command_stop},
	{"transpose-chars", command_transpose_chars},
	{"transpose-words", command_transpose_words},
	{"undo", command_undo},
	{"unix-word-rubout", command_blank_word_rubout},
	{"upcase-word", command_upcase_word},
	{"yank", command_yank},
	{"yank-last-argument", command_last_argument},
	{"yank-pop", command_yank_pop},
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

const char *command_name(size_t i)
{
	return i < sizeof(commands) / sizeof(commands[0]) ? commands[i].name : NULL;
}

static bool is_complete(struct editor *e)
{
	const struct editor_host *host = e->host;

	return !host->is_complete || host->is_complete(host->context, bytes_text(&e->line.text));
}

void command_accept(struct editor *e)
{
	if (is_complete(e))
		e->state = EDITOR_ACCEPTED;
	else
		edit_insert(e, "\n", 1);
}

void command_abort(struct editor *e)
{
	e->state = EDITOR_ABORTED;
}

void command_cancel(struct editor *e)
{
	edit_bell(e);
}

void command_clear_screen(struct editor *e)
{
	display_clear(&e->display);
}

/* Does nothing where the host ignores the stop signal, as a shell does. */
void command_stop(struct editor *e)
{
	edit_flush(e);
	terminal_stop();
}

void command_edit_elsewhere(struct editor *e)
{
	const struct editor_host *host = e->host;
	char *text;

	if (!host->edit_elsewhere) {
		edit_bell(e);
		return;
	}
	text = host->edit_elsewhere(host->context, e, bytes_text(&e->line.text));
	if (text)
		edit_replace(e, 0, e->line.text.len, text, strlen(text));
	free(text);
}

/* Alt-digits, then plain ones too (edit_key): how often the next command runs. */
void command_digit(struct editor *e)
{
	unsigned digit = (e->key & 0xff) - '0';
	unsigned count = (e->has_count ? e->count * 10 : 0) + digit;

	e->has_count = true;
	e->count = count > COUNT_MAX ? COUNT_MAX : count;
}
