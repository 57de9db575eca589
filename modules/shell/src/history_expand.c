/*
 * References to older commands in a line that was typed: !! is the last one, !n number n, !-n the nth from the end, !text
 * the last that begins with the text. Only at the start of a word outside of quotes and comments, in commands of one line,
 * and not in POSIX mode: there, `!` has no other meaning than the grammar's.
 */
#include "history_expand.h"
#include "message.h"
#include "command_history.h"
#include "shell.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct expanding {
	struct shell *sh;
	struct text text;
	bool has_changed, has_failed;
};

static bool ends_word(char c)
{
	return !c || strchr(" \t;&|<>()'\"`", c) != NULL;
}

/* How many bytes the reference at a `!` has; 0: it is none. */
static size_t reference_len(const char *at)
{
	size_t len = 1 + (at[1] == '-');

	if (at[1] == '!')
		return 2;
	if (isdigit((unsigned char)at[len]))
		return len + strspn(at + len, "0123456789");
	if (at[1] == '-' || !(isalnum((unsigned char)at[1]) || strchr("_./~", at[1])) || !at[1])
		return 0;
	while (!ends_word(at[len]))
		len++;
	return len;
}

/* The entry that a reference (after its `!`) names; 0: none. */
static size_t find(struct shell *sh, const char *name)
{
	size_t last = command_history_last(sh), number;

	if (name[0] == '!')
		return last;
	if (name[0] == '-') {
		number = strtoul(name + 1, NULL, 10);
		return number > 0 && number <= last ? last + 1 - number : 0;
	}
	if (isdigit((unsigned char)name[0]))
		return strtoul(name, NULL, 10);
	return history_search(sh->history, last, name, true, false);
}

static void put_reference(struct expanding *e, const char *at, size_t len)
{
	const char *name = arena_text(&e->sh->temp, at + 1, len - 1);
	const char *entry = history_get(e->sh->history, find(e->sh, name));

	if (!entry) {
		sh_error(e->sh, "!%s: not in the history", name);
		e->has_failed = true;
		return;
	}
	text_string(&e->text, entry);
	e->has_changed = true;
}

/* What stands as it is: a quoted text, a character after a backslash, a comment; else one character. */
static size_t plain_len(const char *at, bool starts_word)
{
	const char *end;

	if (*at == '\'' || *at == '"') {
		for (end = at + 1; *end && *end != *at; end++)
			if (*end == '\\' && *at == '"' && end[1])
				end++;
		return (size_t)(end - at) + (*end != 0);
	}
	if (*at == '#' && starts_word)
		return strlen(at);
	return *at == '\\' && at[1] ? 2 : 1;
}

static void expand(struct expanding *e, const char *at)
{
	bool starts_word = true;

	while (*at && !e->has_failed) {
		size_t len = *at == '!' && starts_word ? reference_len(at) : 0;

		if (len) {
			put_reference(e, at, len);
		} else {
			len = plain_len(at, starts_word);
			text_bytes(&e->text, at, len);
		}
		starts_word = len == 1 && strchr(" \t;&|<>(", *at) != NULL;
		at += len;
	}
}

char *history_expand(struct shell *sh, const char *text)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct expanding e = {.sh = sh};
	char *result = NULL;

	if (!sh->history || sh->options[OPT_POSIX] || !strchr(text, '!') || strchr(text, '\n'))
		return memory_text(text, strlen(text));
	text_begin(&e.text, &sh->temp);
	expand(&e, text);
	text_end(&e.text);
	if (e.has_changed && !e.has_failed)
		sh_tell(sh, "%s", e.text.start);
	if (!e.has_failed)
		result = memory_text(e.text.start, e.text.len);
	arena_release(&sh->temp, mark);
	return result;
}
