/*
 * Built-ins about commands: exec, command, type, hash.
 */
#include "alias.h"
#include "builtins.h"
#include "command.h"
#include "exec.h"
#include "message.h"
#include "parser.h"
#include "shell.h"
#include "traps.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *path_of(struct shell *sh, const char *name)
{
	return strchr(name, '/') ? name : command_path(sh, command_slot(sh, name));
}

BUILTIN(exec)
{
	const char *path;
	int status;

	if (argc > 1 && strcmp(argv[1], "--") == 0)
		argc--, argv++;
	sh->keeps_redirs = true;
	if (argc < 2)
		return 0;
	path = path_of(sh, argv[1]);
	out_flush(sh);
	if (path) {
		traps_exec(sh, true);
		status = exec_file(sh, path, argv + 1);
		traps_exec(sh, false);
	} else {
		status = exec_not_found(sh, argv[1]);
	}
	sh->status = status;
	sh->builtin_failed = true;
	return status;
}

enum describe {
	DESCRIBE_SHORT, /* command -v */
	DESCRIBE_LONG,  /* command -V, type */
};

static void describe_alias(struct shell *sh, const char *name, const struct alias *alias,
                           enum describe how)
{
	struct text value;

	text_begin(&value, &sh->temp);
	text_bytes(&value, alias->value, strlen(alias->value) - 1);
	text_end(&value);
	if (how == DESCRIBE_LONG) {
		out_format(sh, "%s is an alias for %s\n", name, value.start);
		return;
	}
	out_format(sh, "alias %s=", name);
	out_quoted(sh, value.start);
	out_char(sh, '\n');
}

static bool is_reserved(struct shell *sh, const char *name)
{
	struct part part = {.kind = PART_TEXT, .text = name, .len = strlen(name)};
	struct word word = {.parts = &part};
	enum reserved reserved = word_reserved(&word);

	if (reserved == RESERVED_CONDITION || reserved == RESERVED_FUNCTION)
		return !sh->options[OPT_POSIX];
	return reserved != RESERVED_NONE;
}

static void describe_as(struct shell *sh, const char *name, const char *what, enum describe how)
{
	if (how == DESCRIBE_SHORT)
		out_format(sh, "%s\n", name);
	else
		out_format(sh, "%s is %s\n", name, what);
}

/* A file's name from the root on. */
static const char *absolute(struct shell *sh, const char *name)
{
	const char *here = var_value(sh, sh->vars.pwd);
	struct text text;

	if (*name == '/' || !here)
		return name;
	text_begin(&text, &sh->temp);
	text_format(&text, "%s/%s", strcmp(here, "/") == 0 ? "" : here,
	            strncmp(name, "./", 2) == 0 ? name + 2 : name);
	return text_end(&text);
}

static int describe_file(struct shell *sh, const char *name, const char *path, enum describe how)
{
	const char *found = strchr(name, '/') ? (access(name, X_OK) == 0 ? name : NULL)
	                    : path            ? command_search(sh, name, path)
	                                      : command_path(sh, command_slot(sh, name));

	if (found) {
		found = absolute(sh, found);
		describe_as(sh, how == DESCRIBE_SHORT ? found : name, found, how);
		return 0;
	}
	if (how == DESCRIBE_LONG)
		sh_error(sh, "%s: not found", name);
	return 127;
}

/* path: where files are looked for; NULL: by PATH. */
static int describe(struct shell *sh, const char *name, const char *path, enum describe how)
{
	const struct alias *alias = alias_find(sh, name);
	const struct command *command = command_slot(sh, name);

	if (alias)
		describe_alias(sh, name, alias, how);
	else if (is_reserved(sh, name))
		describe_as(sh, name, "a shell keyword", how);
	else if (command_is_special(command))
		describe_as(sh, name, "a special shell builtin", how);
	else if (command->function)
		describe_as(sh, name, "a shell function", how);
	else if (command->builtin)
		describe_as(sh, name, "a shell builtin", how);
	else
		return describe_file(sh, name, path, how);
	return 0;
}

BUILTIN(type)
{
	int status = 0, first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	for (int i = first; i < argc; i++)
		if (describe(sh, argv[i], NULL, DESCRIBE_LONG))
			status = 127;
	return status;
}

/* Runs a command without regard to functions; special built-ins are not special. */
static int run_plain(struct shell *sh, int argc, char **argv, const char *path)
{
	const struct builtin *builtin = command_slot(sh, argv[0])->builtin;
	struct simple_node node;
	int status;

	if (!builtin) {
		memset(&node, 0, sizeof(node));
		node.node.line = sh->line;
		path = strchr(argv[0], '/') ? argv[0]
		       : path               ? command_search(sh, argv[0], path)
		                            : command_path(sh, command_slot(sh, argv[0]));
		return exec_external(sh, &node, path, argv, 0);
	}
	sh->builtin_name = argv[0];
	status = builtin->run(sh, argc, argv);
	sh->builtin_name = "command";
	sh->builtin_failed = false;
	/* An error that would end the shell does not when its built-in is not special. */
	if (sh->unwind && sh->unwinds_error && (builtin->flags & BUILTIN_SPECIAL)) {
		status = sh->status;
		sh->unwind = UNWIND_NONE;
	}
	return status;
}

BUILTIN(command)
{
	const char *path = NULL;
	int option, how = -1, status = 0;
	struct scan scan;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "pvV")) > 0) {
		if (option == 'p')
			path = DEFAULT_PATH;
		else
			how = option == 'v' ? DESCRIBE_SHORT : DESCRIBE_LONG;
	}
	if (option < 0)
		return 2;
	argc -= scan.index;
	argv += scan.index;
	if (argc == 0)
		return 0;
	if (how < 0)
		return run_plain(sh, argc, argv, path);
	for (int i = 0; i < argc; i++) {
		int result = describe(sh, argv[i], path, (enum describe)how);

		if (result)
			status = result;
	}
	return status;
}

static void list_hashed(struct shell *sh)
{
	for (size_t i = 0; i < COMMAND_BUCKETS; i++)
		for (const struct command *command = sh->commands[i]; command;
		     command = command->next)
			if (command->path && command->path_generation == sh->path_generation)
				out_format(sh, "%s\n", command->path);
}

BUILTIN(hash)
{
	struct scan scan;
	int option, status = 0;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "r")) > 0)
		command_forget_paths(sh);
	if (option < 0)
		return 2;
	if (argc == 1)
		list_hashed(sh);
	for (int i = scan.index; i < argc; i++) {
		struct command *command = command_slot(sh, argv[i]);

		if (strchr(argv[i], '/') || command->builtin || command->function)
			continue;
		free(command->path);
		command->path = NULL;
		if (!command_path(sh, command))
			status = builtin_refuse(sh, "%s: not found", argv[i]);
	}
	return status;
}
