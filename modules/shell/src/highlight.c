/*
 * Colours: the pieces of the command (command_text.c) by kind, names of commands that are there, and within words what is
 * quoted and which variables are named. Runs at each key, so it looks at no files but for commands' names.
 */
#include "highlight.h"
#include "alias.h"
#include "command.h"
#include "command_text.h"
#include "edit/edit.h"
#include "shell.h"
#include <ctype.h>
#include <string.h>
#include <unistd.h>

static bool is_known(struct shell *sh, const char *name)
{
	const char *path = var_value(sh, sh->vars.path);

	if (strpbrk(name, "'\"\\$`*?[~"))
		return false;
	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	return alias_find(sh, name) || command_is_defined(sh, name) ||
	       (path && command_search(sh, name, path));
}

/* $name, ${...}, $1 and the like: how many bytes; 0: none. */
static size_t variable_len(const char *at, size_t left)
{
	size_t len = 1;

	if (left < 2 || *at != '$')
		return 0;
	if (at[1] == '{') {
		while (len < left && at[len] != '}')
			len++;
		return len < left ? len + 1 : left;
	}
	while (len < left && (isalnum((unsigned char)at[len]) || at[len] == '_'))
		len++;
	return len > 1 ? len : strchr("@*#?-$!", at[1]) ? 2 : 0;
}

/* A word that is no command's name; quote: open at its start. */
static void style_word(const char *text, const struct piece *piece, char quote, uint8_t *styles)
{
	for (size_t at = piece->start; at < piece->end; at++) {
		size_t variable = quote == '\'' ? 0 : variable_len(text + at, piece->end - at);
		bool is_quote = quote ? text[at] == quote : text[at] == '\'' || text[at] == '"';

		if (variable) {
			memset(styles + at, EDITOR_VARIABLE, variable);
			at += variable - 1;
			continue;
		}
		if (quote || is_quote)
			styles[at] = EDITOR_STRING;
		if (text[at] == '\\' && quote != '\'' && at + 1 < piece->end)
			styles[++at] = quote ? EDITOR_STRING : EDITOR_PLAIN;
		else if (is_quote)
			quote = quote ? 0 : text[at];
	}
}

static void style_piece(struct shell *sh, const char *text, const struct piece *piece, char quote,
                        uint8_t *styles)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	size_t len = piece->end - piece->start;
	enum editor_style style = EDITOR_PLAIN;

	if (piece->kind == PIECE_OPERATOR || piece->kind == PIECE_REDIR)
		style = EDITOR_OPERATOR;
	else if (piece->kind == PIECE_COMMENT)
		style = EDITOR_COMMENT;
	else if (piece->is_reserved)
		style = EDITOR_KEYWORD;
	else if (piece->is_command && is_known(sh, arena_text(&sh->temp, text + piece->start, len)))
		style = EDITOR_COMMAND;
	if (style != EDITOR_PLAIN)
		memset(styles + piece->start, style, len);
	else if (piece->kind == PIECE_WORD)
		style_word(text, piece, quote, styles);
	arena_release(&sh->temp, mark);
}

void highlight_command(struct shell *sh, const char *text, size_t len, uint8_t *styles)
{
	struct pieces pieces;
	struct piece piece;
	char quote = 0;

	pieces_begin(&pieces, text, len);
	for (; pieces_next(&pieces, &piece); quote = pieces.quote)
		style_piece(sh, text, &piece, quote, styles);
}
