/*
 * Built-in commands: their functions (builtin_table.c names them), and what several of them need.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct shell;

#define BUILTIN(name) int builtin_##name(struct shell *sh, int argc, char **argv)

BUILTIN(alias);
BUILTIN(apropos);
BUILTIN(as);
BUILTIN(at);
BUILTIN(bg);
BUILTIN(break);
BUILTIN(cd);
BUILTIN(colon);
BUILTIN(command);
BUILTIN(continue);
BUILTIN(dot);
BUILTIN(echo);
BUILTIN(eval);
BUILTIN(exec);
BUILTIN(exit);
BUILTIN(export);
BUILTIN(false);
BUILTIN(fc);
BUILTIN(fg);
BUILTIN(getopts);
BUILTIN(hash);
BUILTIN(help);
BUILTIN(history);
BUILTIN(jobs);
BUILTIN(kill);
BUILTIN(let);
BUILTIN(local);
BUILTIN(ns);
BUILTIN(printf);
BUILTIN(pwd);
BUILTIN(read);
BUILTIN(readonly);
BUILTIN(return );
BUILTIN(set);
BUILTIN(shift);
BUILTIN(test);
BUILTIN(times);
BUILTIN(trap);
BUILTIN(type);
BUILTIN(ulimit);
BUILTIN(umask);
BUILTIN(unalias);
BUILTIN(unset);
BUILTIN(wait);
BUILTIN(with);

/* Options of a built-in, one after the other. */
struct scan {
	int argc, index;
	char **argv;
	const char *at;
	char *argument;
	char sign; /* '-' or '+' */
};

void scan_begin(struct scan *scan, int argc, char **argv);

/* The next option's letter; 0: there is no more (index is the first operand); -1: it is wrong (told). */
int scan_option(struct shell *sh, struct scan *scan, const char *letters);

/* A decimal number that is not negative. */
bool scan_number(const char *text, intmax_t *out);

/* One escape of echo and %b, after its backslash; *out_len bytes (0: \c). Gives what follows it. */
const char *escape_echo(const char *at, char *bytes, int *out_len);

/* The command line's and set's options; gives the index of the first operand, or -1 (told). */
int set_options(struct shell *sh, int argc, char **argv, int index, bool *out_params);

/* Where we are, as the user sees it. */
void cd_init(struct shell *sh);
