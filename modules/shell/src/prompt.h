/*
 * Prompts.
 */
#pragma once

struct shell;
struct var;

/* The variable's value with its expansions done; the usual text when it is not set. In the temp arena. */
const char *expand_prompt(struct shell *sh, const struct var *var, const char *usual);
