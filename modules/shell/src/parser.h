/*
 * The parser: characters to tokens (lexer.c, lex_word.c, heredoc.c) to a syntax tree (parser.c and parse_*.c).
 * One object serves all of it, since in this language each layer has to know what the next one expects.
 */
#pragma once
#include "arena.h"
#include "ast.h"
#include "record.h"
#include "source.h"
#include <stdbool.h>
#include <stddef.h>

struct shell;

enum token_kind {
	TOKEN_NONE,
	TOKEN_END,
	TOKEN_NEWLINE,
	TOKEN_WORD,
	TOKEN_IO_NUMBER,
	TOKEN_SEMICOLON,
	TOKEN_DOUBLE_SEMICOLON,
	TOKEN_SEMICOLON_AND,
	TOKEN_AND,
	TOKEN_AND_IF,
	TOKEN_PIPE,
	TOKEN_PIPE_AND,
	TOKEN_OR_IF,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_REDIR,
};

enum reserved {
	RESERVED_NONE,
	RESERVED_BANG,
	RESERVED_OPEN,
	RESERVED_CLOSE,
	RESERVED_CASE,
	RESERVED_DO,
	RESERVED_DONE,
	RESERVED_ELIF,
	RESERVED_ELSE,
	RESERVED_ESAC,
	RESERVED_FI,
	RESERVED_FOR,
	RESERVED_IF,
	RESERVED_IN,
	RESERVED_THEN,
	RESERVED_UNTIL,
	RESERVED_WHILE,
	RESERVED_CONDITION,
	RESERVED_FUNCTION,
};

struct token {
	enum token_kind kind;
	enum redir_kind redir;
	struct word *word;
	int number; /* of TOKEN_IO_NUMBER */
	int line;
	bool after_alias; /* of an alias that ended in a blank */
	bool alias_checked;
	const char *text; /* of an operator */
};

struct heredoc {
	struct heredoc *next;
	struct redir *redir;
	const char *delimiter;
	bool quoted, strips_tabs;
	const char *body; /* read, with its length and line */
	size_t len;
	int line;
};

struct parser {
	struct shell *sh;
	struct region *region;
	struct input *input; /* NULL: the first source is all there is */

	const char *at, *end; /* of the top source */
	const char *lines;    /* what the input handed out last; NULL: it is gone */
	struct source *top;
	int line;
	bool at_end, interrupted, failed, quiet;
	bool continued;       /* within a command: prompt with PS2 */
	bool after_alias;     /* an alias ending in a blank was just used up */
	struct record record; /* of what may have to be read again */

	struct token token;
	struct heredoc *heredocs, **heredocs_end;
	struct heredoc *bodies; /* read during a try, to be parsed when it has succeeded */
	unsigned depth;
};

#define PARSE_DEPTH 1000

/* A parser of a text (which must stay), or of an input. */
void parser_text(struct parser *ps, struct shell *sh, const char *text, size_t len, int line);
void parser_input(struct parser *ps, struct shell *sh, struct input *input);
void parser_close(struct parser *ps);

enum parse_result {
	PARSE_COMMAND,
	PARSE_EMPTY, /* a blank line */
	PARSE_END,
	PARSE_ERROR, /* told already */
	PARSE_INTERRUPTED,
};

/* One complete command, up to the end of its line. The caller drops the region (also after an error). */
enum parse_result parser_next(struct parser *ps, struct region **out_region,
                              struct node **out_node);

/* Drops what is left of the lines that were read: after an error. */
void parser_recover(struct parser *ps);

/* Whether nothing but blank lines is left of a text. */
bool parser_at_end(const struct parser *ps);

/* --- between the parser's own files --- */

#define CHAR_END (-1)

bool parser_refill(struct parser *ps);
void parser_push(struct parser *ps, const char *text, size_t len, struct alias *alias);
/* Back to a place in the record: what was read since is read again. */
void parser_rewind(struct parser *ps, size_t place);
void source_free(struct source *source);
void *parser_new(struct parser *ps, size_t size);
char *parser_copy(struct parser *ps, const char *text, size_t len);
void syntax_error(struct parser *ps, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline int char_peek(struct parser *ps)
{
	if (ps->at == ps->end && !parser_refill(ps))
		return CHAR_END;
	return (unsigned char)*ps->at;
}

/* The character after the next one. */
static inline int char_peek2(struct parser *ps)
{
	if (char_peek(ps) == CHAR_END || ps->at + 1 == ps->end)
		return CHAR_END;
	return (unsigned char)ps->at[1];
}

int char_next(struct parser *ps);
int char_joined(struct parser *ps);

/* Tokens. */
struct token *token_peek(struct parser *ps);
void token_take(struct parser *ps);

/* The same where a command word may stand: aliases are put in place, reserved words known. */
struct token *token_command(struct parser *ps);
/* The same for another word: only after an alias that ends in a blank. */
struct token *token_word(struct parser *ps);
enum reserved token_reserved(struct parser *ps);
enum reserved word_reserved(const struct word *word);
const char *word_plain(const struct word *word);
void skip_newlines(struct parser *ps);
void unexpected_token(struct parser *ps, const char *wanted);

/* Words. */
enum word_mode {
	MODE_WORD,
	MODE_DELIMITER, /* of a here-document: nothing expands */
	MODE_QUOTED_DELIMITER,
	MODE_BRACE,        /* within ${ }, outside of quotes */
	MODE_SLASH,        /* the same, up to a slash */
	MODE_QUOTED,       /* within "" */
	MODE_QUOTED_BRACE, /* within ${ } within "" */
	MODE_HEREDOC,
	MODE_ARITH,  /* within (( )) */
	MODE_OFFSET, /* within ${x:...}: up to ':' or '}' */
	MODE_INDEX,  /* within [ ] */
	MODE_REGEX,
};

struct word *lex_word(struct parser *ps, enum word_mode mode);

/* The same after some plain characters of it that were taken already. */
struct word *lex_word_after(struct parser *ps, enum word_mode mode, const char *start);
struct word *lex_text_word(struct parser *ps, const char *text, size_t len, int line,
                           enum word_mode mode);
struct arith *lex_arith(struct parser *ps, struct word *word);
void word_finish(struct parser *ps, struct word *word);
void word_split_tildes(struct parser *ps, struct word *word, size_t at, bool is_assignment);

/* While a word is made. */
struct word_builder {
	struct parser *ps;
	struct part *first, **last;
	struct text text;
	bool has_text, text_quoted, quoted;
	bool opened, braces; /* a brace was opened, and closed */
};

void builder_char(struct word_builder *wb, int c, bool quoted);
void builder_part(struct word_builder *wb, struct part part);
void builder_empty(struct word_builder *wb);
bool lex_dollar(struct word_builder *wb, bool quoted);
bool lex_backquote(struct word_builder *wb, bool quoted);
bool lex_process(struct word_builder *wb);
bool lex_param(struct word_builder *wb, bool quoted);
void lex_param_name(struct parser *ps, struct param *param);
bool lex_dollar_quote(struct word_builder *wb);

/* Here-documents: noted when their operator is read, filled in at the end of the line. */
void heredoc_note(struct parser *ps, struct redir *redir, struct word *delimiter, bool strips_tabs);
void heredoc_read_all(struct parser *ps);
void heredoc_parse_bodies(struct parser *ps);

/* Commands. */
struct node *parse_list(struct parser *ps, bool in_line);
struct node *parse_and_or(struct parser *ps);
struct node *parse_pipeline(struct parser *ps);
struct node *parse_command(struct parser *ps);
struct node *parse_compound_list(struct parser *ps);
struct node *parse_simple(struct parser *ps);
struct node *parse_function(struct parser *ps, struct word *name, bool has_parens);
struct node *parse_condition(struct parser *ps);
struct node *parse_substitution(struct parser *ps);
struct node *parse_text(struct parser *ps, const char *text, size_t len, int line);
struct redir *parse_redir(struct parser *ps);
bool at_redir(struct parser *ps);
struct redir *parse_redirs(struct parser *ps);
struct assign *parse_assignment(struct parser *ps, struct word *word);
void *node_new(struct parser *ps, enum node_kind kind, size_t size);
bool expect_reserved(struct parser *ps, enum reserved reserved, const char *name);
