/*
 * Names of commands: a slot per name, with what it stands for. Syntax trees point at slots.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct node;
struct region;
struct shell;

enum builtin_flag {
	BUILTIN_SPECIAL = 1,
	BUILTIN_PURE = 2,   /* only prints: a substitution may run it without a process */
	BUILTIN_PROMPT = 4, /* only in interactive shells outside of POSIX mode */
	BUILTIN_OWN = 8,    /* only outside of POSIX mode */
};

struct builtin {
	const char *name;
	int (*run)(struct shell *sh, int argc, char **argv);
	unsigned flags;
};

struct function {
	struct node *body;
	struct region *region;
	unsigned references;
};

struct command {
	struct command *next;
	char *name;
	const struct builtin *builtin;
	struct function *function;
	char *path; /* hashed, valid in its generation of PATH */
	unsigned path_generation, hits;
};

struct command *command_slot(struct shell *sh, const char *name);
/* Whether a built-in or a function has the name; makes no slot. */
bool command_is_defined(struct shell *sh, const char *name);
bool command_is_special(const struct command *command);
void commands_free(struct shell *sh);

/* The file to execute: hashed, or looked up and hashed. NULL: there is none. */
const char *command_path(struct shell *sh, struct command *command);

/* The same without the table, along a path. In the temp arena. */
char *command_search(struct shell *sh, const char *name, const char *path);
void command_forget_paths(struct shell *sh);

void function_define(struct command *command, struct node *body, struct region *region);
bool function_remove(struct shell *sh, const char *name);
void function_keep(struct function *function);
void function_drop(struct function *function);

/* The table of all built-ins, ended by one without a name; and whether this shell has one. */
extern const struct builtin builtins[];
bool builtin_is_here(const struct shell *sh, const struct builtin *builtin);

/* PATH has changed. */
struct var;
void command_path_changed(struct shell *sh, struct var *var);

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
