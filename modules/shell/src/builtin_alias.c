/*
 * alias, unalias, trap.
 */
#include "alias.h"
#include "builtins.h"
#include "message.h"
#include "shell.h"
#include "traps.h"
#include <stdlib.h>
#include <string.h>

static void print_alias(struct shell *sh, const struct alias *alias)
{
	/* Without the blank that it is kept with. */
	char *value = arena_text(&sh->temp, alias->value, strlen(alias->value) - 1);

	out_format(sh, "%s=", alias->name);
	out_quoted(sh, value);
	out_char(sh, '\n');
}

static int compare_aliases(const void *a, const void *b)
{
	return strcmp((*(struct alias *const *)a)->name, (*(struct alias *const *)b)->name);
}

static void print_aliases(struct shell *sh)
{
	struct alias **list = arena_alloc(&sh->temp, (sh->alias_count + 1) * sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < ALIAS_BUCKETS; i++)
		for (struct alias *alias = sh->aliases[i]; alias; alias = alias->next)
			list[count++] = alias;
	qsort(list, count, sizeof(*list), compare_aliases);
	for (size_t i = 0; i < count; i++)
		print_alias(sh, list[i]);
}

BUILTIN(alias)
{
	int status = 0, first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	if (first >= argc)
		print_aliases(sh);
	for (int i = first; i < argc; i++) {
		char *equals = strchr(argv[i] + (*argv[i] == '='), '=');

		if (equals) {
			char *name = arena_text(&sh->temp, argv[i], (size_t)(equals - argv[i]));

			alias_set(sh, name, equals + 1);
		} else if (alias_find(sh, argv[i])) {
			print_alias(sh, alias_find(sh, argv[i]));
		} else {
			status = builtin_refuse(sh, "%s: not found", argv[i]);
		}
	}
	return status;
}

BUILTIN(unalias)
{
	struct scan scan;
	int option, status = 0;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "a")) > 0)
		alias_remove_all(sh);
	if (option < 0)
		return 2;
	for (int i = scan.index; i < argc; i++)
		if (!alias_remove(sh, argv[i]))
			status = builtin_refuse(sh, "%s: not found", argv[i]);
	return status;
}

static void print_trap(struct shell *sh, int signal)
{
	const char *action = trap_action(sh, signal);

	if (!action)
		return;
	out_string(sh, "trap -- ");
	out_quoted(sh, action);
	if (signal_name(signal))
		out_format(sh, " %s\n", signal_name(signal));
	else
		out_format(sh, " %d\n", signal);
}

static int set_traps(struct shell *sh, int argc, char **argv, int first, const char *action)
{
	int status = 0;

	for (int i = first; i < argc; i++) {
		int signal = signal_number(argv[i]);

		if (signal < 0) {
			builtin_refuse(sh, "%s: bad trap", argv[i]);
			status = 1;
		} else if (!trap_is_fixed(sh, signal)) {
			trap_set(sh, signal, action);
		}
	}
	return status;
}

BUILTIN(trap)
{
	bool prints = false;
	const char *action;
	struct scan scan;
	int option, first;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "pl")) > 0)
		prints = true;
	if (option < 0)
		return 2;
	first = scan.index;
	if (first == argc || prints) {
		for (int i = 0; i < SIGNAL_COUNT; i++)
			print_trap(sh, i);
		return 0;
	}
	action = argv[first];
	if ((*action && !action[strspn(action, "0123456789")]) ||
	    (first + 1 == argc && strcmp(action, "-") != 0))
		return set_traps(sh, argc, argv, first, NULL);
	return set_traps(sh, argc, argv, first + 1, strcmp(action, "-") == 0 ? NULL : action);
}
