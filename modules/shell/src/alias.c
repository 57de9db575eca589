/*
 * Aliases: a small hash table. An alias that a parser is reading outlives its removal, hence the count. The value is
 * kept with one blank after it, which ends its last word while the alias still counts as in use.
 */
#include "alias.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>

static struct alias **alias_link(struct shell *sh, const char *name)
{
	unsigned hash = 0;
	struct alias **link;

	for (const char *at = name; *at; at++)
		hash = hash * 31 + (unsigned char)*at;
	link = &sh->aliases[hash % ALIAS_BUCKETS];
	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	return link;
}

struct alias *alias_find(struct shell *sh, const char *name)
{
	return *alias_link(sh, name);
}

static void alias_drop(struct alias *alias)
{
	if (--alias->references)
		return;
	free(alias->name);
	free(alias->value);
	free(alias);
}

void alias_set(struct shell *sh, const char *name, const char *value)
{
	size_t len = strlen(value);
	struct alias *alias = memory_new(sizeof(*alias)), **link;

	alias_remove(sh, name);
	*alias = (struct alias){NULL, memory_text(name, strlen(name)), memory_new(len + 2), false,
	                        1};
	memcpy(alias->value, value, len);
	memcpy(alias->value + len, " ", 2);
	link = alias_link(sh, name);
	*link = alias;
	sh->alias_count++;
}

bool alias_remove(struct shell *sh, const char *name)
{
	struct alias **link = alias_link(sh, name), *alias = *link;

	if (!alias)
		return false;
	*link = alias->next;
	sh->alias_count--;
	alias_drop(alias);
	return true;
}

void alias_remove_all(struct shell *sh)
{
	for (size_t i = 0; i < ALIAS_BUCKETS; i++) {
		while (sh->aliases[i]) {
			struct alias *alias = sh->aliases[i];

			sh->aliases[i] = alias->next;
			alias_drop(alias);
		}
	}
	sh->alias_count = 0;
}

void alias_take(struct alias *alias)
{
	alias->in_use = true;
	alias->references++;
}

void alias_release(struct alias *alias)
{
	alias->in_use = false;
	alias_drop(alias);
}
