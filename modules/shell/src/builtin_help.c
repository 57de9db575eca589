/*
 * help and apropos: what commands there are and what they do, by the tables of help.h. Programs are only spoken of when
 * they are in PATH.
 */
#include "alias.h"
#include "builtins.h"
#include "command.h"
#include "help.h"
#include "message.h"
#include "shell.h"
#include <ctype.h>
#include <fnmatch.h>
#include <regex.h>
#include <string.h>

static bool is_in_path(struct shell *sh, const char *name)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *path = var_value(sh, sh->vars.path);
	bool is_there = path && command_search(sh, name, path);

	arena_release(&sh->temp, mark);
	return is_there;
}

/* ---- help */

static int help_all(struct shell *sh)
{
	out_string(sh, "help NAME explains one of these; apropos WORD searches, programs as well.\n"
	               "Tab completes, Up and Ctrl-R look in the history, Alt-. brings the last "
	               "argument.\n");
	for (const struct help_entry *entry = help_shell; entry->name; entry++)
		out_format(sh, "  %-10s %s\n", entry->name, entry->summary);
	return 0;
}

static const struct help_entry *find(const struct help_entry *table, const char *name)
{
	while (table->name && strcmp(table->name, name) != 0)
		table++;
	return table->name ? table : NULL;
}

static int help_one(struct shell *sh, const char *name)
{
	const struct help_entry *entry = find(help_shell, name);
	const struct alias *alias = alias_find(sh, name);

	if (alias)
		out_format(sh, "%s is an alias: %s\n", name, alias->value);
	if (command_slot(sh, name)->function)
		out_format(sh, "%s is a function: type %s shows it\n", name, name);
	if (!entry && is_in_path(sh, name))
		entry = find(help_programs, name);
	if (entry)
		out_format(sh, "%s\n    %s\n", entry->usage, entry->summary);
	else if (is_in_path(sh, name))
		out_format(sh, "%s is a program: %s --help may tell more\n", name, name);
	else if (!alias && !command_slot(sh, name)->function)
		return builtin_refuse(sh, "no help on %s; apropos searches", name);
	return 0;
}

BUILTIN(help)
{
	int status = 0;

	if (argc == 1)
		return help_all(sh);
	for (int i = 1; i < argc; i++)
		status |= help_one(sh, argv[i]);
	return status;
}

/* ---- apropos */

struct search {
	struct shell *sh;
	char style; /* e: a whole name or word, w: a pattern of one, r: a regular expression, 0: any part */
	bool wants_all;
	int count;
	char **words;
	regex_t *expressions;
};

/* A copy without capital letters, in the temp arena. */
static char *lower(struct shell *sh, const char *text)
{
	char *copy = arena_text(&sh->temp, text, strlen(text));

	for (char *at = copy; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return copy;
}

static bool word_matches(const struct search *s, const char *wanted, const char *word)
{
	return s->style == 'w' ? fnmatch(wanted, word, 0) == 0 : strcmp(wanted, word) == 0;
}

/* Whether a name or one word of the summary is what is wanted. */
static bool any_word_matches(const struct search *s, const char *wanted,
                             const struct help_entry *entry)
{
	struct arena_mark mark = arena_mark(&s->sh->temp);
	char *words = arena_text(&s->sh->temp, entry->summary, strlen(entry->summary)),
	     *rest = NULL;
	bool matches = word_matches(s, wanted, entry->name);

	for (char *word = strtok_r(words, " ,;()", &rest); word && !matches;
	     word = strtok_r(NULL, " ,;()", &rest))
		matches = word_matches(s, wanted, word);
	arena_release(&s->sh->temp, mark);
	return matches;
}

static bool matches_one(const struct search *s, int i, const struct help_entry *entry)
{
	if (s->style == 'r')
		return regexec(&s->expressions[i], entry->name, 0, NULL, 0) == 0 ||
		       regexec(&s->expressions[i], entry->summary, 0, NULL, 0) == 0;
	if (s->style)
		return any_word_matches(s, s->words[i], entry);
	return strstr(entry->name, s->words[i]) ||
	       strstr(lower(s->sh, entry->summary), s->words[i]);
}

static bool matches(const struct search *s, const struct help_entry *entry)
{
	for (int i = 0; i < s->count; i++)
		if (matches_one(s, i, entry) != s->wants_all)
			return !s->wants_all;
	return s->wants_all;
}

static bool search_table(const struct search *s, const struct help_entry *table, bool are_programs)
{
	bool found = false;

	for (; table->name; table++) {
		if (!matches(s, table) || (are_programs && !is_in_path(s->sh, table->name)))
			continue;
		out_format(s->sh, "%-10s (%s) %s\n", table->name,
		           are_programs ? "program" : "shell", table->summary);
		found = true;
	}
	return found;
}

/* The regular expressions of -r; how many were made, fewer than wanted after an error (told). */
static int make_expressions(struct search *s)
{
	int made = 0;

	s->expressions = arena_alloc(&s->sh->temp, (size_t)s->count * sizeof(*s->expressions));
	for (; s->style == 'r' && made < s->count; made++) {
		char why[128];
		int error = regcomp(&s->expressions[made], s->words[made],
		                    REG_EXTENDED | REG_ICASE | REG_NOSUB);

		if (error) {
			regerror(error, &s->expressions[made], why, sizeof(why));
			builtin_error(s->sh, "%s: %s", s->words[made], why);
			break;
		}
	}
	return made;
}

static int search(struct search *s)
{
	int made = make_expressions(s), status = 2;

	if (s->style != 'r' || made == s->count) {
		bool found = search_table(s, help_shell, false);

		found |= search_table(s, help_programs, true);
		status = found ? 0 : builtin_refuse(s->sh, "nothing appropriate");
	}
	while (made > 0)
		regfree(&s->expressions[--made]);
	return status;
}

BUILTIN(apropos)
{
	struct search s = {.sh = sh};
	struct scan scan;
	int option;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "ewra")) > 0) {
		if (option == 'a')
			s.wants_all = true;
		else
			s.style = (char)option;
	}
	if (option < 0)
		return 2;
	if (scan.index == argc)
		return builtin_error(sh, "apropos what?");
	s.words = argv + scan.index;
	s.count = argc - scan.index;
	for (int i = 0; i < s.count && s.style != 'r'; i++)
		s.words[i] = lower(sh, s.words[i]);
	return search(&s);
}
