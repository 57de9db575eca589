/*
 * Here-documents: their bodies begin after the line that names them. With a quoted delimiter the body is a plain
 * text; else it is read like a text in double quotes, in which a double quote is nothing special.
 */
#include "message.h"
#include "parser.h"
#include "shell.h"
#include <string.h>

/* What the delimiter says once its quotes are off. */
static const char *delimiter_text(struct parser *ps, const struct word *word)
{
	struct text text;

	text_begin(&text, &ps->region->arena);
	for (const struct part *part = word->parts; part; part = part->next)
		text_bytes(&text, part->text, part->len);
	return text_end(&text);
}

void heredoc_note(struct parser *ps, struct redir *redir, struct word *delimiter, bool strips_tabs)
{
	struct heredoc *heredoc = parser_new(ps, sizeof(*heredoc));

	heredoc->redir = redir;
	heredoc->delimiter = delimiter_text(ps, delimiter);
	heredoc->quoted = delimiter->quoted;
	heredoc->strips_tabs = strips_tabs;
	if (!ps->heredocs)
		ps->heredocs_end = &ps->heredocs;
	*ps->heredocs_end = heredoc;
	ps->heredocs_end = &heredoc->next;
}

/* Appends the next line, with its newline when it has one; false at the end of all input. */
static bool read_line(struct parser *ps, struct text *body, bool strips_tabs)
{
	int c = char_peek(ps);

	if (c == CHAR_END)
		return false;
	while (strips_tabs && c == '\t') {
		char_next(ps);
		c = char_peek(ps);
	}
	while ((c = char_next(ps)) != CHAR_END) {
		if (c)
			text_char(body, (char)c);
		if (c == '\n')
			break;
	}
	return true;
}

/* Whether the last line of the text goes on with the next one. */
static bool is_continued(const struct text *body)
{
	size_t backslashes = 0, len = body->len;

	if (len == 0 || body->start[len - 1] != '\n')
		return false;
	while (backslashes + 1 < len && body->start[len - 2 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

/* Whether the line that starts there is the delimiter; it may have been continued. */
static bool is_delimiter(const struct text *body, size_t start, const struct heredoc *heredoc)
{
	const char *text = body->start, *wanted = heredoc->delimiter;

	for (size_t i = start; i < body->len; i++) {
		bool is_last = i + 1 == body->len;

		if (text[i] == '\n' && is_last)
			break;
		if (!heredoc->quoted && !is_last && text[i] == '\\' && text[i + 1] == '\n')
			i++;
		else if (text[i] != *wanted++)
			return false;
	}
	return !*wanted;
}

/* A body without any expansion: one part of quoted text. */
static struct word *plain_word(struct parser *ps, const char *text, size_t len)
{
	struct word *word = parser_new(ps, sizeof(*word));
	struct part *part = parser_new(ps, sizeof(*part));

	part->kind = PART_TEXT;
	part->quoted = true;
	part->text = text;
	part->len = len;
	word->parts = part;
	word->literal = text;
	word->len = len;
	return word;
}

static void parse_body(struct parser *ps, struct heredoc *heredoc)
{
	heredoc->redir->word = lex_text_word(ps, heredoc->body, heredoc->len, heredoc->line,
	                                     MODE_HEREDOC);
}

/* Bodies may have tries of their own: parsed in each of those around them, they would double the work. */
void heredoc_parse_bodies(struct parser *ps)
{
	struct heredoc *heredoc = ps->bodies;

	ps->bodies = NULL;
	for (; heredoc && !ps->failed; heredoc = heredoc->next)
		parse_body(ps, heredoc);
}

static void finish_body(struct parser *ps, struct heredoc *heredoc)
{
	if (heredoc->quoted) {
		heredoc->redir->word = plain_word(ps, heredoc->body, heredoc->len);
	} else if (ps->record.tries > 0) {
		heredoc->next = ps->bodies;
		ps->bodies = heredoc;
	} else {
		parse_body(ps, heredoc);
	}
}

static void heredoc_read(struct parser *ps, struct heredoc *heredoc)
{
	struct text body;
	bool continued = false;
	size_t start = 0;

	heredoc->line = ps->line;
	text_begin(&body, &ps->region->arena);
	while (read_line(ps, &body, heredoc->strips_tabs && !continued)) {
		continued = !heredoc->quoted && is_continued(&body);
		if (continued)
			continue;
		if (is_delimiter(&body, start, heredoc)) {
			body.len = start;
			break;
		}
		start = body.len;
	}
	heredoc->body = text_end(&body);
	heredoc->len = body.len;
	finish_body(ps, heredoc);
}

void heredoc_read_all(struct parser *ps)
{
	struct heredoc *heredoc = ps->heredocs;

	ps->heredocs = NULL;
	while (heredoc && !ps->failed) {
		struct heredoc *next = heredoc->next;

		heredoc_read(ps, heredoc);
		heredoc = next;
	}
}
