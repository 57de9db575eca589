/*
 * The table of built-ins, and how they read their options.
 */
#include "builtins.h"
#include "command.h"
#include "message.h"
#include "number.h"
#include "shell.h"
#include <string.h>

const struct builtin builtins[] = {
	{".", builtin_dot, BUILTIN_SPECIAL},
	{":", builtin_colon, BUILTIN_SPECIAL | BUILTIN_PURE},
	{"[", builtin_test, BUILTIN_PURE},
	{"alias", builtin_alias, 0},
	{"apropos", builtin_apropos, BUILTIN_PROMPT},
	{"as", builtin_as, BUILTIN_PROMPT},
	{"at", builtin_at, BUILTIN_PROMPT},
	{"bg", builtin_bg, 0},
	{"break", builtin_break, BUILTIN_SPECIAL},
	{"cd", builtin_cd, 0},
	{"command", builtin_command, 0},
	{"continue", builtin_continue, BUILTIN_SPECIAL},
	{"echo", builtin_echo, BUILTIN_PURE},
	{"eval", builtin_eval, BUILTIN_SPECIAL},
	{"exec", builtin_exec, BUILTIN_SPECIAL},
	{"exit", builtin_exit, BUILTIN_SPECIAL},
	{"export", builtin_export, BUILTIN_SPECIAL},
	{"false", builtin_false, BUILTIN_PURE},
	{"fc", builtin_fc, 0},
	{"fg", builtin_fg, 0},
	{"getopts", builtin_getopts, 0},
	{"hash", builtin_hash, 0},
	{"help", builtin_help, BUILTIN_PROMPT},
	{"history", builtin_history, BUILTIN_PROMPT},
	{"jobs", builtin_jobs, 0},
	{"kill", builtin_kill, 0},
	{"let", builtin_let, 0},
	{"local", builtin_local, 0},
	{"ns", builtin_ns, BUILTIN_OWN},
	{"printf", builtin_printf, BUILTIN_PURE},
	{"pwd", builtin_pwd, BUILTIN_PURE},
	{"read", builtin_read, 0},
	{"readonly", builtin_readonly, BUILTIN_SPECIAL},
	{"return", builtin_return, BUILTIN_SPECIAL},
	{"set", builtin_set, BUILTIN_SPECIAL},
	{"shift", builtin_shift, BUILTIN_SPECIAL},
	{"source", builtin_dot, 0},
	{"test", builtin_test, BUILTIN_PURE},
	{"times", builtin_times, BUILTIN_SPECIAL},
	{"trap", builtin_trap, BUILTIN_SPECIAL},
	{"true", builtin_colon, BUILTIN_PURE},
	{"type", builtin_type, 0},
	{"ulimit", builtin_ulimit, 0},
	{"umask", builtin_umask, 0},
	{"unalias", builtin_unalias, 0},
	{"unset", builtin_unset, BUILTIN_SPECIAL},
	{"wait", builtin_wait, 0},
	{"with", builtin_with, BUILTIN_OWN},
	{NULL, NULL, 0},
};

void scan_begin(struct scan *scan, int argc, char **argv)
{
	*scan = (struct scan){argc, 1, argv, "", NULL, '-'};
}

int scan_option(struct shell *sh, struct scan *scan, const char *letters)
{
	const char *found;

	if (!*scan->at) {
		const char *word = scan->index < scan->argc ? scan->argv[scan->index] : "";

		if (word[0] != '-' || !word[1])
			return 0;
		scan->index++;
		if (strcmp(word, "--") == 0)
			return 0;
		scan->at = word + 1;
	}
	found = strchr(letters, *scan->at);
	if (!found || *scan->at == ':') {
		builtin_error(sh, "-%c: bad option", *scan->at);
		return -1;
	}
	scan->at++;
	if (found[1] != ':')
		return *found;
	if (*scan->at) {
		scan->argument = (char *)scan->at;
	} else if (scan->index < scan->argc) {
		scan->argument = scan->argv[scan->index++];
	} else {
		builtin_error(sh, "-%c: argument expected", *found);
		return -1;
	}
	scan->at = "";
	return *found;
}

bool scan_number(const char *text, intmax_t *out)
{
	size_t digits = strspn(text, "0123456789");

	if (number_plain(text, out))
		return true;
	*out = INTMAX_MAX; /* more digits than fit */
	return digits > 0 && !text[digits];
}
