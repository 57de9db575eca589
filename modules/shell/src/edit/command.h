/*
 * The editor's commands by name. Each works on the editor; editor.key is the key that ran it.
 */
#pragma once
#include <stddef.h>

struct editor;

struct command {
	const char *name;
	void (*run)(struct editor *editor);
};

/* NULL if there is none of that name. */
const struct command *command_find(const char *name);
/* The name of command number i; NULL past the last. */
const char *command_name(size_t i);

/* move.c */
void command_line_start(struct editor *editor);
void command_line_end(struct editor *editor);
void command_forward_char(struct editor *editor);
void command_backward_char(struct editor *editor);
void command_forward_word(struct editor *editor);
void command_backward_word(struct editor *editor);
void command_buffer_start(struct editor *editor);
void command_buffer_end(struct editor *editor);

/* change.c */
void command_self_insert(struct editor *editor);
void command_paste(struct editor *editor);
void command_insert_newline(struct editor *editor);
void command_quoted_insert(struct editor *editor);
void command_delete_char(struct editor *editor);
void command_delete_char_or_end(struct editor *editor);
void command_backward_delete_char(struct editor *editor);
void command_delete_blanks(struct editor *editor);
void command_transpose_chars(struct editor *editor);
void command_transpose_words(struct editor *editor);
void command_upcase_word(struct editor *editor);
void command_downcase_word(struct editor *editor);
void command_capitalize_word(struct editor *editor);
void command_undo(struct editor *editor);
void command_revert(struct editor *editor);

/* kill.c */
void command_kill_line(struct editor *editor);
void command_backward_kill_line(struct editor *editor);
void command_kill_word(struct editor *editor);
void command_backward_kill_word(struct editor *editor);
void command_blank_word_rubout(struct editor *editor);
void command_yank(struct editor *editor);
void command_yank_pop(struct editor *editor);

/* recall.c */
void command_previous_line(struct editor *editor);
void command_next_line(struct editor *editor);
void command_previous_history(struct editor *editor);
void command_next_history(struct editor *editor);
void command_prefix_backward(struct editor *editor);
void command_prefix_forward(struct editor *editor);
void command_last_argument(struct editor *editor);

/* search.c */
void command_search_backward(struct editor *editor);
void command_search_forward(struct editor *editor);

/* complete.c */
void command_complete(struct editor *editor);
void command_list_completions(struct editor *editor);
void command_insert_completions(struct editor *editor);

/* command.c */
void command_accept(struct editor *editor);
void command_abort(struct editor *editor);
void command_cancel(struct editor *editor);
void command_clear_screen(struct editor *editor);
void command_stop(struct editor *editor);
void command_edit_elsewhere(struct editor *editor);
void command_digit(struct editor *editor);
