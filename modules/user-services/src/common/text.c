/*
 * Spans of text, cut into lines, words, numbers and quoted arguments. Pure code, tested on the host;
 * every function stays inside the span it was given, whatever it holds.
 */
#include "common/text.h"

struct text text_of(const char *string)
{
	size_t len = 0;

	while (string[len])
		len++;
	return (struct text){string, len};
}

static void drop(struct text *text, size_t count)
{
	text->at += count;
	text->len -= count;
}

bool text_line(struct text *rest, struct text *out_line)
{
	size_t len = 0;

	if (rest->len == 0)
		return false;
	while (len < rest->len && rest->at[len] != '\n')
		len++;
	*out_line = (struct text){rest->at, len};
	drop(rest, len < rest->len ? len + 1 : len);
	return true;
}

static bool is_space(char c)
{
	return (unsigned char)c <= ' ';
}

bool text_word(struct text *rest, struct text *out_word)
{
	size_t len = 0;

	while (rest->len && is_space(rest->at[0]))
		drop(rest, 1);
	while (len < rest->len && !is_space(rest->at[len]))
		len++;
	*out_word = (struct text){rest->at, len};
	drop(rest, len);
	return len != 0;
}

struct text text_without_comment(struct text line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.at[i] == '#' && (i == 0 || is_space(line.at[i - 1])))
			return (struct text){line.at, i};
	}
	return line;
}

bool text_starts(struct text word, const char *prefix)
{
	size_t i = 0;

	while (prefix[i] && i < word.len && word.at[i] == prefix[i])
		i++;
	return prefix[i] == 0;
}

bool text_is(struct text word, const char *string)
{
	return text_starts(word, string) && text_of(string).len == word.len;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

bool text_number(struct text word, uint64_t *out_value)
{
	uint64_t base = text_starts(word, "0x") ? 16 : 10;
	uint64_t value = 0;

	if (base == 16)
		drop(&word, 2);
	if (word.len == 0)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		uint64_t d = (uint64_t)digit(word.at[i]);

		if (d >= base || value > (UINT64_MAX - d) / base)
			return false;
		value = value * base + d;
	}
	*out_value = value;
	return true;
}

bool text_copy(struct text word, char *out, size_t size)
{
	if (word.len >= size)
		return false;
	for (size_t i = 0; i < word.len; i++)
		out[i] = word.at[i];
	out[word.len] = 0;
	return true;
}

bool text_has_word(const char *line, const char *word)
{
	struct text rest = text_of(line), next;

	while (text_word(&rest, &next)) {
		if (text_is(next, word))
			return true;
	}
	return false;
}

/* Where the reader of an argument stands: the quote it is in, or 0. */
struct quoting {
	char quote;
	bool escaped;
};

/* Whether c belongs to the argument itself; updates the quoting state. */
static bool keeps(struct quoting *state, char c)
{
	if (state->escaped) {
		state->escaped = false;
		return true;
	}
	if (c == '\\' && state->quote != '\'') {
		state->escaped = true;
		return false;
	}
	if (state->quote ? c == state->quote : c == '\'' || c == '"') {
		state->quote = state->quote ? 0 : c;
		return false;
	}
	return true;
}

bool text_argument(struct text *rest, char *out, size_t size)
{
	struct quoting state = {0};
	size_t used = 0;

	while (rest->len && is_space(rest->at[0]))
		drop(rest, 1);
	if (rest->len == 0)
		return false;
	for (; rest->len; drop(rest, 1)) {
		char c = rest->at[0];

		if (!state.quote && !state.escaped && is_space(c))
			break;
		if (!keeps(&state, c))
			continue;
		if (used + 1 >= size)
			return false;
		out[used++] = c;
	}
	out[used] = 0;
	return true;
}
