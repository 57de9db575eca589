/*
 * Aliases.
 */
#pragma once
#include <stdbool.h>

struct shell;

struct alias {
	struct alias *next;
	char *name;
	char *value; /* with a blank after it, see alias_set */
	bool in_use; /* its text is being read */
	unsigned references;
};

struct alias *alias_find(struct shell *sh, const char *name);
void alias_set(struct shell *sh, const char *name, const char *value);
bool alias_remove(struct shell *sh, const char *name);
void alias_remove_all(struct shell *sh);

/* While its text is being read. */
void alias_take(struct alias *alias);
void alias_release(struct alias *alias);
