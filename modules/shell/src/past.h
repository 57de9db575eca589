/*
 * The history of commands that a user has typed: the editor's list (edit.h), kept in a file between sessions.
 */
#pragma once
#include "edit/edit.h"

struct shell;

/* Begins it with what the file HISTFILE has; the list is sh->history then. */
void past_open(struct shell *sh);
void past_close(struct shell *sh);

/* A command that was typed, or given again; blank ones are not kept. It is in the file at once. */
void past_add(struct shell *sh, const char *text);
void past_drop_last(struct shell *sh);

/* The newest entry's number; 0: there is none. */
size_t past_last(const struct shell *sh);

/* Forgets an entry, or (0) all of them, in the file as well. */
void past_forget(struct shell *sh, size_t number);
