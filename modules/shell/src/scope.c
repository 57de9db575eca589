/*
 * Scopes: values that come back when a function returns (local) or a command with assignments before it is done.
 * And lists of all variables: the environment of programs, and what set and export print.
 */
#include "array.h"
#include "shell.h"
#include "vars.h"
#include <stdlib.h>
#include <string.h>

void scope_begin(struct shell *sh, struct scope *scope, bool is_function)
{
	*scope = (struct scope){sh->scope, NULL, is_function};
	sh->scope = scope;
}

static bool scope_has(const struct scope *scope, const struct var *var)
{
	const struct saved_var *saved = scope->saved;

	while (saved && saved->var != var)
		saved = saved->next;
	return saved != NULL;
}

/* Puts the variable's value away and gives it a copy, which the scope's commands may change. */
bool scope_save(struct scope *scope, struct var *var)
{
	struct saved_var *saved;

	if (scope_has(scope, var))
		return false;
	saved = memory_new(sizeof(*saved));
	*saved = (struct saved_var){scope->saved, var,        var->text, var->value_len,
	                            var->cap,     var->flags, var->array};
	scope->saved = saved;
	var->text = memory_text(saved->text, var->name_len + 1 + var->value_len);
	var->cap = var->name_len + var->value_len + 2;
	var->array = NULL;
	return true;
}

void scope_end(struct shell *sh, struct scope *scope)
{
	struct saved_var *next, *saved = scope->saved;

	for (; saved; saved = next) {
		struct var *var = saved->var;

		next = saved->next;
		array_free(var);
		if (var->cap)
			free(var->text);
		var->text = saved->text;
		var->value_len = saved->value_len;
		var->cap = saved->cap;
		var->flags = saved->flags;
		var->array = saved->array;
		if (var->changed)
			var->changed(sh, var);
		free(saved);
	}
	sh->scope = scope->below;
}

char **var_environment(struct shell *sh)
{
	size_t count = 0, cap = 64;
	char **list = arena_alloc(&sh->temp, cap * sizeof(*list)), **larger;

	for (size_t i = 0; i < VAR_BUCKETS; i++) {
		for (struct var *var = sh->vars.buckets[i]; var; var = var->next) {
			if ((var->flags & (VAR_EXPORT | VAR_SET)) != (VAR_EXPORT | VAR_SET) ||
			    var->array)
				continue;
			if (count + 1 == cap) {
				larger = arena_alloc(&sh->temp, 2 * cap * sizeof(*list));
				memcpy(larger, list, cap * sizeof(*list));
				list = larger;
				cap *= 2;
			}
			list[count++] = var->text;
		}
	}
	list[count] = NULL;
	return list;
}

/* Names compare up to their '='. */
static int compare_names(const void *a, const void *b)
{
	const struct var *left = *(struct var *const *)a, *right = *(struct var *const *)b;
	unsigned len = left->name_len < right->name_len ? left->name_len : right->name_len;
	int order = memcmp(left->text, right->text, len);

	return order ? order : (int)left->name_len - (int)right->name_len;
}

struct var **var_sorted(struct shell *sh, unsigned flags, size_t *out_count)
{
	size_t count = 0, total = 0;
	struct var **list;

	for (size_t i = 0; i < VAR_BUCKETS; i++)
		for (struct var *var = sh->vars.buckets[i]; var; var = var->next)
			total++;
	list = arena_alloc(&sh->temp, (total + 1) * sizeof(*list));
	for (size_t i = 0; i < VAR_BUCKETS; i++) {
		for (struct var *var = sh->vars.buckets[i]; var; var = var->next)
			if (flags ? var->flags & flags : var->flags & (VAR_SET | VAR_LINE))
				list[count++] = var;
	}
	list[count] = NULL;
	qsort(list, count, sizeof(*list), compare_names);
	*out_count = count;
	return list;
}
