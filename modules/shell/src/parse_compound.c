/*
 * Compound commands and function definitions.
 */
#include "command.h"
#include "parser.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>

/* In the order of enum reserved. */
static const char *const reserved_names[] = {
	"",   "!",   "{",  "}",  "case", "do",    "done",  "elif", "else",     "esac",
	"fi", "for", "if", "in", "then", "until", "while", "[[",   "function",
};

enum reserved word_reserved(const struct word *word)
{
	const char *text = word_plain(word);

	/* All of them begin with one of these; most words do not. */
	if (!text || !text[0] || !strchr("!{}cdefituw[", text[0]))
		return RESERVED_NONE;
	for (size_t i = 1; i < sizeof(reserved_names) / sizeof(*reserved_names); i++)
		if (strcmp(text, reserved_names[i]) == 0)
			return (enum reserved)i;
	return RESERVED_NONE;
}

bool expect_reserved(struct parser *ps, enum reserved reserved, const char *name)
{
	if (token_reserved(ps) != reserved) {
		unexpected_token(ps, name);
		return false;
	}
	token_take(ps);
	return true;
}

static struct node *parse_group(struct parser *ps)
{
	struct group_node *node = node_new(ps, NODE_GROUP, sizeof(*node));

	token_take(ps);
	node->body = parse_compound_list(ps);
	return expect_reserved(ps, RESERVED_CLOSE, "}") ? &node->node : NULL;
}

static struct node *parse_subshell(struct parser *ps)
{
	struct group_node *node = node_new(ps, NODE_SUBSHELL, sizeof(*node));

	token_take(ps);
	node->body = parse_compound_list(ps);
	if (token_peek(ps)->kind != TOKEN_CLOSE) {
		unexpected_token(ps, ")");
		return NULL;
	}
	token_take(ps);
	return &node->node;
}

/* At if or elif. */
static struct node *parse_if(struct parser *ps)
{
	struct if_node *first = NULL, *last = NULL;
	enum reserved reserved;

	do {
		struct if_node *node = node_new(ps, NODE_IF, sizeof(*node));

		token_take(ps);
		node->condition = parse_compound_list(ps);
		if (!expect_reserved(ps, RESERVED_THEN, "then"))
			return NULL;
		node->then_part = parse_compound_list(ps);
		if (last)
			last->else_part = &node->node;
		else
			first = node;
		last = node;
		reserved = token_reserved(ps);
	} while (reserved == RESERVED_ELIF);
	if (reserved == RESERVED_ELSE) {
		token_take(ps);
		last->else_part = parse_compound_list(ps);
	}
	return expect_reserved(ps, RESERVED_FI, "fi") ? &first->node : NULL;
}

static struct node *parse_do_group(struct parser *ps)
{
	struct node *body;

	if (!expect_reserved(ps, RESERVED_DO, "do"))
		return NULL;
	body = parse_compound_list(ps);
	return expect_reserved(ps, RESERVED_DONE, "done") ? body : NULL;
}

static struct node *parse_while(struct parser *ps, enum node_kind kind)
{
	struct while_node *node = node_new(ps, kind, sizeof(*node));

	token_take(ps);
	node->condition = parse_compound_list(ps);
	node->body = parse_do_group(ps);
	return node->body ? &node->node : NULL;
}

/* "1..3", which is no name and so cannot be a loop of the standard's. */
static bool parse_range(const char *text, struct repeat_node *node)
{
	char *end;

	if (!text || !strstr(text, ".."))
		return false;
	node->first = strtoll(text, &end, 10);
	if (end == text || strncmp(end, "..", 2) != 0)
		return false;
	text = end + 2;
	node->last = strtoll(text, &end, 10);
	return end != text && !*end;
}

static struct node *parse_repeat(struct parser *ps, struct repeat_node *node)
{
	token_take(ps);
	if (token_peek(ps)->kind == TOKEN_SEMICOLON)
		token_take(ps);
	skip_newlines(ps);
	node->body = token_reserved(ps) == RESERVED_DO ? parse_do_group(ps) : parse_command(ps);
	return node->body ? &node->node : NULL;
}

static void parse_for_words(struct parser *ps, struct for_node *node)
{
	struct word **last = &node->words;

	node->has_list = true;
	token_take(ps);
	while (token_peek(ps)->kind == TOKEN_WORD) {
		*last = ps->token.word;
		last = &(*last)->next;
		token_take(ps);
	}
	if (ps->token.kind != TOKEN_SEMICOLON && ps->token.kind != TOKEN_NEWLINE)
		unexpected_token(ps, "do");
	token_take(ps);
}

static void skip_newlines_plain(struct parser *ps)
{
	while (token_peek(ps)->kind == TOKEN_NEWLINE)
		token_take(ps);
}

static struct node *parse_for(struct parser *ps)
{
	struct for_node *node = node_new(ps, NODE_FOR, sizeof(*node));
	struct repeat_node *repeat = node_new(ps, NODE_REPEAT, sizeof(*repeat));
	const char *name;

	token_take(ps);
	if (token_word(ps)->kind != TOKEN_WORD) {
		unexpected_token(ps, "name");
		return NULL;
	}
	name = word_plain(ps->token.word);
	if (!ps->sh->options[OPT_POSIX] && parse_range(name, repeat))
		return parse_repeat(ps, repeat);
	if (!name || !var_is_name(name)) {
		syntax_error(ps, "bad for loop variable");
		return NULL;
	}
	node->var = var_slot(ps->sh, name, strlen(name));
	token_take(ps);
	if (token_peek(ps)->kind == TOKEN_SEMICOLON) {
		token_take(ps);
		skip_newlines(ps);
	} else {
		skip_newlines_plain(ps);
		if (ps->token.kind == TOKEN_WORD && word_reserved(ps->token.word) == RESERVED_IN)
			parse_for_words(ps, node);
		skip_newlines(ps);
	}
	node->body = parse_do_group(ps);
	return node->body ? &node->node : NULL;
}

static bool parse_patterns(struct parser *ps, struct case_item *item)
{
	struct word **last = &item->patterns;

	for (;;) {
		if (token_peek(ps)->kind != TOKEN_WORD) {
			unexpected_token(ps, NULL);
			return false;
		}
		*last = ps->token.word;
		last = &(*last)->next;
		token_take(ps);
		if (token_peek(ps)->kind == TOKEN_CLOSE)
			break;
		if (ps->token.kind != TOKEN_PIPE) {
			unexpected_token(ps, ")");
			return false;
		}
		token_take(ps);
	}
	token_take(ps);
	return true;
}

static struct case_item *parse_case_item(struct parser *ps)
{
	struct case_item *item = parser_new(ps, sizeof(*item));

	if (token_peek(ps)->kind == TOKEN_OPEN)
		token_take(ps);
	if (!parse_patterns(ps, item))
		return NULL;
	item->body = parse_list(ps, false);
	if (token_peek(ps)->kind == TOKEN_DOUBLE_SEMICOLON ||
	    ps->token.kind == TOKEN_SEMICOLON_AND) {
		item->falls_through = ps->token.kind == TOKEN_SEMICOLON_AND;
		token_take(ps);
	} else if (token_reserved(ps) != RESERVED_ESAC) {
		unexpected_token(ps, ";;");
	}
	return item;
}

static bool at_esac(struct parser *ps)
{
	return token_peek(ps)->kind == TOKEN_WORD && word_reserved(ps->token.word) == RESERVED_ESAC;
}

static struct node *parse_case(struct parser *ps)
{
	struct case_node *node = node_new(ps, NODE_CASE, sizeof(*node));
	struct case_item **last = &node->items;

	token_take(ps);
	if (token_word(ps)->kind != TOKEN_WORD) {
		unexpected_token(ps, "word");
		return NULL;
	}
	node->word = ps->token.word;
	token_take(ps);
	skip_newlines_plain(ps);
	if (ps->token.kind != TOKEN_WORD || word_reserved(ps->token.word) != RESERVED_IN) {
		unexpected_token(ps, "in");
		return NULL;
	}
	token_take(ps);
	skip_newlines_plain(ps);
	while (!at_esac(ps)) {
		*last = parse_case_item(ps);
		if (!*last || ps->failed)
			return NULL;
		last = &(*last)->next;
		skip_newlines_plain(ps);
	}
	token_take(ps);
	return &node->node;
}

struct node *parse_function(struct parser *ps, struct word *name, bool has_parens)
{
	struct function_node *node = node_new(ps, NODE_FUNCTION, sizeof(*node));
	const char *text = name ? word_plain(name) : NULL;

	if (!text) {
		syntax_error(ps, "bad function name");
		return NULL;
	}
	node->command = command_slot(ps->sh, text);
	if (ps->sh->options[OPT_POSIX] &&
	    (!var_is_name(text) || command_is_special(node->command))) {
		syntax_error(ps, "bad function name `%s'", text);
		return NULL;
	}
	if (has_parens) {
		token_take(ps);
		if (token_peek(ps)->kind != TOKEN_CLOSE) {
			unexpected_token(ps, ")");
			return NULL;
		}
		token_take(ps);
	}
	skip_newlines(ps);
	node->region = ps->region;
	node->body = parse_command(ps);
	if (node->body && node->body->kind == NODE_SIMPLE && ps->sh->options[OPT_POSIX])
		syntax_error(ps, "a function's body must be a compound command");
	return node->body ? &node->node : NULL;
}

static struct node *parse_function_keyword(struct parser *ps)
{
	struct word *name;

	token_take(ps);
	name = token_peek(ps)->kind == TOKEN_WORD ? ps->token.word : NULL;
	if (name)
		token_take(ps);
	return parse_function(ps, name, token_peek(ps)->kind == TOKEN_OPEN);
}

/* A compound command by its first word; NULL with *out_simple: it is none. */
static struct node *parse_reserved(struct parser *ps, bool *out_simple)
{
	switch (token_reserved(ps)) {
	case RESERVED_OPEN: return parse_group(ps);
	case RESERVED_CASE: return parse_case(ps);
	case RESERVED_FOR: return parse_for(ps);
	case RESERVED_IF: return parse_if(ps);
	case RESERVED_UNTIL: return parse_while(ps, NODE_UNTIL);
	case RESERVED_WHILE: return parse_while(ps, NODE_WHILE);
	case RESERVED_CONDITION:
		if (!ps->sh->options[OPT_POSIX])
			return parse_condition(ps);
		break;
	case RESERVED_FUNCTION:
		if (!ps->sh->options[OPT_POSIX])
			return parse_function_keyword(ps);
		break;
	case RESERVED_NONE:
	case RESERVED_IN: break;
	default: unexpected_token(ps, NULL); return NULL;
	}
	*out_simple = true;
	return NULL;
}

static struct node *with_redirs(struct parser *ps, struct node *node)
{
	struct group_node *group;

	if (!node || node->kind == NODE_FUNCTION || !at_redir(ps))
		return node;
	if (node->kind != NODE_SUBSHELL && node->kind != NODE_GROUP) {
		group = node_new(ps, NODE_GROUP, sizeof(*group));
		group->body = node;
		group->node.line = node->line;
		node = &group->node;
	}
	group = (struct group_node *)node;
	group->redirs = parse_redirs(ps);
	return node;
}

struct node *parse_command(struct parser *ps)
{
	bool is_simple = false;
	struct node *node;

	if (++ps->depth > PARSE_DEPTH) {
		syntax_error(ps, "nested too deeply");
		return NULL;
	}
	if (token_command(ps)->kind == TOKEN_OPEN)
		node = with_redirs(ps, parse_subshell(ps));
	else
		node = with_redirs(ps, parse_reserved(ps, &is_simple));
	if (is_simple)
		node = parse_simple(ps);
	ps->depth--;
	return ps->failed ? NULL : node;
}
