/*
 * `!` in commands typed at the prompt.
 */
#pragma once

struct shell;

/* The text with its references to the history replaced, and shown if there were any. malloc'd; NULL: told why. */
char *history_expand(struct shell *sh, const char *text);
