/*
 * [[ expression ]]: parsed into a tree, so that && || ! ( ) < > are operators and words are neither split nor
 * globbed.
 */
#include "parser.h"
#include "shell.h"
#include <string.h>

static struct condition *parse_or(struct parser *ps);

static struct condition *condition_new(struct parser *ps, enum condition_kind kind)
{
	struct condition *condition = parser_new(ps, sizeof(*condition));

	condition->kind = kind;
	return condition;
}

static const char *peek_plain(struct parser *ps)
{
	const char *text;

	if (token_peek(ps)->kind != TOKEN_WORD)
		return "";
	text = word_plain(ps->token.word);
	return text ? text : "";
}

static bool is_unary(const char *text)
{
	return text[0] == '-' && text[1] && !text[2] &&
	       strchr("abcdefghknoprstuvwxzGLNOS", text[1]);
}

/* The operator between two words, or NULL. */
static const char *binary_operator(struct parser *ps)
{
	static const char *const names[] = {"=",   "==",  "!=",  "=~",  "-eq", "-ne", "-lt",
	                                    "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};
	const char *text = peek_plain(ps);

	if (ps->token.kind == TOKEN_REDIR)
		return ps->token.redir == REDIR_READ    ? "<"
		       : ps->token.redir == REDIR_WRITE ? ">"
		                                        : NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(text, names[i]) == 0)
			return names[i];
	return NULL;
}

static struct word *take_operand(struct parser *ps)
{
	struct word *word;

	if (token_peek(ps)->kind != TOKEN_WORD || strcmp(peek_plain(ps), "]]") == 0) {
		unexpected_token(ps, "word");
		return NULL;
	}
	word = ps->token.word;
	token_take(ps);
	return word;
}

/* A regular expression: parentheses and bars belong to it. */
static struct word *take_regex(struct parser *ps)
{
	struct word *word;

	while (char_joined(ps) == ' ' || char_joined(ps) == '\t')
		char_next(ps);
	word = lex_word(ps, MODE_REGEX);
	if (!word->parts)
		syntax_error(ps, "unexpected end of a condition");
	return word;
}

static struct condition *parse_words(struct parser *ps)
{
	struct condition *condition = condition_new(ps, COND_WORD);
	const char *text = peek_plain(ps);

	condition->first = take_operand(ps);
	if (ps->failed)
		return NULL;
	if (is_unary(text) && token_peek(ps)->kind == TOKEN_WORD &&
	    strcmp(peek_plain(ps), "]]") != 0 && !binary_operator(ps)) {
		condition->kind = COND_UNARY;
		condition->op = text;
		condition->first = take_operand(ps);
		return condition;
	}
	condition->op = binary_operator(ps);
	if (!condition->op)
		return condition;
	token_take(ps);
	condition->kind = COND_BINARY;
	condition->second = strcmp(condition->op, "=~") == 0 ? take_regex(ps) : take_operand(ps);
	return condition;
}

static struct condition *parse_primary(struct parser *ps)
{
	struct condition *condition;

	if (++ps->depth > PARSE_DEPTH) {
		syntax_error(ps, "nested too deeply");
		return NULL;
	}
	skip_newlines(ps);
	if (strcmp(peek_plain(ps), "!") == 0) {
		token_take(ps);
		condition = condition_new(ps, COND_NOT);
		condition->left = parse_primary(ps);
	} else if (token_peek(ps)->kind == TOKEN_OPEN) {
		token_take(ps);
		condition = parse_or(ps);
		if (token_peek(ps)->kind != TOKEN_CLOSE)
			unexpected_token(ps, ")");
		token_take(ps);
	} else {
		condition = parse_words(ps);
	}
	ps->depth--;
	while (!ps->failed && token_peek(ps)->kind == TOKEN_NEWLINE)
		token_take(ps);
	return ps->failed ? NULL : condition;
}

/* A chain of one operator, whose operands the next function parses. It leans to the right. */
static struct condition *parse_chain(struct parser *ps, enum token_kind token,
                                     enum condition_kind kind,
                                     struct condition *(*operand)(struct parser *ps))
{
	struct condition *result = operand(ps), **slot = &result;

	while (*slot && token_peek(ps)->kind == token) {
		struct condition *both = condition_new(ps, kind);

		token_take(ps);
		both->left = *slot;
		*slot = both;
		slot = &both->right;
		*slot = operand(ps);
	}
	return *slot ? result : NULL;
}

static struct condition *parse_and(struct parser *ps)
{
	return parse_chain(ps, TOKEN_AND_IF, COND_AND, parse_primary);
}

static struct condition *parse_or(struct parser *ps)
{
	return parse_chain(ps, TOKEN_OR_IF, COND_OR, parse_and);
}

struct node *parse_condition(struct parser *ps)
{
	struct condition_node *node = node_new(ps, NODE_CONDITION, sizeof(*node));

	token_take(ps);
	node->condition = parse_or(ps);
	if (ps->failed)
		return NULL;
	if (strcmp(peek_plain(ps), "]]") != 0) {
		unexpected_token(ps, "]]");
		return NULL;
	}
	token_take(ps);
	return &node->node;
}
