/*
 * The history of commands: numbered entries in memory, each appended to the file HISTFILE when it is complete. HISTSIZE
 * bounds how many there are.
 */
#include "command_history.h"
#include "shell.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SIZE 1000
#define MOST_BYTES (1 << 20)

static size_t history_size(struct shell *sh)
{
	const struct var *var = var_find(sh, "HISTSIZE");
	const char *value = var ? var_value(sh, var) : NULL;
	long size = value ? atol(value) : DEFAULT_SIZE;

	return size > 0 ? (size_t)size : 1;
}

static void add(struct shell *sh, char *entry)
{
	struct command_history *history = sh->history;

	if (history->count >= history_size(sh)) {
		free(history->entries[0]);
		history->count--;
		history->first++;
		memmove(history->entries, history->entries + 1,
		        history->count * sizeof(*history->entries));
	}
	if (history->count == history->cap) {
		history->cap = history->cap ? history->cap * 2 : 32;
		history->entries = memory_resize(history->entries,
		                                 history->cap * sizeof(*history->entries));
	}
	history->entries[history->count++] = entry;
}

static void read_file(struct shell *sh, int fd)
{
	char *text = memory_new(MOST_BYTES + 1), *at = text, *newline;
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t len;

	lseek(fd, size > MOST_BYTES ? size - MOST_BYTES : 0, SEEK_SET);
	len = read(fd, text, MOST_BYTES);
	text[len > 0 ? len : 0] = 0;
	while ((newline = strchr(at, '\n'))) {
		add(sh, memory_text(at, (size_t)(newline - at)));
		at = newline + 1;
	}
	free(text);
}

void command_history_open(struct shell *sh)
{
	const struct var *var = var_find(sh, "HISTFILE");
	const char *name = var ? var_value(sh, var) : NULL, *home = var_value(sh, sh->vars.home);
	struct text text;
	int fd;

	sh->history = memory_new(sizeof(*sh->history));
	*sh->history = (struct command_history){.first = 1};
	if (!name && !home)
		return;
	text_begin(&text, &sh->temp);
	if (name)
		text_string(&text, name);
	else
		text_format(&text, "%s/.sh_history", home);
	sh->history->file = memory_text(text_end(&text), text.len);
	fd = open(sh->history->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	read_file(sh, fd);
	close(fd);
}

void command_history_free(struct shell *sh)
{
	if (!sh->history)
		return;
	while (sh->history->count > 0)
		free(sh->history->entries[--sh->history->count]);
	free(sh->history->entries);
	free(sh->history->file);
	free(sh->history);
	sh->history = NULL;
}

static void append_to_file(const struct command_history *history, const char *text, size_t len)
{
	int fd = history->file && *history->file
	                 ? open(history->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)
	                 : -1;

	if (fd < 0)
		return;
	/* A history that cannot be kept is no reason to disturb the user. */
	if (write(fd, text, len) < 0 || write(fd, "\n", 1) < 0) {
		close(fd);
		return;
	}
	close(fd);
}

void command_history_line(struct shell *sh, const char *text, size_t len, bool continued)
{
	struct command_history *history = sh->history;
	char *last;
	size_t old;

	if (!history)
		return;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (strspn(text, " \t\n") >= len && !continued)
		return;
	append_to_file(history, text, len);
	if (!continued || history->count == 0) {
		add(sh, memory_text(text, len));
		return;
	}
	last = history->entries[history->count - 1];
	old = strlen(last);
	last = memory_resize(last, old + len + 2);
	last[old] = '\n';
	memcpy(last + old + 1, text, len);
	last[old + 1 + len] = 0;
	history->entries[history->count - 1] = last;
}

void command_history_drop_last(struct shell *sh)
{
	if (sh->history && sh->history->count > 0)
		free(sh->history->entries[--sh->history->count]);
}

const char *command_history_at(const struct shell *sh, size_t number)
{
	const struct command_history *history = sh->history;

	if (!history || number < history->first || number >= history->first + history->count)
		return NULL;
	return history->entries[number - history->first];
}

size_t command_history_last(const struct shell *sh)
{
	return sh->history ? sh->history->first + sh->history->count - 1 : 0;
}
