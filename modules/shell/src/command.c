/*
 * Names of commands. A slot holds the built-in, the function and the hashed file of a name at once, so running a
 * command whose name stands in the script needs no look-up. A new value of PATH makes all hashed files stale.
 */
#include "command.h"
#include "arena.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned name_hash(const char *name)
{
	unsigned hash = 5381;

	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return hash % COMMAND_BUCKETS;
}

bool builtin_is_here(const struct shell *sh, const struct builtin *builtin)
{
	if (!(builtin->flags & (BUILTIN_PROMPT | BUILTIN_OWN)))
		return true;
	return !sh->options[OPT_POSIX] && (sh->interactive || builtin->flags & BUILTIN_OWN);
}

static const struct builtin *builtin_find(const struct shell *sh, const char *name)
{
	for (const struct builtin *builtin = builtins; builtin->name; builtin++)
		if (strcmp(builtin->name, name) == 0)
			return builtin_is_here(sh, builtin) ? builtin : NULL;
	return NULL;
}

struct command *command_slot(struct shell *sh, const char *name)
{
	struct command **link = &sh->commands[name_hash(name)], *command;

	for (; (command = *link); link = &command->next)
		if (strcmp(command->name, name) == 0)
			return command;
	command = memory_new(sizeof(*command));
	*command = (struct command){.name = memory_text(name, strlen(name)),
	                            .builtin = builtin_find(sh, name)};
	*link = command;
	return command;
}

bool command_is_defined(struct shell *sh, const char *name)
{
	const struct command *command = sh->commands[name_hash(name)];

	while (command && strcmp(command->name, name) != 0)
		command = command->next;
	return command ? command->builtin || command->function : builtin_find(sh, name) != NULL;
}

bool command_is_special(const struct command *command)
{
	return command->builtin && (command->builtin->flags & BUILTIN_SPECIAL);
}

void commands_free(struct shell *sh)
{
	for (size_t i = 0; i < COMMAND_BUCKETS; i++) {
		while (sh->commands[i]) {
			struct command *command = sh->commands[i];

			sh->commands[i] = command->next;
			if (command->function)
				function_drop(command->function);
			free(command->name);
			free(command->path);
			free(command);
		}
	}
}

static bool is_executable(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

char *command_search(struct shell *sh, const char *name, const char *path)
{
	size_t name_len = strlen(name);

	while (path) {
		const char *end = strchr(path, ':');
		size_t len = end ? (size_t)(end - path) : strlen(path);
		struct arena_mark mark = arena_mark(&sh->temp);
		char *full = arena_alloc(&sh->temp, len + name_len + 3);

		memcpy(full, path, len);
		if (len == 0)
			full[len++] = '.';
		full[len] = '/';
		memcpy(full + len + 1, name, name_len + 1);
		if (is_executable(full))
			return full;
		arena_release(&sh->temp, mark);
		path = end ? end + 1 : NULL;
	}
	return NULL;
}

const char *command_path(struct shell *sh, struct command *command)
{
	const char *path;
	char *found;

	if (command->path && command->path_generation == sh->path_generation &&
	    access(command->path, X_OK) == 0)
		return command->path;
	path = var_value(sh, sh->vars.path);
	found = path ? command_search(sh, command->name, path) : NULL;
	if (!found)
		return NULL;
	free(command->path);
	command->path = memory_text(found, strlen(found));
	command->path_generation = sh->path_generation;
	command->hits = 0;
	return command->path;
}

void command_forget_paths(struct shell *sh)
{
	sh->path_generation++;
}

void command_path_changed(struct shell *sh, struct var *var)
{
	(void)var;
	command_forget_paths(sh);
}

void function_keep(struct function *function)
{
	function->references++;
}

void function_drop(struct function *function)
{
	if (--function->references)
		return;
	region_drop(function->region);
	free(function);
}

void function_define(struct command *command, struct node *body, struct region *region)
{
	struct function *function = memory_new(sizeof(*function));

	*function = (struct function){body, region, 1};
	region_keep(region);
	if (command->function)
		function_drop(command->function);
	command->function = function;
}

bool function_remove(struct shell *sh, const char *name)
{
	struct command *command = command_slot(sh, name);

	if (!command->function)
		return false;
	function_drop(command->function);
	command->function = NULL;
	return true;
}
