/*
 * Texts changed in a program of the user's choice.
 */
#pragma once
#include <stddef.h>

struct shell;

/* What VISUAL or EDITOR says, else vi. */
const char *edit_program_name(struct shell *sh);

/* Lets the user change a text in a program; malloc'd, without newlines at the end. NULL: it failed (told). */
char *edit_in_program(struct shell *sh, const char *program, const char *text, size_t len);
