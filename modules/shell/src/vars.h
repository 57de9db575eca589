/*
 * Variables: slots found by name once and kept for ever, so that syntax trees point at them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shell;
struct var;

enum var_flag {
	VAR_SET = 1,
	VAR_EXPORT = 2,
	VAR_READONLY = 4,
	VAR_LINE = 8, /* LINENO: made when it is read */
};

struct array_element {
	intmax_t index;
	char *value;
};

/* An indexed array: elements in the order of their indices. */
struct array {
	struct array_element *elements;
	size_t count, cap;
};

struct var {
	struct var *next; /* in its bucket */
	char *text;       /* NAME=value */
	unsigned name_len, value_len;
	unsigned cap; /* bytes of text that are ours; 0: the environment's own */
	unsigned flags;
	struct array *array;
	void (*changed)(struct shell *sh, struct var *var);
};

#define VAR_BUCKETS 512

struct var_table {
	struct var *buckets[VAR_BUCKETS];
	/* Those the shell itself looks at. */
	struct var *ifs, *path, *home, *pwd, *oldpwd, *ps1, *ps2, *ps4, *optind, *optarg, *line,
		*env, *ppid;
	struct var *cdpath;
	char *line_text;
	struct var *imported; /* those of the environment, in one piece */
	size_t imported_count;
};

/* Values to bring back when a function or a command with assignments ends. */
struct saved_var {
	struct saved_var *next;
	struct var *var;
	char *text;
	unsigned value_len, cap, flags;
	struct array *array;
};

struct scope {
	struct scope *below;
	struct saved_var *saved;
	bool is_function;
};

void vars_init(struct shell *sh, char **environment);
void vars_free(struct shell *sh);

/* Length of the name that the text begins with; 0: none. */
size_t var_name_len(const char *text);
bool var_is_name(const char *text);

struct var *var_slot(struct shell *sh, const char *name, size_t len);
struct var *var_find(struct shell *sh, const char *name);

/* The value; NULL when it is not set. An array's value is its element 0. */
const char *var_value_special(struct shell *sh, const struct var *var);

static inline const char *var_value(struct shell *sh, const struct var *var)
{
	if ((var->flags & (VAR_SET | VAR_LINE)) == VAR_SET && !var->array)
		return var->text + var->name_len + 1;
	return var_value_special(sh, var);
}

/* False, with a message, when it is read-only. */
bool var_set(struct shell *sh, struct var *var, const char *value, size_t len);
bool var_set_string(struct shell *sh, struct var *var, const char *value);
bool var_set_number(struct shell *sh, struct var *var, intmax_t number);
bool var_append(struct shell *sh, struct var *var, const char *value);
bool var_unset(struct shell *sh, struct var *var);
bool var_writable(struct shell *sh, const struct var *var);
int var_print_name(const struct var *var);

/* Scopes: begin, save variables (false: it has them already), end (which brings them back). */
void scope_begin(struct shell *sh, struct scope *scope, bool is_function);
bool scope_save(struct scope *scope, struct var *var);
void scope_end(struct shell *sh, struct scope *scope);

/* The environment of a program to start: texts of the exported variables, in an array of the temp arena. */
char **var_environment(struct shell *sh);

/* All that are set and have one of the flags (0: any), by name; in the temp arena, ended by NULL. */
struct var **var_sorted(struct shell *sh, unsigned flags, size_t *out_count);
