/*
 * Variables. A slot is made the first time a name is seen and never goes away: syntax trees point at it, and
 * unsetting only takes its value. The value is kept as NAME=value, so an environment is a list of these texts.
 */
#include "vars.h"
#include "array.h"
#include "message.h"
#include "number.h"
#include "shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_name_char(unsigned char c, bool first)
{
	if (c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return !first && c >= '0' && c <= '9';
}

size_t var_name_len(const char *text)
{
	size_t len = 0;

	while (is_name_char((unsigned char)text[len], len == 0))
		len++;
	return len;
}

bool var_is_name(const char *text)
{
	size_t len = var_name_len(text);

	return len > 0 && !text[len];
}

static unsigned name_hash(const char *name, size_t len)
{
	unsigned hash = 5381;

	for (size_t i = 0; i < len; i++)
		hash = hash * 33 + (unsigned char)name[i];
	return hash % VAR_BUCKETS;
}

/* The link that points at the slot, or at NULL where it would be. */
static struct var **var_link(struct shell *sh, const char *name, size_t len)
{
	struct var **link = &sh->vars.buckets[name_hash(name, len)];

	while (*link && ((*link)->name_len != len || memcmp((*link)->text, name, len) != 0))
		link = &(*link)->next;
	return link;
}

static struct var *var_put(struct var *var, struct var **link, char *text, size_t name_len,
                           unsigned cap)
{
	*var = (struct var){NULL, text, (unsigned)name_len, 0, cap, 0, NULL, NULL};
	*link = var;
	return var;
}

struct var *var_slot(struct shell *sh, const char *name, size_t len)
{
	struct var **link = var_link(sh, name, len);
	char *text;

	if (*link)
		return *link;
	text = memory_new(len + 2);
	memcpy(text, name, len);
	memcpy(text + len, "=", 2);
	return var_put(memory_new(sizeof(struct var)), link, text, len, (unsigned)len + 2);
}

struct var *var_find(struct shell *sh, const char *name)
{
	return *var_link(sh, name, strlen(name));
}

const char *var_value_special(struct shell *sh, const struct var *var)
{
	if (var->flags & VAR_LINE) {
		snprintf(sh->vars.line_text, NUMBER_BYTES, "%d", sh->line);
		return sh->vars.line_text;
	}
	if (var->array)
		return array_get(sh, var, 0);
	return NULL;
}

int var_print_name(const struct var *var)
{
	return (int)var->name_len;
}

bool var_writable(struct shell *sh, const struct var *var)
{
	if (!(var->flags & VAR_READONLY))
		return true;
	sh_error(sh, "%.*s: is read only", var_print_name(var), var->text);
	return false;
}

/* Room for a value of len bytes; the old one is kept as far as it fits. */
static void var_reserve(struct var *var, size_t len)
{
	size_t need = var->name_len + len + 2, keep = var->name_len + 1 + var->value_len;
	char *text;

	if (need <= var->cap)
		return;
	need += need / 2;
	text = memory_new(need);
	memcpy(text, var->text, keep);
	text[keep] = 0;
	if (var->cap)
		free(var->text);
	var->text = text;
	var->cap = (unsigned)need;
}

static void var_changed(struct shell *sh, struct var *var)
{
	var->flags |= VAR_SET;
	var->flags &= ~(unsigned)VAR_LINE;
	if (sh->options[OPT_ALLEXPORT])
		var->flags |= VAR_EXPORT;
	if (var->changed)
		var->changed(sh, var);
}

bool var_set(struct shell *sh, struct var *var, const char *value, size_t len)
{
	char *old, *start;
	unsigned old_cap = var->cap;

	if (!var_writable(sh, var))
		return false;
	if (var->array)
		return array_set(sh, var, 0, value, false);
	if (var->name_len + len + 2 > var->cap) {
		/* The value may lie in the text that is to be replaced. */
		old = var->text;
		var->cap = var->value_len = 0;
		var_reserve(var, len);
		memmove(var->text + var->name_len + 1, value, len);
		if (old_cap)
			free(old);
	} else {
		memmove(var->text + var->name_len + 1, value, len);
	}
	start = var->text + var->name_len + 1;
	start[len] = 0;
	var->value_len = (unsigned)len;
	var_changed(sh, var);
	return true;
}

bool var_set_string(struct shell *sh, struct var *var, const char *value)
{
	return var_set(sh, var, value, strlen(value));
}

bool var_set_number(struct shell *sh, struct var *var, intmax_t number)
{
	char buffer[NUMBER_BYTES], *text = number_text(buffer, number);

	return var_set(sh, var, text, (size_t)(buffer + NUMBER_BYTES - 1 - text));
}

bool var_append(struct shell *sh, struct var *var, const char *value)
{
	size_t len = strlen(value), old = var->value_len;

	if (!var_writable(sh, var))
		return false;
	if (var->array)
		return array_set(sh, var, 0, value, true);
	if (!(var->flags & VAR_SET))
		return var_set(sh, var, value, len);
	if (var->name_len + old + len + 2 > var->cap)
		var_reserve(var, old + len);
	memmove(var->text + var->name_len + 1 + old, value, len);
	var->value_len = (unsigned)(old + len);
	var->text[var->name_len + 1 + var->value_len] = 0;
	var_changed(sh, var);
	return true;
}

bool var_unset(struct shell *sh, struct var *var)
{
	if (!var_writable(sh, var))
		return false;
	array_free(var);
	var->flags = 0;
	if (var->cap) {
		var->value_len = 0;
		var->text[var->name_len + 1] = 0;
	}
	if (var->changed)
		var->changed(sh, var);
	return true;
}

/* A variable of the environment, whose text stays where it is; room is for it if it is new. */
static void var_import(struct shell *sh, char *text, struct var *room)
{
	size_t len = var_name_len(text);
	struct var **link, *var;

	if (len == 0 || text[len] != '=')
		return;
	link = var_link(sh, text, len);
	var = *link;
	if (!var)
		var = var_put(room, link, text, len, 0);
	if (var->flags & VAR_SET)
		return;
	if (var->cap)
		free(var->text);
	var->text = text;
	var->cap = 0;
	var->value_len = (unsigned)strlen(text + len + 1);
	var->flags = VAR_SET | VAR_EXPORT;
}

void vars_init(struct shell *sh, char **environment)
{
	size_t count = 0;

	sh->vars.line_text = memory_new(NUMBER_BYTES);
	while (environment && environment[count])
		count++;
	sh->vars.imported = memory_new((count + 1) * sizeof(struct var));
	sh->vars.imported_count = count;
	for (size_t i = 0; i < count; i++)
		var_import(sh, environment[i], &sh->vars.imported[i]);
}

static bool is_imported(const struct var_table *vars, const struct var *var)
{
	return var >= vars->imported && var < vars->imported + vars->imported_count;
}

void vars_free(struct shell *sh)
{
	for (size_t i = 0; i < VAR_BUCKETS; i++) {
		struct var *next, *var = sh->vars.buckets[i];

		for (; var; var = next) {
			next = var->next;
			array_free(var);
			if (var->cap)
				free(var->text);
			if (!is_imported(&sh->vars, var))
				free(var);
		}
		sh->vars.buckets[i] = NULL;
	}
	free(sh->vars.imported);
	sh->vars.imported = NULL;
	free(sh->vars.line_text);
	sh->vars.line_text = NULL;
}
