/*
 * Completion of a command that is being typed.
 */
#pragma once
#include "edit/edit.h"

struct shell;

/* Adds what may stand at the cursor. */
void complete_command(struct shell *sh, const char *text, size_t cursor,
                      struct editor_candidates *out);
