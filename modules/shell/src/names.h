/*
 * All names that can stand as a command.
 */
#pragma once

struct shell;

enum name_kind {
	NAME_ALIAS,
	NAME_FUNCTION,
	NAME_BUILTIN,
	NAME_FILE,
};

typedef void names_visit(void *context, const char *name, enum name_kind kind);

/* Those that begin with a prefix: aliases, functions, built-ins, files in the folders of PATH. */
void names_each(struct shell *sh, const char *prefix, names_visit *visit, void *context);

/* A name that is so near to one that is not there that it may be meant; NULL: none. In the temp arena. */
const char *names_nearest(struct shell *sh, const char *name);
