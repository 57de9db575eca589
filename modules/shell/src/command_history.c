/*
 * The session's history. Each command is appended to the file HISTFILE (~/.sh_history) as soon as it is typed, so that
 * a crash loses none and shells that run at once share one file. HISTSIZE bounds the list and the file. A history that
 * cannot be kept is no reason to disturb the user.
 */
#include "command_history.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SIZE 1000

static size_t wanted_size(struct shell *sh)
{
	const struct var *var = var_find(sh, "HISTSIZE");
	const char *value = var ? var_value(sh, var) : NULL;
	long size = value ? atol(value) : DEFAULT_SIZE;

	return size > 0 ? (size_t)size : 1;
}

/* The file's name, in the temp arena; NULL: there is none. */
static const char *file_name(struct shell *sh)
{
	const struct var *var = var_find(sh, "HISTFILE");
	const char *name = var ? var_value(sh, var) : NULL, *home = var_value(sh, sh->vars.home);
	struct text text;

	if (name || !home)
		return name && *name ? name : NULL;
	text_begin(&text, &sh->temp);
	text_format(&text, "%s/.sh_history", home);
	return text_end(&text);
}

static void save(struct shell *sh)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *name = file_name(sh);

	if (name)
		(void)history_save(sh->history, name, wanted_size(sh));
	arena_release(&sh->temp, mark);
}

void command_history_open(struct shell *sh)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *name = file_name(sh);

	sh->history = history_new(wanted_size(sh), HISTORY_IGNORE_REPEAT);
	if (sh->history && name)
		(void)history_load(sh->history, name);
	arena_release(&sh->temp, mark);
}

void command_history_free(struct shell *sh)
{
	history_free(sh->history);
	sh->history = NULL;
}

void command_history_add(struct shell *sh, const char *text)
{
	if (!sh->history || !text[strspn(text, " \t\n")])
		return;
	history_set_limit(sh->history, wanted_size(sh));
	if (history_add(sh->history, text))
		save(sh);
}

void command_history_drop_last(struct shell *sh)
{
	if (sh->history)
		history_remove(sh->history, command_history_last(sh));
}

size_t command_history_last(const struct shell *sh)
{
	return sh->history ? history_first(sh->history) + history_count(sh->history) - 1 : 0;
}

void command_history_forget(struct shell *sh, size_t number)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *name = file_name(sh), *entry = history_get(sh->history, number);

	if (name && (!number || entry))
		(void)history_erase(name, number ? entry : NULL);
	if (number)
		history_remove(sh->history, number);
	else
		history_clear(sh->history);
	arena_release(&sh->temp, mark);
}
