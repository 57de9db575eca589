/*
 * Built-ins about variables and parameters: export, readonly, local, unset, set, shift.
 */
#include "arith.h"
#include "array.h"
#include "builtins.h"
#include "command.h"
#include "message.h"
#include "shell.h"
#include <string.h>

static void print_value(struct shell *sh, const struct var *var)
{
	const char *value = var_value(sh, var);

	out_bytes(sh, var->text, var->name_len);
	if (!value)
		return;
	out_char(sh, '=');
	out_quoted(sh, value);
}

static int print_all(struct shell *sh, unsigned flags, const char *prefix)
{
	size_t count;
	struct var **list = var_sorted(sh, flags, &count);

	for (size_t i = 0; i < count; i++) {
		out_string(sh, prefix);
		print_value(sh, list[i]);
		out_char(sh, '\n');
	}
	return 0;
}

/* NAME or NAME=value: the slot, the value set. NULL: told why. */
static struct var *declare(struct shell *sh, const char *word)
{
	size_t len = var_name_len(word);
	bool appends = word[len] == '+' && word[len + 1] == '=' && !sh->options[OPT_POSIX];
	const char *value = word + len + appends;
	struct var *var;

	if (len == 0 || (*value && *value != '=')) {
		builtin_error(sh, "%s: bad variable name", word);
		return NULL;
	}
	var = var_slot(sh, word, len);
	if (!*value)
		return var;
	if (appends ? var_append(sh, var, value + 1) : var_set_string(sh, var, value + 1))
		return var;
	sh->builtin_failed = true;
	return NULL;
}

static int mark_all(struct shell *sh, int argc, char **argv, unsigned flag, const char *prefix)
{
	bool prints = false, takes = false;
	struct scan scan;
	int option;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, flag == VAR_EXPORT ? "pn" : "p")) > 0) {
		prints |= option == 'p';
		takes |= option == 'n';
	}
	if (option < 0)
		return 2;
	if (prints || scan.index == argc)
		return print_all(sh, flag, prefix);
	for (int i = scan.index; i < argc; i++) {
		struct var *var = declare(sh, argv[i]);

		if (!var)
			return 2;
		if (takes)
			var->flags &= ~flag;
		else
			var->flags |= flag;
	}
	return 0;
}

BUILTIN(export)
{
	return mark_all(sh, argc, argv, VAR_EXPORT, "export ");
}

BUILTIN(readonly)
{
	return mark_all(sh, argc, argv, VAR_READONLY, "readonly ");
}

/* A new variable, not set unless a value follows. */
static void make_local(struct shell *sh, struct scope *scope, const char *word, size_t len)
{
	struct var *var = var_slot(sh, word, len);

	if (scope_save(scope, var) && !word[len] && !(var->flags & VAR_READONLY))
		var_unset(sh, var);
}

BUILTIN(local)
{
	struct scope *scope = sh->scope;
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	while (scope && !scope->is_function)
		scope = scope->below;
	if (!scope)
		return builtin_error(sh, "not in a function");
	for (int i = first; i < argc; i++) {
		size_t len = var_name_len(argv[i]);

		if (len > 0)
			make_local(sh, scope, argv[i], len);
		if (!declare(sh, argv[i]))
			return 2;
	}
	return 0;
}

/* name[index] */
static int unset_element(struct shell *sh, const char *word, size_t len)
{
	const char *end = word + strlen(word) - 1;
	intmax_t index;

	if (word[len] != '[' || *end != ']')
		return builtin_error(sh, "%s: bad variable name", word);
	if (!arith_text(sh, arena_text(&sh->temp, word + len + 1, (size_t)(end - word) - len - 1),
	                &index))
		return sh->status;
	array_unset(sh, var_slot(sh, word, len), index);
	return 0;
}

static int unset_variable(struct shell *sh, const char *word)
{
	size_t len = var_name_len(word);
	struct var *var;

	if (len == 0 || word[len])
		return len && !sh->options[OPT_POSIX]
		               ? unset_element(sh, word, len)
		               : builtin_error(sh, "%s: bad variable name", word);
	var = var_find(sh, word);
	if (!var || var_unset(sh, var))
		return 0;
	sh->builtin_failed = true;
	return 2;
}

BUILTIN(unset)
{
	bool functions = false, variables = false;
	struct scan scan;
	int option, status = 0;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "fv")) > 0) {
		functions = option == 'f';
		variables = option == 'v';
	}
	if (option < 0)
		return 2;
	for (int i = scan.index; i < argc && !status; i++) {
		const struct var *var = functions ? NULL : var_find(sh, argv[i]);
		bool is_function = !variables && !(var && var->flags) &&
		                   function_remove(sh, argv[i]);

		if (!functions && !is_function)
			status = unset_variable(sh, argv[i]);
	}
	return status;
}

BUILTIN(let)
{
	intmax_t value = 0;

	if (argc < 2)
		return builtin_error(sh, "expression expected");
	for (int i = 1; i < argc; i++)
		if (!arith_text(sh, argv[i], &value))
			return sh->status;
	return value == 0;
}

BUILTIN(shift)
{
	intmax_t count = 1;

	if (argc > 1 && !scan_number(argv[1], &count))
		return builtin_error(sh, "%s: bad number", argv[1]);
	if (count > sh->params.count)
		return builtin_error(sh, "can't shift that many");
	params_shift(sh, (int)count);
	return 0;
}

/* -o name and the letters of one word. */
static bool set_word(struct shell *sh, char **argv, int *index, int argc)
{
	bool value = argv[*index][0] == '-';

	for (const char *at = argv[*index] + 1; *at; at++) {
		enum option option = option_of_letter(*at);

		if (*at == 'o' && *index + 1 >= argc) {
			option_list(sh, !value);
			continue;
		}
		if (*at == 'o')
			option = option_of_name(argv[++*index]);
		if (option == OPT_COUNT || option == OPT_INTERACTIVE || option == OPT_STDIN) {
			builtin_error(sh, "%s: bad option", *at == 'o' ? argv[*index] : at);
			return false;
		}
		if (!option_set(sh, option, value)) {
			builtin_error(sh, "%s: not available here", *at == 'o' ? argv[*index] : at);
			return false;
		}
		if (*at == 'o')
			break;
	}
	return true;
}

int set_options(struct shell *sh, int argc, char **argv, int index, bool *out_params)
{
	*out_params = false;
	for (; index < argc; index++) {
		const char *word = argv[index];

		if ((word[0] != '-' && word[0] != '+') || strcmp(word, "+") == 0)
			break;
		if (strcmp(word, "--") == 0) {
			*out_params = true;
			return index + 1;
		}
		if (strcmp(word, "-") == 0) {
			sh->options[OPT_VERBOSE] = sh->options[OPT_XTRACE] = false;
			*out_params = index + 1 < argc;
			return index + 1;
		}
		if (!set_word(sh, argv, &index, argc))
			return -1;
	}
	*out_params = index < argc;
	return index;
}

BUILTIN(set)
{
	bool has_params;
	int first;

	if (argc == 1)
		return print_all(sh, 0, "");
	first = set_options(sh, argc, argv, 1, &has_params);
	if (first < 0)
		return 2;
	if (has_params)
		params_set(sh, argv + first, argc - first);
	return 0;
}
