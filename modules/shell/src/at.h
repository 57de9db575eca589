/*
 * Commands that the user wants run at a time, while the session lasts.
 */
#pragma once
#include <stdbool.h>

struct shell;

/* Whether a command's time has come, and running those. */
bool at_is_due(const struct shell *sh);
void at_run(struct shell *sh);

/* While the user edits: the wait for a key ends when a command is due. */
void at_watch(struct shell *sh, bool on);
void at_forget(struct shell *sh);
