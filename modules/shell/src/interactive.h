/*
 * An interactive shell: its loop, and whether a text is a whole command.
 */
#pragma once
#include <stdbool.h>

struct shell;

/* Reads and runs the user's commands until the user leaves. */
void interactive_run(struct shell *sh);

/* False: the text needs further lines. A text with an error in it is complete. */
bool command_is_complete(struct shell *sh, const char *text);
