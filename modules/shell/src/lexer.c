/*
 * Characters and tokens. Aliases are texts pushed on top of what is read; an alias is not used again while its text
 * is being read, and one that ends in a blank lets the word after it be an alias, too (XCU 2.3.1).
 */
#include "alias.h"
#include "parser.h"
#include "shell.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define IO_DIGITS 8

void *parser_new(struct parser *ps, size_t size)
{
	return memset(arena_alloc(&ps->region->arena, size), 0, size);
}

char *parser_copy(struct parser *ps, const char *text, size_t len)
{
	return arena_text(&ps->region->arena, text, len);
}

void parser_push(struct parser *ps, const char *text, size_t len, struct alias *alias)
{
	struct source *source = memory_new(sizeof(*source));

	if (ps->top) {
		ps->top->at = ps->at;
		ps->top->end = ps->end;
	}
	*source = (struct source){.below = ps->top,
	                          .at = text,
	                          .end = text + len,
	                          .alias = alias,
	                          .place = ps->record.len};
	ps->top = source;
	ps->at = text;
	ps->end = text + len;
}

void source_free(struct source *source)
{
	if (source->alias)
		alias_release(source->alias);
	free(source->owned);
	free(source);
}

void parser_rewind(struct parser *ps, size_t place)
{
	struct record *record = &ps->record;
	struct source **link = &ps->top;
	size_t len = record->len - place;
	char *text = memory_text(record->text + place, len);

	ps->top->at = ps->at;
	ps->top->end = ps->end;
	/* The aliases of what will be read again are put in again. */
	while (*link) {
		struct source *source = *link;

		if (!source->alias || source->place <= place) {
			link = &source->below;
			continue;
		}
		*link = source->below;
		source_free(source);
	}
	ps->at = ps->top->at;
	ps->end = ps->top->end;
	record->len = place;
	parser_push(ps, text, len, NULL);
	ps->top->owned = text;
}

static void source_pop(struct parser *ps)
{
	struct source *source = ps->top;

	ps->top = source->below;
	ps->at = ps->top ? ps->top->at : NULL;
	ps->end = ps->top ? ps->top->end : NULL;
	if (source->ends_in_blank)
		ps->after_alias = true;
	source_free(source);
}

/* More characters, from the source below or from the input. */
bool parser_refill(struct parser *ps)
{
	const char *text;
	size_t len;

	while (ps->top && ps->top->below) {
		source_pop(ps);
		if (ps->at < ps->end)
			return true;
	}
	if (ps->at_end || ps->interrupted || !ps->input)
		return false;
	/* The lines from before are gone when the input is asked. */
	ps->at = ps->end = "";
	ps->lines = NULL;
	switch (ps->input->ops->line(ps->input, ps->continued, &text, &len)) {
	case INPUT_END: ps->at_end = true; return false;
	case INPUT_INTERRUPTED: ps->interrupted = true; return false;
	case INPUT_TEXT: break;
	}
	ps->at = ps->lines = text;
	ps->end = text + len;
	return len > 0;
}

int char_next(struct parser *ps)
{
	int c = char_peek(ps);

	if (c == CHAR_END)
		return c;
	ps->at++;
	if (c == '\n' && !(ps->top && ps->top->alias))
		ps->line++;
	if (ps->record.is_on && (!ps->top->alias || ps->top->is_recorded))
		record_char(&ps->record, (char)c);
	return c;
}

/* The next character once joined lines (backslash, newline) are joined. */
int char_joined(struct parser *ps)
{
	int c = char_peek(ps);

	while (c == '\\' && char_peek2(ps) == '\n') {
		char_next(ps);
		char_next(ps);
		c = char_peek(ps);
	}
	return c;
}

static void skip_blanks(struct parser *ps)
{
	for (;;) {
		int c = char_joined(ps);

		if (c == ' ' || c == '\t' || (c == '\r' && char_peek2(ps) == '\n')) {
			char_next(ps);
		} else if (c == '#') {
			while (c != '\n' && c != CHAR_END) {
				char_next(ps);
				c = char_peek(ps);
			}
		} else {
			return;
		}
	}
}

static bool char_take(struct parser *ps, int wanted)
{
	if (char_joined(ps) != wanted)
		return false;
	char_next(ps);
	return true;
}

static void token_set(struct parser *ps, enum token_kind kind, const char *text)
{
	ps->token.kind = kind;
	ps->token.text = text;
}

static void token_set_redir(struct parser *ps, enum redir_kind redir, const char *text)
{
	token_set(ps, TOKEN_REDIR, text);
	ps->token.redir = redir;
}

static void lex_less(struct parser *ps)
{
	if (char_take(ps, '&')) {
		token_set_redir(ps, REDIR_DUP_IN, "<&");
	} else if (char_take(ps, '>')) {
		token_set_redir(ps, REDIR_READ_WRITE, "<>");
	} else if (!char_take(ps, '<')) {
		token_set_redir(ps, REDIR_READ, "<");
	} else if (char_take(ps, '<')) {
		token_set_redir(ps, REDIR_HERE_STRING, "<<<");
	} else {
		token_set_redir(ps, REDIR_HERE, "<<");
		if (char_take(ps, '-'))
			ps->token.text = "<<-";
	}
}

static void lex_greater(struct parser *ps)
{
	if (char_take(ps, '>'))
		token_set_redir(ps, REDIR_APPEND, ">>");
	else if (char_take(ps, '&'))
		token_set_redir(ps, REDIR_DUP_OUT, ">&");
	else if (char_take(ps, '|'))
		token_set_redir(ps, REDIR_CLOBBER, ">|");
	else
		token_set_redir(ps, REDIR_WRITE, ">");
}

static void lex_and(struct parser *ps)
{
	if (char_take(ps, '&')) {
		token_set(ps, TOKEN_AND_IF, "&&");
	} else if (!ps->sh->options[OPT_POSIX] && char_take(ps, '>')) {
		if (char_take(ps, '>'))
			token_set_redir(ps, REDIR_BOTH_APPEND, "&>>");
		else
			token_set_redir(ps, REDIR_BOTH, "&>");
	} else {
		token_set(ps, TOKEN_AND, "&");
	}
}

static void lex_semicolon(struct parser *ps)
{
	if (char_take(ps, ';'))
		token_set(ps, TOKEN_DOUBLE_SEMICOLON, ";;");
	else if (char_take(ps, '&'))
		token_set(ps, TOKEN_SEMICOLON_AND, ";&");
	else
		token_set(ps, TOKEN_SEMICOLON, ";");
}

static void lex_pipe(struct parser *ps)
{
	if (char_take(ps, '|'))
		token_set(ps, TOKEN_OR_IF, "||");
	else if (char_take(ps, '&'))
		token_set(ps, TOKEN_PIPE_AND, "|&");
	else
		token_set(ps, TOKEN_PIPE, "|");
}

/* Digits right before < or > are a descriptor's number; else they begin a word. */
static void lex_digits_token(struct parser *ps)
{
	char digits[IO_DIGITS + 1];
	int len = 0;

	while (len < IO_DIGITS && isdigit(char_joined(ps)))
		digits[len++] = (char)char_next(ps);
	digits[len] = 0;
	if (char_joined(ps) == '<' || char_joined(ps) == '>') {
		ps->token.number = atoi(digits);
		token_set(ps, TOKEN_IO_NUMBER, "number");
		return;
	}
	ps->token.kind = TOKEN_WORD;
	ps->token.word = lex_word_after(ps, MODE_WORD, digits);
}

static void lex_word_token(struct parser *ps)
{
	if (isdigit(char_peek(ps))) {
		lex_digits_token(ps);
		return;
	}
	ps->token.kind = TOKEN_WORD;
	ps->token.word = lex_word(ps, MODE_WORD);
}

static bool is_process(struct parser *ps)
{
	return !ps->sh->options[OPT_POSIX] && char_peek2(ps) == '(';
}

static void lex_token(struct parser *ps)
{
	int c;

	ps->after_alias = false;
	skip_blanks(ps);
	ps->token = (struct token){.line = ps->line, .after_alias = ps->after_alias};
	c = char_joined(ps);
	if ((c == '<' || c == '>') && is_process(ps)) {
		lex_word_token(ps);
		return;
	}
	switch (c) {
	case CHAR_END: token_set(ps, TOKEN_END, "end of file"); return;
	case '\n': token_set(ps, TOKEN_NEWLINE, "newline"); break;
	case '(': token_set(ps, TOKEN_OPEN, "("); break;
	case ')': token_set(ps, TOKEN_CLOSE, ")"); break;
	case ';':
		char_next(ps);
		lex_semicolon(ps);
		return;
	case '&':
		char_next(ps);
		lex_and(ps);
		return;
	case '|':
		char_next(ps);
		lex_pipe(ps);
		return;
	case '<':
		char_next(ps);
		lex_less(ps);
		return;
	case '>':
		char_next(ps);
		lex_greater(ps);
		return;
	default: lex_word_token(ps); return;
	}
	char_next(ps);
	if (c == '\n' && ps->heredocs)
		heredoc_read_all(ps);
}

struct token *token_peek(struct parser *ps)
{
	if (ps->token.kind == TOKEN_NONE) {
		lex_token(ps);
		if (ps->failed || ps->interrupted)
			token_set(ps, TOKEN_END, "end of file");
		ps->continued = true;
	}
	return &ps->token;
}

void token_take(struct parser *ps)
{
	ps->token.kind = TOKEN_NONE;
}

/* A reserved word where it is one is no alias; `in` is none where a command begins. */
static bool is_reserved_here(const struct parser *ps)
{
	enum reserved reserved = word_reserved(ps->token.word);

	if (reserved == RESERVED_CONDITION || reserved == RESERVED_FUNCTION)
		return !ps->sh->options[OPT_POSIX];
	return reserved != RESERVED_NONE && reserved != RESERVED_IN;
}

/* Puts the alias's text in place of the word; false when it is none, or in use. */
static bool expand_alias(struct parser *ps)
{
	const char *name = word_plain(ps->token.word);
	struct alias *alias;
	struct source *source;
	size_t len;
	char last;

	if (!name || !ps->sh->alias_count)
		return false;
	alias = alias_find(ps->sh, name);
	if (!alias || alias->in_use)
		return false;
	alias_take(alias);
	len = strlen(alias->value);
	last = len > 1 ? alias->value[len - 2] : 0;
	/* A blank after the text ends its last word while the alias is still in use; see alias_set. */
	parser_push(ps, alias->value, last == '\\' ? len - 1 : len, alias);
	source = ps->top;
	source->ends_in_blank = last == ' ' || last == '\t';
	token_take(ps);
	return true;
}

struct token *token_command(struct parser *ps)
{
	struct token *token = token_peek(ps);

	while (token->kind == TOKEN_WORD && !token->alias_checked) {
		if (is_reserved_here(ps) || !expand_alias(ps)) {
			token->alias_checked = true;
			break;
		}
		token = token_peek(ps);
	}
	return token;
}

struct token *token_word(struct parser *ps)
{
	struct token *token = token_peek(ps);

	if (!token->after_alias)
		return token;
	while (token->kind == TOKEN_WORD && expand_alias(ps))
		token = token_peek(ps);
	return token;
}

enum reserved token_reserved(struct parser *ps)
{
	struct token *token = token_command(ps);

	return token->kind == TOKEN_WORD ? word_reserved(token->word) : RESERVED_NONE;
}

void skip_newlines(struct parser *ps)
{
	while (token_command(ps)->kind == TOKEN_NEWLINE)
		token_take(ps);
}

/* The word's text when it is one unquoted piece without expansions. */
const char *word_plain(const struct word *word)
{
	const struct part *part = word->parts;

	if (word->quoted || !part || part->next || part->kind != PART_TEXT)
		return NULL;
	return part->text;
}

void unexpected_token(struct parser *ps, const char *wanted)
{
	const struct token *token = token_peek(ps);
	const char *text = token->text;

	if (token->kind == TOKEN_WORD)
		text = word_plain(token->word) ? word_plain(token->word) : "word";
	if (token->kind == TOKEN_REDIR && !text)
		text = "redirection";
	if (token->kind == TOKEN_END && wanted)
		syntax_error(ps, "unexpected end of file (expecting `%s')", wanted);
	else if (token->kind == TOKEN_END)
		syntax_error(ps, "unexpected end of file");
	else if (wanted)
		syntax_error(ps, "unexpected `%s' (expecting `%s')", text, wanted);
	else
		syntax_error(ps, "unexpected `%s'", text);
}
