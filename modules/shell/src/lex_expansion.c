/*
 * Where an expansion begins in a word: $name, $( ), $(( )), ` `, <( ), $' '. Commands inside are parsed at once, so
 * their end is where the grammar ends them. "$((" may be arithmetic or a subshell in a substitution: it is read as
 * arithmetic first, and read again as commands when it does not end with "))".
 */
#include "arith.h"
#include "parser.h"
#include "shell.h"
#include "characters.h"
#include <ctype.h>
#include <string.h>

static void lex_name(struct word_builder *wb, bool quoted)
{
	struct param *param = parser_new(wb->ps, sizeof(*param));

	lex_param_name(wb->ps, param);
	builder_part(wb, (struct part){.kind = PART_PARAM, .quoted = quoted, .param = param});
}

static void lex_short_param(struct word_builder *wb, bool quoted)
{
	struct param *param = parser_new(wb->ps, sizeof(*param));
	char c = (char)char_next(wb->ps);

	param->kind = c >= '1' && c <= '9' ? PARAM_POSITIONAL : PARAM_SPECIAL;
	param->number = (unsigned)(c - '0');
	param->special = c;
	param->text = parser_copy(wb->ps, &c, 1);
	builder_part(wb, (struct part){.kind = PART_PARAM, .quoted = quoted, .param = param});
}

static void builder_arith(struct word_builder *wb, bool quoted, struct word *word)
{
	builder_part(wb, (struct part){.kind = PART_ARITH,
	                               .quoted = quoted,
	                               .arith = lex_arith(wb->ps, word)});
}

/* The expression and its "))"; NULL: it is not arithmetic. */
static struct word *read_arithmetic(struct parser *ps)
{
	struct word *word;

	char_next(ps);
	word = lex_word(ps, MODE_ARITH);
	if (ps->failed || char_next(ps) != ')' || char_joined(ps) != ')')
		return NULL;
	char_next(ps);
	return word;
}

/* An alias's text is not recorded, unless a try begins in it; then that, and what the aliases below have left, is. */
static void record_aliases(struct parser *ps)
{
	for (struct source *source = ps->top; source; source = source->below)
		source->is_recorded = true;
}

/* Tries to read arithmetic; false when it was none, and then it is there to be read again. */
static bool try_arithmetic(struct word_builder *wb, bool quoted)
{
	struct parser *ps = wb->ps;
	struct heredoc *heredocs = ps->heredocs, **heredocs_end = ps->heredocs_end;
	struct heredoc *bodies = ps->bodies;
	size_t place = ps->record.len;
	bool quiet = ps->quiet;
	struct word *word;
	int line = ps->line;

	record_aliases(ps);
	ps->record.is_on = true;
	ps->record.tries++;
	ps->quiet = true;
	word = read_arithmetic(ps);
	ps->record.tries--;
	ps->quiet = quiet;
	record_verdict(&ps->record, place, word != NULL);
	if (word) {
		if (ps->record.tries == 0)
			heredoc_parse_bodies(ps);
		builder_arith(wb, quoted, word);
		return true;
	}
	ps->failed = false;
	ps->line = line;
	ps->heredocs = heredocs;
	ps->heredocs_end = heredocs_end;
	ps->bodies = bodies;
	parser_rewind(ps, place);
	return false;
}

/*
 * What is found out about a place is not tried again. In an alias within a try there is no way back: the text is
 * arithmetic or an error, which ends the outer try.
 */
static bool lex_arithmetic(struct word_builder *wb, bool quoted)
{
	struct parser *ps = wb->ps;
	const struct verdict *known = record_find(&ps->record, ps->record.len);
	bool is_unrecorded = ps->top->alias && !ps->top->is_recorded;
	struct word *word;

	if (is_unrecorded ? ps->record.tries == 0 : !known)
		return try_arithmetic(wb, quoted);
	if (!is_unrecorded && !known->is_arith)
		return false;
	word = read_arithmetic(ps);
	if (word)
		builder_arith(wb, quoted, word);
	else
		syntax_error(ps, "unterminated arithmetic");
	return true;
}

static void lex_parentheses(struct word_builder *wb, bool quoted)
{
	struct node *command;

	char_next(wb->ps);
	if (char_joined(wb->ps) == '(' && lex_arithmetic(wb, quoted))
		return;
	command = parse_substitution(wb->ps);
	builder_part(wb, (struct part){.kind = PART_COMMAND, .quoted = quoted, .command = command});
}

/* At a dollar sign; true: it is dealt with. */
bool lex_dollar(struct word_builder *wb, bool quoted)
{
	struct parser *ps = wb->ps;
	int c;

	char_next(ps);
	c = char_joined(ps);
	if (c == '(')
		lex_parentheses(wb, quoted);
	else if (c == '{')
		return lex_param(wb, quoted);
	else if (isalpha(c) || c == '_')
		lex_name(wb, quoted);
	else if (c != CHAR_END && c != 0 && strchr("0123456789@*#?-$!", c))
		lex_short_param(wb, quoted);
	else if (c == '\'' && !quoted)
		return lex_dollar_quote(wb);
	else
		builder_char(wb, '$', quoted);
	return true;
}

/* The commands between backquotes are a text of their own, less one level of backslashes. */
bool lex_backquote(struct word_builder *wb, bool quoted)
{
	struct parser *ps = wb->ps;
	struct node *command;
	struct text text;
	int c, line = ps->line;

	text_begin(&text, &ps->region->arena);
	char_next(ps);
	while ((c = char_next(ps)) != '`') {
		int following = char_peek(ps);

		if (c == CHAR_END) {
			ps->line = line;
			syntax_error(ps, "unterminated backquote");
			return true;
		}
		if (c == '\\' && (following == '`' || following == '\\' || following == '$' ||
		                  (following == '"' && quoted)))
			c = char_next(ps);
		text_char(&text, (char)c);
	}
	text_end(&text);
	command = parse_text(ps, text.start, text.len, line);
	builder_part(wb, (struct part){.kind = PART_COMMAND, .quoted = quoted, .command = command});
	return true;
}

/* At < or >, which only begins a substitution before a parenthesis. */
bool lex_process(struct word_builder *wb)
{
	bool writes = char_peek(wb->ps) == '>';
	struct node *command;

	if (wb->ps->sh->options[OPT_POSIX] || char_peek2(wb->ps) != '(')
		return false;
	char_next(wb->ps);
	char_next(wb->ps);
	command = parse_substitution(wb->ps);
	builder_part(wb, (struct part){.kind = PART_PROCESS, .writes = writes, .command = command});
	return true;
}

/* Up to max digits of a base, as a number. */
static unsigned lex_digits(struct parser *ps, unsigned base, int max)
{
	unsigned number = 0;

	for (; max > 0; max--) {
		int c = char_peek(ps), digit;

		if (!isxdigit(c))
			break;
		digit = isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
		if ((unsigned)digit >= base)
			break;
		number = number * base + (unsigned)digit;
		char_next(ps);
	}
	return number;
}

static void builder_utf8(struct word_builder *wb, unsigned point)
{
	char bytes[CHAR_MOST];
	size_t len = char_encode(bytes, point);

	for (size_t i = 0; i < len; i++)
		builder_char(wb, (unsigned char)bytes[i], true);
}

/* One escape of $' ', after its backslash. */
static void lex_escape(struct word_builder *wb)
{
	static const char names[] = "abefnrtv", values[] = "\a\b\033\f\n\r\t\v";
	struct parser *ps = wb->ps;
	int c = char_peek(ps);
	const char *name = c > 0 ? strchr(names, c) : NULL;

	if (c >= '0' && c <= '7') {
		builder_char(wb, (int)(lex_digits(ps, 8, 3) & 0xff), true);
		return;
	}
	char_next(ps);
	if (name)
		builder_char(wb, values[name - names], true);
	else if (c == 'x')
		builder_char(wb, (int)(lex_digits(ps, 16, 2) & 0xff), true);
	else if (c == 'u' || c == 'U')
		builder_utf8(wb, lex_digits(ps, 16, c == 'u' ? 4 : 8));
	else if (c == 'c')
		builder_char(wb, char_next(ps) & 0x1f, true);
	else if (c == '\\' || c == '\'' || c == '"' || c == '?')
		builder_char(wb, c, true);
	else if (c != CHAR_END) {
		builder_char(wb, '\\', true);
		builder_char(wb, c, true);
	}
}

bool lex_dollar_quote(struct word_builder *wb)
{
	struct parser *ps = wb->ps;
	int c, line = ps->line;

	wb->quoted = true;
	char_next(ps);
	builder_empty(wb);
	while ((c = char_next(ps)) != '\'') {
		if (c == CHAR_END) {
			ps->line = line;
			syntax_error(ps, "unterminated quoted string");
			return true;
		}
		if (c == '\\')
			lex_escape(wb);
		else
			builder_char(wb, c, true);
	}
	return true;
}
