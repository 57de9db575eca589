/*
 * Prompts.
 */
#pragma once
#include <stdbool.h>

struct shell;
struct var;

/* The variable's value with its expansions done; the usual text when it is not set. In the temp arena. */
const char *expand_prompt(struct shell *sh, const struct var *var, const char *usual);

/*
 * The same for PS1 and PS2: escapes first, and in the colour that PS_COLOR says. Bytes between \001 and \002 take no
 * room.
 */
const char *prompt_text(struct shell *sh, const struct var *var, const char *usual);

/* Gives PS1 the value that suits the system, unless the environment has one. */
void prompt_default(struct shell *sh);

/* --- between the files of prompts --- */

/* The value with its escapes replaced, ready to be expanded. In the temp arena. */
const char *prompt_unescape(struct shell *sh, const char *value);
bool prompt_knows_session(void);
