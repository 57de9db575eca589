/*
 * What the unit tests share: a shell, and short ways to ask it.
 */
#pragma once
#include "shell.h"
#include <stdbool.h>

/* A shell that prints no messages. */
void test_shell_begin(struct shell *sh);
void test_shell_end(struct shell *sh);

/* Runs commands in it; gives the status. */
int test_shell_run(struct shell *sh, const char *text);

/* The fields that a text's words expand to, each in brackets; "error" when they do not. In the temp arena. */
const char *test_shell_expand(struct shell *sh, const char *words);

/* The command of a text, printed again; "error" when it is none. In the temp arena. */
const char *test_shell_parse(struct shell *sh, const char *text);

/* What commands print on standard output. In the temp arena. */
const char *test_shell_output(struct shell *sh, const char *text);
