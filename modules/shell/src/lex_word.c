/*
 * Words: quoting, and where expansions begin. What ends a word depends on where it stands (enum word_mode); the
 * expansions themselves are read by lex_expansion.c and lex_param.c, which come back here for the words inside.
 */
#include "arith.h"
#include "parser.h"
#include "shell.h"
#include <string.h>

static void builder_begin(struct word_builder *wb, struct parser *ps)
{
	*wb = (struct word_builder){.ps = ps};
	wb->last = &wb->first;
	text_begin(&wb->text, &ps->region->arena);
}

/* Ends the text that is being gathered. */
static void builder_flush(struct word_builder *wb)
{
	struct part *part;
	size_t len = wb->text.len;
	char *text;

	if (!wb->has_text)
		return;
	text = text_end(&wb->text);
	part = parser_new(wb->ps, sizeof(*part));
	part->kind = PART_TEXT;
	part->quoted = wb->text_quoted;
	part->text = text;
	part->len = len;
	*wb->last = part;
	wb->last = &part->next;
	wb->has_text = false;
	text_begin(&wb->text, &wb->ps->region->arena);
}

static void builder_switch(struct word_builder *wb, bool quoted)
{
	if (wb->has_text && wb->text_quoted != quoted)
		builder_flush(wb);
	wb->has_text = true;
	wb->text_quoted = quoted;
}

void builder_char(struct word_builder *wb, int c, bool quoted)
{
	if (!wb->has_text || wb->text_quoted != quoted)
		builder_switch(wb, quoted);
	if (c)
		text_char(&wb->text, (char)c);
}

/* Quotes with nothing between them still make a word. */
void builder_empty(struct word_builder *wb)
{
	builder_switch(wb, true);
}

void builder_part(struct word_builder *wb, struct part part)
{
	struct part *copy;

	builder_flush(wb);
	copy = parser_new(wb->ps, sizeof(*copy));
	*copy = part;
	*wb->last = copy;
	wb->last = &copy->next;
}

static bool has_glob(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '*' || text[i] == '?')
			return true;
		if (text[i] == '[' && memchr(text + i, ']', len - i))
			return true;
	}
	return false;
}

/* Whether a bracket is opened in one part and may be closed in another. */
static bool splits_bracket(const struct part *part)
{
	for (; part->next; part = part->next)
		if (!part->quoted && memchr(part->text, '[', part->len))
			return true;
	return false;
}

static bool is_literal(const struct word *word)
{
	for (const struct part *part = word->parts; part; part = part->next) {
		if (part->kind != PART_TEXT)
			return false;
		if (!part->quoted && has_glob(part->text, part->len))
			return false;
	}
	return !word->braces && word->parts && !splits_bracket(word->parts);
}

/* Notes the literal result of a word whose parts are complete. */
void word_finish(struct parser *ps, struct word *word)
{
	struct text text;

	word->literal = NULL;
	if (!is_literal(word))
		return;
	if (!word->parts->next) {
		word->literal = word->parts->text;
		word->len = word->parts->len;
		return;
	}
	text_begin(&text, &ps->region->arena);
	for (const struct part *part = word->parts; part; part = part->next)
		text_bytes(&text, part->text, part->len);
	word->literal = text_end(&text);
	word->len = text.len;
}

static struct word *builder_end(struct word_builder *wb)
{
	struct word *word = parser_new(wb->ps, sizeof(*word));

	builder_flush(wb);
	word->parts = wb->first;
	word->quoted = wb->quoted;
	word->braces = wb->braces;
	return word;
}

static void lex_single_quotes(struct word_builder *wb)
{
	int line = wb->ps->line;

	wb->quoted = true;
	char_next(wb->ps);
	builder_empty(wb);
	for (;;) {
		int c = char_next(wb->ps);

		if (c == '\'')
			return;
		if (c == CHAR_END) {
			wb->ps->line = line;
			syntax_error(wb->ps, "unterminated quoted string");
			return;
		}
		builder_char(wb, c, true);
	}
}

static void lex_body(struct word_builder *wb, enum word_mode mode);

static void lex_double_quotes(struct word_builder *wb, enum word_mode mode)
{
	struct part **last = wb->last;
	size_t len = wb->has_text && wb->text_quoted ? wb->text.len : 0;
	int line = wb->ps->line;

	wb->quoted = true;
	char_next(wb->ps);
	lex_body(wb, mode == MODE_DELIMITER ? MODE_QUOTED_DELIMITER : MODE_QUOTED);
	if (char_next(wb->ps) != '"') {
		wb->ps->line = line;
		syntax_error(wb->ps, "unterminated quoted string");
	}
	/* Empty quotes make a word; "$@" alone need not. */
	if (wb->last == last && !(wb->has_text && wb->text_quoted && wb->text.len > len))
		builder_empty(wb);
}

static bool mode_is_quoted(enum word_mode mode)
{
	return mode == MODE_QUOTED || mode == MODE_QUOTED_DELIMITER || mode == MODE_QUOTED_BRACE ||
	       mode == MODE_HEREDOC || mode == MODE_ARITH || mode == MODE_OFFSET ||
	       mode == MODE_INDEX;
}

static void lex_backslash(struct word_builder *wb, enum word_mode mode)
{
	const char *special = mode == MODE_HEREDOC        ? "$`\\"
	                      : mode == MODE_QUOTED_BRACE ? "$`\"\\}"
	                                                  : "$`\"\\";
	bool is_quoted = mode_is_quoted(mode);
	int c;

	char_next(wb->ps);
	c = char_peek(wb->ps);
	if (c == CHAR_END) {
		builder_char(wb, '\\', true);
		return;
	}
	if (c == '\n') { /* the backslash was the last of an alias's text */
		char_next(wb->ps);
		return;
	}
	if (is_quoted && (c == 0 || !strchr(special, c))) {
		builder_char(wb, '\\', true);
		return;
	}
	char_next(wb->ps);
	if (!is_quoted)
		wb->quoted = true;
	builder_char(wb, c, true);
}

/* What the next character means in a mode. */
enum meaning {
	MEANS_ITSELF,
	MEANS_END,
	MEANS_SINGLE,
	MEANS_DOUBLE,
	MEANS_NOTHING, /* is left out */
};

static bool is_metachar(int c)
{
	switch (c) {
	case ' ':
	case '\t':
	case '\n':
	case ';':
	case '&':
	case '|':
	case '<':
	case '>':
	case '(':
	case ')': return true;
	default: return false;
	}
}

static enum meaning quote_meaning(int c, enum word_mode mode)
{
	bool is_quoted = mode == MODE_QUOTED || mode == MODE_QUOTED_DELIMITER ||
	                 mode == MODE_HEREDOC;
	bool is_arith = mode == MODE_ARITH || mode == MODE_OFFSET || mode == MODE_INDEX;

	if (c == '\'')
		return is_quoted || mode == MODE_QUOTED_BRACE || is_arith ? MEANS_ITSELF
		                                                          : MEANS_SINGLE;
	if (mode == MODE_QUOTED || mode == MODE_QUOTED_DELIMITER)
		return MEANS_END;
	if (mode == MODE_HEREDOC)
		return MEANS_ITSELF;
	return is_arith ? MEANS_NOTHING : MEANS_DOUBLE;
}

static enum meaning char_meaning(int c, enum word_mode mode, int *depth)
{
	if (c == '\'' || c == '"')
		return quote_meaning(c, mode);
	switch (mode) {
	case MODE_WORD:
	case MODE_DELIMITER: return is_metachar(c) ? MEANS_END : MEANS_ITSELF;
	case MODE_BRACE:
	case MODE_QUOTED_BRACE: return c == '}' ? MEANS_END : MEANS_ITSELF;
	case MODE_SLASH: return c == '}' || c == '/' ? MEANS_END : MEANS_ITSELF;
	case MODE_QUOTED:
	case MODE_QUOTED_DELIMITER:
	case MODE_HEREDOC: return MEANS_ITSELF;
	default: break;
	}
	if (c == '(' || (mode == MODE_INDEX && c == '['))
		++*depth;
	if (*depth == 0) {
		if ((mode == MODE_ARITH && c == ')') || (mode == MODE_INDEX && c == ']'))
			return MEANS_END;
		if (mode == MODE_OFFSET && (c == ':' || c == '}'))
			return MEANS_END;
		if (mode == MODE_REGEX && (c == ' ' || c == '\t' || c == '\n' || c == ')'))
			return MEANS_END;
	}
	if (*depth > 0 && (c == ')' || (mode == MODE_INDEX && c == ']')))
		--*depth;
	return MEANS_ITSELF;
}

/* At a dollar sign of a here-document's delimiter, in which it only matters before a single quote. */
static bool lex_delimiter_dollar(struct word_builder *wb)
{
	char_next(wb->ps);
	if (char_joined(wb->ps) == '\'')
		return lex_dollar_quote(wb);
	builder_char(wb, '$', false);
	return true;
}

/* Expansions and backslashes; false when the character is neither. */
static bool lex_special(struct word_builder *wb, enum word_mode mode, int c)
{
	bool quoted = mode_is_quoted(mode);

	if (c == '\\') {
		lex_backslash(wb, mode);
		return true;
	}
	if (mode == MODE_DELIMITER && c == '$')
		return lex_delimiter_dollar(wb);
	if (mode == MODE_DELIMITER || mode == MODE_QUOTED_DELIMITER)
		return false;
	if (c == '$')
		return lex_dollar(wb, quoted);
	if (c == '`')
		return lex_backquote(wb, quoted);
	return false;
}

static void lex_body(struct word_builder *wb, enum word_mode mode)
{
	struct parser *ps = wb->ps;
	bool quoted = mode_is_quoted(mode);
	int depth = 0;

	while (!ps->failed) {
		int c = char_joined(ps);

		if (c == CHAR_END)
			return;
		if ((c == '\\' || c == '$' || c == '`') && lex_special(wb, mode, c))
			continue;
		if (mode == MODE_WORD && (c == '<' || c == '>') && lex_process(wb))
			continue;
		if (mode == MODE_SLASH && c == '/' && !wb->first && !wb->has_text) {
			/* A slash that comes first is a part of the pattern. */
			builder_char(wb, char_next(ps), false);
			continue;
		}
		switch (char_meaning(c, mode, &depth)) {
		case MEANS_END: return;
		case MEANS_SINGLE: lex_single_quotes(wb); continue;
		case MEANS_DOUBLE: lex_double_quotes(wb, mode); continue;
		case MEANS_NOTHING: char_next(ps); continue;
		case MEANS_ITSELF: break;
		}
		if (c == '{' && mode == MODE_WORD)
			wb->opened = true;
		else if (c == '}' && mode == MODE_WORD)
			wb->braces |= wb->opened;
		builder_char(wb, char_next(ps), quoted);
	}
}

struct word *lex_word(struct parser *ps, enum word_mode mode)
{
	return lex_word_after(ps, mode, "");
}

struct word *lex_word_after(struct parser *ps, enum word_mode mode, const char *start)
{
	struct word_builder wb;
	struct word *word;

	if (++ps->depth > PARSE_DEPTH) {
		syntax_error(ps, "nested too deeply");
		ps->depth--;
		return parser_new(ps, sizeof(struct word));
	}
	builder_begin(&wb, ps);
	for (; *start; start++)
		builder_char(&wb, *start, false);
	lex_body(&wb, mode);
	ps->depth--;
	wb.braces = wb.braces && ps->sh->options[OPT_BRACEEXPAND];
	word = builder_end(&wb);
	if (mode == MODE_WORD || mode == MODE_BRACE)
		word_split_tildes(ps, word, 0, false);
	word_finish(ps, word);
	return word;
}

/* A word of a text of its own: a here-document, an array's index. */
struct word *lex_text_word(struct parser *ps, const char *text, size_t len, int line,
                           enum word_mode mode)
{
	struct parser sub;
	struct word *word;

	parser_text(&sub, ps->sh, text, len, line);
	sub.region = ps->region;
	sub.depth = ps->depth;
	sub.quiet = ps->quiet;
	word = lex_word(&sub, mode);
	ps->failed |= sub.failed;
	parser_close(&sub);
	return word;
}
