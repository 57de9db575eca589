/*
 * The history of commands that a user has typed: the editor's list (edit.h), kept in a file between sessions.
 */
#pragma once
#include "edit/edit.h"

struct shell;

/* Begins it with what the file HISTFILE has; the list is sh->history then. */
void command_history_open(struct shell *sh);
void command_history_free(struct shell *sh);

/* A command that was typed, or given again; blank ones are not kept. It is in the file at once. */
void command_history_add(struct shell *sh, const char *text);
void command_history_drop_last(struct shell *sh);

/* The newest entry's number; 0: there is none. */
size_t command_history_last(const struct shell *sh);

/* Forgets an entry, or (0) all of them, in the file as well. */
void command_history_forget(struct shell *sh, size_t number);
