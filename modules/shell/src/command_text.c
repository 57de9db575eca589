/*
 * Cutting a command that is being typed into pieces. This is not the parser: it has to say something about any half of a
 * command, and takes here-documents for commands.
 */
#include "command_text.h"
#include <string.h>

void pieces_begin(struct pieces *p, const char *text, size_t len)
{
	*p = (struct pieces){.text = text, .len = len, .wants_command = true};
}

static char at(const struct pieces *p, size_t index)
{
	return index < p->len ? p->text[index] : 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_operator(char c)
{
	return c && strchr(";&|()\n<>", c) != NULL;
}

/* Whether a word is one of the grammar's; *out_more: a command follows it. */
static bool is_reserved(const char *word, size_t len, bool *out_more)
{
	static const char *const before_command[] = {"!",    "{",  "if",    "then", "else",
	                                             "elif", "do", "while", "until"};
	static const char *const others[] = {"}",   "fi",       "done", "esac", "case",
	                                     "for", "function", "in",   "[["};

	*out_more = true;
	for (size_t i = 0; i < sizeof(before_command) / sizeof(before_command[0]); i++)
		if (strlen(before_command[i]) == len && memcmp(before_command[i], word, len) == 0)
			return true;
	*out_more = false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i]) == len && memcmp(others[i], word, len) == 0)
			return true;
	return false;
}

static bool is_assignment(const char *word, size_t len)
{
	const char *equals = memchr(word, '=', len);
	size_t name = 0;

	while (equals && name < (size_t)(equals - word) &&
	       (word[name] == '_' || (word[name] >= '0' && word[name] <= '9') ||
	        ((word[name] | 0x20) >= 'a' && (word[name] | 0x20) <= 'z')))
		name++;
	return equals && name > 0 && word + name == equals && !(word[0] >= '0' && word[0] <= '9');
}

/* "$(" and "`" begin commands of their own, also within "". */
static bool opens_commands(const struct pieces *p)
{
	return p->quote != '\'' && p->depth < PIECES_DEPTH && at(p, p->at) == '$' &&
	       at(p, p->at + 1) == '(' && at(p, p->at + 2) != '(';
}

static void word_ends(struct pieces *p, struct piece *out)
{
	const char *word = p->text + out->start;
	size_t len = out->end - out->start;
	bool more = false;

	out->quote = p->quote;
	out->is_command = p->wants_command && !p->wants_file && !is_assignment(word, len);
	out->is_reserved = out->is_command && is_reserved(word, len, &more);
	if (!p->wants_file && p->wants_command && !is_assignment(word, len))
		p->wants_command = more;
	p->wants_file = false;
}

static void take_word(struct pieces *p, struct piece *out)
{
	out->kind = PIECE_WORD;
	while (p->at < p->len && !opens_commands(p)) {
		char c = p->text[p->at];

		if (!p->quote && (is_blank(c) || is_operator(c)))
			break;
		if (c == '\\' && p->quote != '\'' && p->at + 1 < p->len)
			p->at++;
		else if (p->quote ? c == p->quote : c == '\'' || c == '"')
			p->quote = p->quote ? 0 : c;
		p->at++;
	}
	out->end = p->at;
	word_ends(p, out);
}

static void open_commands(struct pieces *p, struct piece *out)
{
	out->kind = PIECE_OPERATOR;
	p->outer_quotes[p->depth++] = p->quote;
	p->quote = 0;
	p->wants_command = true;
	p->at += 2;
}

static void take_operator(struct pieces *p, struct piece *out)
{
	char c = p->text[p->at++];

	out->kind = c == '<' || c == '>' ? PIECE_REDIR : PIECE_OPERATOR;
	p->wants_file = out->kind == PIECE_REDIR;
	if (p->wants_file) {
		while (at(p, p->at) && strchr("<>&|-", at(p, p->at)))
			p->at++;
	} else if (c == ')' && p->depth > 0) {
		p->quote = p->outer_quotes[--p->depth];
		p->wants_command = false;
	} else {
		p->wants_command = true;
	}
}

bool pieces_next(struct pieces *p, struct piece *out)
{
	char c = at(p, p->at);

	*out = (struct piece){.kind = PIECE_BLANK, .start = p->at};
	if (p->at == p->len)
		return false;
	if (opens_commands(p)) {
		open_commands(p, out);
	} else if (p->quote) {
		take_word(p, out);
	} else if (is_blank(c)) {
		while (is_blank(at(p, p->at)))
			p->at++;
	} else if (c == '#' &&
	           (p->at == 0 || is_blank(at(p, p->at - 1)) || is_operator(at(p, p->at - 1)))) {
		out->kind = PIECE_COMMENT;
		while (p->at < p->len && p->text[p->at] != '\n')
			p->at++;
	} else if (is_operator(c)) {
		take_operator(p, out);
	} else {
		take_word(p, out);
	}
	out->end = p->at;
	return true;
}
