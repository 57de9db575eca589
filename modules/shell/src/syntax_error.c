/*
 * Syntax errors. A user at the prompt is shown the place: the line, and a mark below the character that was read last.
 */
#include "message.h"
#include "parser.h"
#include "shell.h"
#include "characters.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MOST 500

/* The last character read that says something; NULL: it is not in what the user typed. */
static const char *find_place(const struct parser *ps)
{
	const char *place = ps->at;

	if (!ps->sh->interactive || !ps->input || !ps->lines || !ps->top || ps->top->below)
		return NULL;
	while (place > ps->lines && strchr(" \t\n", place[-1]))
		place--;
	return place > ps->lines ? place - 1 : NULL;
}

static void show_place(const struct parser *ps, const char *place)
{
	const char *start = place, *end = place;
	struct text text;

	while (start > ps->lines && start[-1] != '\n')
		start--;
	while (end < ps->end && *end != '\n')
		end++;
	if (end - start > LINE_MOST)
		return;
	text_begin(&text, &ps->sh->temp);
	text_format(&text, "  %.*s\n  ", (int)(end - start), start);
	for (const char *at = start; at < place;) {
		text_char(&text, *at == '\t' ? '\t' : ' ');
		at += char_len(at, ps->sh->utf8);
	}
	text_string(&text, "^\n");
	sh_write_errors(ps->sh, text.start, text.len);
}

void syntax_error(struct parser *ps, const char *format, ...)
{
	struct arena_mark mark = arena_mark(&ps->sh->temp);
	const char *place;
	char text[256];
	va_list args;

	if (ps->failed || ps->interrupted)
		return;
	ps->failed = true;
	if (ps->quiet)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ps->sh->line = ps->line;
	sh_error(ps->sh, "syntax error: %s", text);
	place = find_place(ps);
	if (place && !ps->sh->silent)
		show_place(ps, place);
	arena_release(&ps->sh->temp, mark);
}
