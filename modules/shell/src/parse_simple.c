/*
 * Simple commands: assignments, words and redirections, in any order up to the first word.
 */
#include "arith.h"
#include "command.h"
#include "message.h"
#include "parser.h"
#include "shell.h"
#include <string.h>

static bool redir_default_in(enum redir_kind kind)
{
	return kind == REDIR_READ || kind == REDIR_READ_WRITE || kind == REDIR_DUP_IN ||
	       kind == REDIR_HERE || kind == REDIR_HERE_STRING;
}

bool at_redir(struct parser *ps)
{
	enum token_kind kind = token_peek(ps)->kind;

	return kind == TOKEN_REDIR || kind == TOKEN_IO_NUMBER;
}

struct redir *parse_redir(struct parser *ps)
{
	struct redir *redir = parser_new(ps, sizeof(*redir));
	bool strips_tabs;

	redir->fd = -1;
	if (token_peek(ps)->kind == TOKEN_IO_NUMBER) {
		redir->fd = ps->token.number;
		token_take(ps);
	}
	if (token_peek(ps)->kind != TOKEN_REDIR) {
		unexpected_token(ps, NULL);
		return NULL;
	}
	redir->kind = ps->token.redir;
	strips_tabs = strcmp(ps->token.text, "<<-") == 0;
	if (redir->fd < 0)
		redir->fd = redir_default_in(redir->kind) ? 0 : 1;
	token_take(ps);
	if (redir->kind == REDIR_HERE) {
		/* The delimiter is a word in which nothing expands. */
		while (char_joined(ps) == ' ' || char_joined(ps) == '\t')
			char_next(ps);
		ps->token = (struct token){.kind = TOKEN_WORD, .line = ps->line};
		ps->token.word = lex_word(ps, MODE_DELIMITER);
		if (!ps->token.word->parts) {
			token_take(ps);
			unexpected_token(ps, NULL);
			return NULL;
		}
		heredoc_note(ps, redir, ps->token.word, strips_tabs);
		token_take(ps);
		return redir;
	}
	if (token_peek(ps)->kind != TOKEN_WORD) {
		unexpected_token(ps, NULL);
		return NULL;
	}
	redir->word = ps->token.word;
	token_take(ps);
	return redir;
}

struct redir *parse_redirs(struct parser *ps)
{
	struct redir *first = NULL, **last = &first;

	while (at_redir(ps)) {
		*last = parse_redir(ps);
		if (!*last)
			break;
		last = &(*last)->next;
	}
	return first;
}

/* A word as an assignment: its name, its index, and where the value begins. */
struct assign_head {
	size_t name_len;
	bool append, has_index;
	struct part *index_end; /* has the ']' */
	size_t index_at;        /* where in that part */
	struct part *value;     /* has the '=' */
	size_t value_at;        /* after it */
};

/* The ']' after name[, perhaps in a later part. */
static bool find_index(struct part *part, size_t at, struct assign_head *head)
{
	for (; part; part = part->next, at = 0) {
		const char *end = part->kind == PART_TEXT && !part->quoted
		                          ? memchr(part->text + at, ']', part->len - at)
		                          : NULL;

		if (!end)
			continue;
		head->has_index = true;
		head->index_end = part;
		head->index_at = (size_t)(end - part->text);
		return true;
	}
	return false;
}

static bool assign_head(const struct parser *ps, const struct word *word, struct assign_head *head)
{
	bool is_posix = ps->sh->options[OPT_POSIX];
	struct part *part = word->parts;
	size_t at;

	memset(head, 0, sizeof(*head));
	if (!part || part->kind != PART_TEXT || part->quoted)
		return false;
	at = head->name_len = var_name_len(part->text);
	if (at == 0)
		return false;
	if (part->text[at] == '[' && !is_posix) {
		if (!find_index(part, at + 1, head))
			return false;
		part = head->index_end;
		at = head->index_at + 1;
	}
	if (part->text[at] == '+' && !is_posix) {
		head->append = true;
		at++;
	}
	head->value = part;
	head->value_at = at + 1;
	return part->text[at] == '=';
}

/* A text part's piece, followed by what follows the part. */
static struct part *part_from(struct parser *ps, const struct part *part, size_t from, size_t to)
{
	struct part *piece = parser_new(ps, sizeof(*piece));

	*piece = *part;
	piece->text = parser_copy(ps, part->text + from, to - from);
	piece->len = to - from;
	return piece;
}

/* The parts between the brackets as a word of their own. */
static struct arith *index_of(struct parser *ps, const struct word *word,
                              const struct assign_head *head)
{
	struct word *index = parser_new(ps, sizeof(*index));
	struct part **last = &index->parts;
	size_t from = head->name_len + 1;

	for (struct part *part = word->parts;; part = part->next, from = 0) {
		bool is_end = part == head->index_end;

		*last = parser_new(ps, sizeof(*part));
		**last = *part;
		if (part->kind == PART_TEXT)
			*last = part_from(ps, part, from, is_end ? head->index_at : part->len);
		last = &(*last)->next;
		*last = NULL;
		if (is_end)
			break;
	}
	return lex_arith(ps, index);
}

/* The word without what stands before the value. */
static struct word *value_word(struct parser *ps, const struct word *word,
                               const struct assign_head *head)
{
	struct word *value = parser_new(ps, sizeof(*value));
	struct part *first = part_from(ps, head->value, head->value_at, head->value->len);

	value->quoted = word->quoted;
	value->parts = first->len == 0 && first->next ? first->next : first;
	word_split_tildes(ps, value, 0, true);
	word_finish(ps, value);
	return value;
}

/* The elements of name=( ... ), the parenthesis being next. */
static struct word *array_words(struct parser *ps)
{
	struct word *first = NULL, **last = &first;

	char_next(ps);
	token_take(ps);
	for (;;) {
		while (token_peek(ps)->kind == TOKEN_NEWLINE)
			token_take(ps);
		if (ps->token.kind != TOKEN_WORD)
			break;
		*last = ps->token.word;
		last = &(*last)->next;
		token_take(ps);
	}
	if (token_peek(ps)->kind != TOKEN_CLOSE)
		unexpected_token(ps, ")");
	return first;
}

/* The assignment that the current token is, or NULL; takes the token. */
struct assign *parse_assignment(struct parser *ps, struct word *word)
{
	struct assign_head head;
	struct assign *assign;

	if (!assign_head(ps, word, &head))
		return NULL;
	assign = parser_new(ps, sizeof(*assign));
	assign->var = var_slot(ps->sh, word->parts->text, head.name_len);
	assign->append = head.append;
	if (head.has_index)
		assign->index = index_of(ps, word, &head);
	if (!head.has_index && !head.value->next && head.value->len == head.value_at &&
	    char_peek(ps) == '(' && !ps->sh->options[OPT_POSIX]) {
		assign->is_array = true;
		assign->words = array_words(ps);
	} else {
		assign->words = value_word(ps, word, &head);
	}
	token_take(ps);
	return assign;
}

/* export, readonly and local: their words may be assignments, which are not split. */
static bool is_declaration(const struct word *word)
{
	const char *name = word->literal;

	return name && (strcmp(name, "export") == 0 || strcmp(name, "readonly") == 0 ||
	                strcmp(name, "local") == 0);
}

static void mark_assignment(struct parser *ps, struct word *word)
{
	struct assign_head head;

	if (!assign_head(ps, word, &head))
		return;
	word_split_tildes(ps, word, head.value == word->parts ? head.value_at : word->parts->len,
	                  true);
	word->is_assignment = true;
	word->braces = false;
	word_finish(ps, word);
}

static bool is_arith_word(const char *text)
{
	return text && text[0] && !text[1] && strchr("+-*/%", text[0]);
}

static void set_command(struct parser *ps, struct simple_node *node)
{
	const char *plain = node->words ? word_plain(node->words) : NULL;

	if (!node->words)
		return;
	node->prefix_arith = is_arith_word(plain);
	if (node->words->literal)
		node->command = command_slot(ps->sh, node->words->literal);
}

static bool is_all_command(const struct word *words)
{
	for (; words; words = words->next)
		if (!words->literal || strcmp(words->literal, "command") != 0)
			return false;
	return true;
}

/* One word of a command after its assignments; the declaration is known once its name is. */
static void take_word(struct parser *ps, struct simple_node *node, struct word ***last)
{
	struct word *word = ps->token.word;

	token_take(ps);
	if (node->is_declaration)
		mark_assignment(ps, word);
	else if (is_all_command(node->words))
		node->is_declaration = is_declaration(word);
	**last = word;
	*last = &word->next;
}

/* The next token as a command's word: an alias at the start, and after an alias that ends in a blank. */
static struct token *peek_word(struct parser *ps, bool is_first)
{
	return is_first ? token_command(ps) : token_word(ps);
}

struct node *parse_simple(struct parser *ps)
{
	struct simple_node *node = node_new(ps, NODE_SIMPLE, sizeof(*node));
	struct assign **last_assign = &node->assigns;
	struct redir **last_redir = &node->redirs;
	struct word **last_word = &node->words;

	for (;;) {
		struct token *token = peek_word(ps, !node->words);

		if (ps->failed) {
			return NULL;
		} else if (token->kind == TOKEN_REDIR || token->kind == TOKEN_IO_NUMBER) {
			*last_redir = parse_redir(ps);
			if (!*last_redir)
				return NULL;
			last_redir = &(*last_redir)->next;
		} else if (token->kind != TOKEN_WORD) {
			break;
		} else if (!node->words && (*last_assign = parse_assignment(ps, token->word))) {
			last_assign = &(*last_assign)->next;
		} else {
			struct word *word = token->word;

			take_word(ps, node, &last_word);
			if (word == node->words && !word->next && !node->assigns && !node->redirs &&
			    token_peek(ps)->kind == TOKEN_OPEN)
				return parse_function(ps, word, true);
		}
	}
	if (!node->assigns && !node->redirs && !node->words) {
		unexpected_token(ps, NULL);
		return NULL;
	}
	set_command(ps, node);
	return &node->node;
}
