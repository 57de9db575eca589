/*
 * Commands, lists and pipelines of the grammar (XCU 2.10), by recursive descent. A complete command is parsed into a
 * region of its own, which the caller drops when it has run; functions defined in it keep it.
 */
#include "parser.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>

void parser_text(struct parser *ps, struct shell *sh, const char *text, size_t len, int line)
{
	*ps = (struct parser){.sh = sh, .line = line};
	parser_push(ps, text, len, NULL);
}

void parser_input(struct parser *ps, struct shell *sh, struct input *input)
{
	*ps = (struct parser){.sh = sh, .line = 1, .input = input};
	parser_push(ps, "", 0, NULL);
}

/* Lets go of all sources above the first. */
static void drop_sources(struct parser *ps, struct source *keep)
{
	while (ps->top && ps->top != keep) {
		struct source *source = ps->top;

		ps->top = source->below;
		source_free(source);
	}
}

void parser_close(struct parser *ps)
{
	drop_sources(ps, NULL);
	record_free(&ps->record);
	if (ps->input)
		input_close(ps->input);
}

void parser_recover(struct parser *ps)
{
	struct source *bottom = ps->top;

	while (bottom && bottom->below)
		bottom = bottom->below;
	drop_sources(ps, bottom);
	ps->at = ps->end = "";
	ps->lines = NULL;
	record_reset(&ps->record);
	ps->depth = 0;
}

enum parse_result parser_next(struct parser *ps, struct region **out_region, struct node **out_node)
{
	enum token_kind kind;

	*out_region = ps->region = region_new();
	*out_node = NULL;
	ps->token.kind = TOKEN_NONE;
	ps->failed = ps->interrupted = ps->continued = false;
	ps->heredocs = NULL;
	ps->bodies = NULL;
	record_reset(&ps->record);
	kind = token_command(ps)->kind;
	if (kind == TOKEN_NEWLINE)
		return PARSE_EMPTY;
	if (kind == TOKEN_END && !ps->failed && !ps->interrupted)
		return PARSE_END;
	if (!ps->failed && !ps->interrupted) {
		*out_node = parse_list(ps, true);
		kind = token_peek(ps)->kind;
		if (kind != TOKEN_NEWLINE && kind != TOKEN_END)
			unexpected_token(ps, NULL);
		if (ps->heredocs)
			heredoc_read_all(ps);
	}
	if (!ps->failed && !ps->interrupted)
		return PARSE_COMMAND;
	parser_recover(ps);
	return ps->interrupted ? PARSE_INTERRUPTED : PARSE_ERROR;
}

bool parser_at_end(const struct parser *ps)
{
	const char *at = ps->at;

	if (ps->input || (ps->top && ps->top->below))
		return false;
	while (at < ps->end && (*at == '\n' || *at == ' ' || *at == '\t'))
		at++;
	return at == ps->end;
}

/* All of a text as one list, in the same region. */
struct node *parse_text(struct parser *ps, const char *text, size_t len, int line)
{
	struct parser sub;
	struct node *node;

	parser_text(&sub, ps->sh, text, len, line);
	sub.region = ps->region;
	sub.depth = ps->depth + 1;
	sub.quiet = ps->quiet;
	node = parse_list(&sub, false);
	if (token_peek(&sub)->kind != TOKEN_END)
		unexpected_token(&sub, NULL);
	if (sub.heredocs)
		heredoc_read_all(&sub);
	ps->failed |= sub.failed;
	parser_close(&sub);
	return node;
}

/* The list of $( ), up to its parenthesis. Here-documents without a body yet are left to the line's end. */
struct node *parse_substitution(struct parser *ps)
{
	struct token token = ps->token;
	struct heredoc *heredocs = ps->heredocs, **heredocs_end = ps->heredocs_end;
	bool continued = ps->continued;
	struct node *node;

	ps->token.kind = TOKEN_NONE;
	ps->heredocs = NULL;
	ps->continued = true;
	node = parse_list(ps, false);
	if (token_peek(ps)->kind != TOKEN_CLOSE)
		unexpected_token(ps, ")");
	if (heredocs) {
		*heredocs_end = ps->heredocs;
		if (!ps->heredocs)
			ps->heredocs_end = heredocs_end;
		ps->heredocs = heredocs;
	}
	ps->token = token;
	ps->continued = continued;
	return node;
}

void *node_new(struct parser *ps, enum node_kind kind, size_t size)
{
	struct node *node = parser_new(ps, size);

	node->kind = kind;
	node->line = ps->token.kind == TOKEN_NONE ? ps->line : ps->token.line;
	return node;
}

static bool ends_list(struct parser *ps)
{
	enum token_kind kind = token_command(ps)->kind;

	if (kind == TOKEN_END || kind == TOKEN_CLOSE || kind == TOKEN_DOUBLE_SEMICOLON ||
	    kind == TOKEN_SEMICOLON_AND)
		return true;
	switch (token_reserved(ps)) {
	case RESERVED_CLOSE:
	case RESERVED_DO:
	case RESERVED_DONE:
	case RESERVED_ELIF:
	case RESERVED_ELSE:
	case RESERVED_ESAC:
	case RESERVED_FI:
	case RESERVED_THEN: return true;
	default: return false;
	}
}

static struct node *parse_background(struct parser *ps, struct node *left)
{
	struct binary_node *node = node_new(ps, NODE_BACKGROUND, sizeof(*node));

	node->left = left;
	node->node.line = left->line;
	return &node->node;
}

/* The separator after a command; true: the list goes on. */
static bool parse_separator(struct parser *ps, struct node **command, bool in_line)
{
	enum token_kind kind = token_peek(ps)->kind;

	if (kind == TOKEN_AND)
		*command = parse_background(ps, *command);
	if (kind == TOKEN_AND || kind == TOKEN_SEMICOLON)
		token_take(ps);
	else if (kind != TOKEN_NEWLINE)
		return false;
	if (!in_line)
		skip_newlines(ps);
	return token_command(ps)->kind != TOKEN_NEWLINE && !ends_list(ps);
}

/* Commands up to the end of the line, or up to what ends a compound list. NULL: there is none. */
struct node *parse_list(struct parser *ps, bool in_line)
{
	struct node *result = NULL, **slot = &result;

	if (!in_line)
		skip_newlines(ps);
	if (ends_list(ps) && !in_line)
		return NULL;
	for (;;) {
		struct node *command = parse_and_or(ps);
		bool more;

		if (!command)
			return NULL;
		more = parse_separator(ps, &command, in_line);
		if (*slot) {
			struct binary_node *list = node_new(ps, NODE_LIST, sizeof(*list));

			list->left = *slot;
			list->right = command;
			*slot = &list->node;
			slot = &list->right;
		} else {
			*slot = command;
		}
		if (!more || ps->failed)
			return result;
	}
}

/* A list that must not be empty. */
struct node *parse_compound_list(struct parser *ps)
{
	struct node *node = parse_list(ps, false);

	if (!node && !ps->failed)
		unexpected_token(ps, NULL);
	return node;
}

/* A chain a && b || c leans to the right; it is run from left to right all the same (exec.c). */
struct node *parse_and_or(struct parser *ps)
{
	struct node *result = NULL, **slot = &result;

	*slot = parse_pipeline(ps);
	while (*slot) {
		enum token_kind kind = token_peek(ps)->kind;
		struct binary_node *node;

		if (kind != TOKEN_AND_IF && kind != TOKEN_OR_IF)
			return result;
		token_take(ps);
		skip_newlines(ps);
		node = node_new(ps, kind == TOKEN_AND_IF ? NODE_AND : NODE_OR, sizeof(*node));
		node->left = *slot;
		*slot = &node->node;
		slot = &node->right;
		*slot = parse_pipeline(ps);
	}
	return NULL;
}

/* |& is 2>&1 | */
static struct node *with_errors(struct parser *ps, struct node *command)
{
	struct redir *redir = parser_new(ps, sizeof(*redir)), **last;
	struct group_node *group;

	redir->kind = REDIR_DUP_OUT;
	redir->fd = 2;
	redir->word = lex_text_word(ps, "1", 1, ps->line, MODE_WORD);
	if (command->kind == NODE_SIMPLE) {
		last = &((struct simple_node *)command)->redirs;
	} else {
		group = node_new(ps, NODE_GROUP, sizeof(*group));
		group->body = command;
		command = &group->node;
		last = &group->redirs;
	}
	while (*last)
		last = &(*last)->next;
	*last = redir;
	return command;
}

struct command_list {
	struct node **list;
	unsigned count, cap;
};

static void commands_add(struct parser *ps, struct command_list *commands, struct node *command)
{
	struct node **larger;

	if (commands->count == commands->cap) {
		commands->cap = commands->cap ? commands->cap * 2 : 4;
		larger = parser_new(ps, commands->cap * sizeof(*larger));
		if (commands->count)
			memcpy(larger, commands->list, commands->count * sizeof(*larger));
		commands->list = larger;
	}
	commands->list[commands->count++] = command;
}

static struct node *parse_pipes(struct parser *ps)
{
	struct command_list commands = {NULL, 0, 0};
	struct node *command = parse_command(ps);
	struct pipeline_node *pipeline;
	enum token_kind kind;

	for (;;) {
		if (!command)
			return NULL;
		kind = token_peek(ps)->kind;
		if (kind != TOKEN_PIPE && kind != TOKEN_PIPE_AND)
			break;
		if (kind == TOKEN_PIPE_AND)
			command = with_errors(ps, command);
		commands_add(ps, &commands, command);
		token_take(ps);
		skip_newlines(ps);
		command = parse_command(ps);
	}
	if (commands.count == 0)
		return command;
	commands_add(ps, &commands, command);
	pipeline = node_new(ps, NODE_PIPELINE, sizeof(*pipeline));
	pipeline->commands = commands.list;
	pipeline->count = commands.count;
	pipeline->node.line = commands.list[0]->line;
	return &pipeline->node;
}

struct node *parse_pipeline(struct parser *ps)
{
	struct binary_node *negation;
	bool negated = false, any = false;
	struct node *node;

	while (token_reserved(ps) == RESERVED_BANG) {
		token_take(ps);
		negated = !negated;
		any = true;
	}
	node = parse_pipes(ps);
	if (!node || !any)
		return node;
	negation = node_new(ps, NODE_NOT, sizeof(*negation));
	negation->left = node;
	negation->node.line = node->line;
	if (negated)
		return &negation->node;
	/* "! !" takes itself back, but what is run is tested all the same (set -e). */
	struct binary_node *second = node_new(ps, NODE_NOT, sizeof(*second));

	second->left = &negation->node;
	second->node.line = node->line;
	return &second->node;
}
