/*
 * fc: lists the history, runs commands of it again, or lets an editor change them first. The fc command itself is the
 * last entry; numbers from the end count from the one before it.
 */
#include "builtins.h"
#include "edit_program.h"
#include "exec.h"
#include "message.h"
#include "command_history.h"
#include "shell.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 16

struct fc {
	struct shell *sh;
	bool lists, reversed, no_numbers, runs;
	const char *editor;
	const char *old, *fresh; /* -s old=new */
};

/* The last entry that starts with a text. */
static size_t find_text(struct shell *sh, const char *text)
{
	size_t len = strlen(text);

	for (size_t number = command_history_last(sh) - 1;
	     number > 0 && history_get(sh->history, number); number--)
		if (strncmp(history_get(sh->history, number), text, len) == 0)
			return number;
	builtin_error(sh, "%s: not in the history", text);
	return 0;
}

/* A number, one from the end, or a command's start; 0: told. */
static size_t find_entry(struct shell *sh, const char *text)
{
	size_t last = command_history_last(sh) - 1, first = history_first(sh->history);
	const char *digits = text + (*text == '-' || *text == '+');
	long number;

	if (!*digits || digits[strspn(digits, "0123456789")])
		return find_text(sh, text);
	number = atol(digits);
	if (*text == '-')
		number = (long)last + 1 - number;
	if (number < (long)first)
		number = (long)first;
	return number > (long)last ? last : (size_t)number;
}

static void print_entry(const struct fc *fc, size_t number)
{
	const char *entry = history_get(fc->sh->history, number);

	if (!entry)
		return;
	if (!fc->no_numbers)
		out_format(fc->sh, "%zu", number);
	out_char(fc->sh, '\t');
	for (; *entry; entry++) {
		out_char(fc->sh, *entry);
		if (*entry == '\n')
			out_char(fc->sh, '\t');
	}
	out_char(fc->sh, '\n');
}

static int list_entries(const struct fc *fc, size_t first, size_t last)
{
	bool backwards = (first > last) != fc->reversed;
	size_t low = first < last ? first : last, high = first < last ? last : first;

	for (size_t i = 0; i <= high - low; i++)
		print_entry(fc, backwards ? high - i : low + i);
	return 0;
}

/* Runs a text, which takes the place of the fc command in the history. */
static int run_again(struct shell *sh, const char *text)
{
	char *copy = memory_text(text, strlen(text));
	int status;

	command_history_drop_last(sh);
	command_history_add(sh, copy);
	sh_write_errors(sh, copy, strlen(copy));
	sh_write_errors(sh, "\n", 1);
	status = exec_text(sh, copy, strlen(copy), 1, 0);
	free(copy);
	return status;
}

static int substitute(const struct fc *fc, size_t number)
{
	const char *entry = history_get(fc->sh->history, number), *found;
	struct text text;

	if (!entry)
		return builtin_error(fc->sh, "the history is empty");
	found = fc->old ? strstr(entry, fc->old) : NULL;
	if (!found)
		return run_again(fc->sh, entry);
	text_begin(&text, &fc->sh->temp);
	text_bytes(&text, entry, (size_t)(found - entry));
	text_string(&text, fc->fresh);
	text_string(&text, found + strlen(fc->old));
	return run_again(fc->sh, text_end(&text));
}

static const char *editor_name(const struct fc *fc)
{
	const struct var *var = var_find(fc->sh, "FCEDIT");
	const char *value = var ? var_value(fc->sh, var) : NULL;

	return fc->editor ? fc->editor : value && *value ? value : "ed";
}

/* The entries as one text, for the editor. */
static char *join_entries(const struct fc *fc, size_t first, size_t last, size_t *out_len)
{
	bool backwards = (first > last) != fc->reversed;
	size_t low = first < last ? first : last, high = first < last ? last : first;
	struct text text;

	text_begin(&text, &fc->sh->temp);
	for (size_t i = 0; i <= high - low; i++) {
		const char *entry = history_get(fc->sh->history, backwards ? high - i : low + i);

		if (entry)
			text_format(&text, "%s%s", i > 0 ? "\n" : "", entry);
	}
	*out_len = text.len;
	return text_end(&text);
}

static int edit_entries(const struct fc *fc, size_t first, size_t last)
{
	size_t len;
	char *text = join_entries(fc, first, last, &len);
	char *edited = edit_in_program(fc->sh, editor_name(fc), text, len);
	int status;

	if (!edited)
		return fc->sh->status ? fc->sh->status : 1;
	status = run_again(fc->sh, edited);
	free(edited);
	return status;
}

/* The options, which end before a number from the end ("-2"). False: told. */
static bool fc_options(struct fc *fc, struct scan *scan)
{
	int option;

	while (*scan->at || scan->index >= scan->argc || scan->argv[scan->index][0] != '-' ||
	       !isdigit((unsigned char)scan->argv[scan->index][1])) {
		option = scan_option(fc->sh, scan, "e:lnrs");
		if (option <= 0)
			return option == 0;
		fc->lists |= option == 'l';
		fc->no_numbers |= option == 'n';
		fc->reversed |= option == 'r';
		fc->runs |= option == 's';
		if (option == 'e')
			fc->editor = scan->argument;
	}
	return true;
}

static void take_replacement(struct fc *fc, struct scan *scan)
{
	char *word = scan->index < scan->argc ? scan->argv[scan->index] : "",
	     *equals = strchr(word, '=');

	if (!fc->runs || !equals)
		return;
	fc->old = arena_text(&fc->sh->temp, word, (size_t)(equals - word));
	fc->fresh = equals + 1;
	scan->index++;
}

BUILTIN(fc)
{
	struct fc fc = {.sh = sh};
	size_t first, last, newest;
	struct scan scan;

	scan_begin(&scan, argc, argv);
	if (!sh->history)
		return builtin_error(sh, "there is no history");
	if (!fc_options(&fc, &scan))
		return 2;
	take_replacement(&fc, &scan);
	newest = command_history_last(sh) - 1;
	first = last = newest;
	if (fc.lists && scan.index == argc)
		first = newest > history_first(sh->history) + LISTED ? newest - LISTED + 1
		                                                     : history_first(sh->history);
	if (scan.index < argc)
		first = find_entry(sh, argv[scan.index++]);
	if (scan.index < argc)
		last = find_entry(sh, argv[scan.index]);
	else if (!fc.lists)
		last = first;
	if (!first || !last)
		return newest ? 2 : builtin_error(sh, "the history is empty");
	if (fc.lists)
		return list_entries(&fc, first, last);
	return fc.runs ? substitute(&fc, first) : edit_entries(&fc, first, last);
}
