/*
 * Names of commands, for completion and for suggestions after a typing mistake.
 */
#include "names.h"
#include "alias.h"
#include "command.h"
#include "shell.h"
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES 64

struct visiting {
	struct shell *sh;
	const char *prefix;
	size_t len;
	names_visit *visit;
	void *context;
};

static void offer(const struct visiting *v, const char *name, enum name_kind kind)
{
	if (strncmp(name, v->prefix, v->len) == 0)
		v->visit(v->context, name, kind);
}

static void each_known(const struct visiting *v)
{
	struct shell *sh = v->sh;

	for (size_t i = 0; i < ALIAS_BUCKETS; i++)
		for (const struct alias *alias = sh->aliases[i]; alias; alias = alias->next)
			offer(v, alias->name, NAME_ALIAS);
	for (size_t i = 0; i < COMMAND_BUCKETS; i++)
		for (const struct command *c = sh->commands[i]; c; c = c->next)
			if (c->function)
				offer(v, c->name, NAME_FUNCTION);
	for (const struct builtin *builtin = builtins; builtin->name; builtin++)
		if (builtin_is_here(sh, builtin))
			offer(v, builtin->name, NAME_BUILTIN);
}

static void each_file(const struct visiting *v, const char *folder)
{
	DIR *dir = opendir(*folder ? folder : ".");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || entry->d_type == DT_DIR ||
		    strncmp(entry->d_name, v->prefix, v->len) != 0)
			continue;
		if (faccessat(dirfd(dir), entry->d_name, X_OK, 0) == 0)
			v->visit(v->context, entry->d_name, NAME_FILE);
	}
	if (dir)
		closedir(dir);
}

void names_each(struct shell *sh, const char *prefix, names_visit *visit, void *context)
{
	struct visiting v = {sh, prefix, strlen(prefix), visit, context};
	const char *path = var_value(sh, sh->vars.path);

	each_known(&v);
	while (path) {
		struct arena_mark mark = arena_mark(&sh->temp);
		const char *end = strchr(path, ':');
		size_t len = end ? (size_t)(end - path) : strlen(path);

		each_file(&v, arena_text(&sh->temp, path, len));
		arena_release(&sh->temp, mark);
		path = end ? end + 1 : NULL;
	}
}

/* ---- the nearest one */

struct nearest {
	const char *wanted;
	char best[NAME_BYTES];
	unsigned distance;
};

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many characters must be put in, taken out, changed or swapped with the next one. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][NAME_BYTES + 1], *before = rows[0], *last = rows[1], *now = rows[2], *turn;
	size_t a_len = strlen(a), b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			               a[i - 2] == b[j - 1];

			now[j] = least(least(last[j], now[j - 1]) + 1,
			               last[j - 1] + (a[i - 1] != b[j - 1]));
			if (is_swap)
				now[j] = least(now[j], before[j - 2] + 1);
		}
		turn = before;
		before = last;
		last = now;
		now = turn;
	}
	return last[b_len];
}

static void compare(void *context, const char *name, enum name_kind kind)
{
	struct nearest *nearest = context;
	unsigned found;

	(void)kind;
	if (strlen(name) >= NAME_BYTES)
		return;
	found = distance(nearest->wanted, name);
	if (found < nearest->distance ||
	    (found == nearest->distance && strcmp(name, nearest->best) < 0)) {
		nearest->distance = found;
		memcpy(nearest->best, name, strlen(name) + 1);
	}
}

const char *names_nearest(struct shell *sh, const char *name)
{
	size_t len = strlen(name);
	struct nearest nearest = {.wanted = name};

	if (len < 2 || len >= NAME_BYTES || strchr(name, '/'))
		return NULL;
	/* In a short name almost any other is within two changes. */
	nearest.distance = len < 5 ? 2 : 3;
	names_each(sh, "", compare, &nearest);
	return *nearest.best ? arena_text(&sh->temp, nearest.best, strlen(nearest.best)) : NULL;
}
