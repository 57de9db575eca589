/*
 * Options of set and of the command line.
 */
#pragma once
#include <stdbool.h>

enum option {
	OPT_ALLEXPORT,
	OPT_NOTIFY,
	OPT_NOCLOBBER,
	OPT_ERREXIT,
	OPT_NOGLOB,
	OPT_HASHALL,
	OPT_IGNOREEOF,
	OPT_INTERACTIVE,
	OPT_MONITOR,
	OPT_NOEXEC,
	OPT_STDIN,
	OPT_NOUNSET,
	OPT_VERBOSE,
	OPT_XTRACE,
	OPT_NOLOG,
	OPT_VI,
	OPT_EMACS,
	OPT_PIPEFAIL,
	OPT_POSIX,
	OPT_GLOBSTAR,
	OPT_BRACEEXPAND,
	OPT_PREFIXARITH,
	OPT_PRIVILEGED,
	OPT_COUNT,
};

struct shell;

/* The option of a letter or of a name; OPT_COUNT when there is none. */
enum option option_of_letter(char letter);
enum option option_of_name(const char *name);

/* Sets one, with all that follows from it. False: it cannot be. */
bool option_set(struct shell *sh, enum option option, bool value);

/* $-: into text of at least OPT_COUNT + 1 bytes. */
void option_letters(const struct shell *sh, char *text);

/* set -o: a table; set +o: commands that bring the options back. */
void option_list(struct shell *sh, bool as_commands);
