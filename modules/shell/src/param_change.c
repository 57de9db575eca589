/*
 * Operators that change a value: cutting a pattern off an end (% %% # ##), a part of it (:offset:length), replacing a
 * pattern (/ //).
 */
#include "arith.h"
#include "expand.h"
#include "message.h"
#include "pattern.h"
#include "shell.h"
#include "characters.h"
#include <string.h>

/* Length of the prefix that matches, the shortest or the longest; false: none does. */
static bool match_prefix(struct shell *sh, const char *pattern, const char *value, bool longest,
                         size_t *out_len)
{
	size_t len = strlen(value), at = 0;
	bool found = false;

	for (;;) {
		if (pattern_match_bytes(pattern, value, at, sh->utf8)) {
			*out_len = at;
			found = true;
			if (!longest)
				return true;
		}
		if (at == len)
			return found;
		at += char_len(value + at, sh->utf8);
	}
}

/* Where the suffix that matches begins. */
static bool match_suffix(struct shell *sh, const char *pattern, const char *value, bool longest,
                         size_t *out_start)
{
	size_t len = strlen(value);
	bool found = false;

	for (size_t at = 0; at <= len; at += at < len ? char_len(value + at, sh->utf8) : 1) {
		if (!pattern_match_bytes(pattern, value + at, len - at, sh->utf8))
			continue;
		*out_start = at;
		found = true;
		if (longest)
			break;
	}
	return found;
}

/* A pattern without active characters is cut off by comparing. */
static char *trim_plain(struct shell *sh, const struct param *param, const char *value)
{
	const char *literal = param->word->literal;
	size_t len = strlen(value), cut = param->word->len;
	bool is_suffix = param->op == OP_SUFFIX || param->op == OP_SUFFIX_LONG;

	if (cut > len || memcmp(is_suffix ? value + len - cut : value, literal, cut) != 0)
		return (char *)value;
	return is_suffix ? arena_text(&sh->temp, value, len - cut) : (char *)value + cut;
}

char *param_trim_value(struct shell *sh, const struct param *param, const char *value)
{
	bool longest = param->op == OP_SUFFIX_LONG || param->op == OP_PREFIX_LONG;
	const char *pattern;
	size_t place;

	if (!param->word->parts)
		return (char *)value;
	if (param->word->literal)
		return trim_plain(sh, param, value);
	/* The pattern may change the variable. */
	value = arena_text(&sh->temp, value, strlen(value));
	pattern = expand_pattern(sh, param->word);
	if (!pattern)
		return NULL;
	if (param->op == OP_PREFIX || param->op == OP_PREFIX_LONG) {
		if (!match_prefix(sh, pattern, value, longest, &place))
			return (char *)value;
		return (char *)value + place;
	}
	if (!match_suffix(sh, pattern, value, longest, &place))
		return (char *)value;
	return arena_text(&sh->temp, value, place);
}

static bool offset_value(struct shell *sh, const struct word *word, intmax_t *out)
{
	const char *text = expand_string(sh, word);

	return text && arith_text(sh, text, out);
}

/* Which of count things :offset:length names. */
bool param_range(struct shell *sh, const struct param *param, size_t count, size_t *out_first,
                 size_t *out_end)
{
	intmax_t first, length, end = (intmax_t)count;

	if (!offset_value(sh, param->word, &first))
		return false;
	if (first < 0)
		first += (intmax_t)count;
	if (first < 0 || first > (intmax_t)count)
		first = (intmax_t)count;
	if (param->word2) {
		if (!offset_value(sh, param->word2, &length))
			return false;
		if (length < 0)
			end = length < -end ? 0 : end + length;
		else if (length < end - first)
			end = first + length;
	}
	*out_first = (size_t)first;
	*out_end = (size_t)(end < first ? first : end);
	return true;
}

char *param_substring_value(struct shell *sh, const struct param *param, const char *value)
{
	size_t first, end, count, place = 0;
	const char *start;

	value = arena_text(&sh->temp, value, strlen(value));
	count = char_count(value, strlen(value), sh->utf8);
	if (!param_range(sh, param, count, &first, &end))
		return NULL;
	for (; place < first; place++)
		value += char_len(value, sh->utf8);
	for (start = value; place < end; place++)
		value += char_len(value, sh->utf8);
	return arena_text(&sh->temp, start, (size_t)(value - start));
}

/* The longest match at a place of the value; 0: none, or an empty one. */
static size_t match_here(struct shell *sh, const char *pattern, const char *value, bool to_end)
{
	size_t len = 0;

	if (to_end)
		return pattern_match(pattern, value, sh->utf8) ? strlen(value) : 0;
	return match_prefix(sh, pattern, value, true, &len) ? len : 0;
}

static char *replace(struct shell *sh, const struct param *param, const char *value,
                     const char *pattern, const char *with)
{
	bool at_start = *pattern == '#', at_end = *pattern == '%',
	     all = param->op == OP_REPLACE_ALL;
	struct text text;

	if (!all && (at_start || at_end))
		pattern++;
	else
		at_start = at_end = false;
	text_begin(&text, &sh->temp);
	if (!*value && pattern_match(pattern, value, sh->utf8))
		return (char *)with;
	while (*value) {
		size_t len = match_here(sh, pattern, value, at_end);

		if (len > 0) {
			text_string(&text, with);
			value += len;
		}
		if ((len > 0 && !all) || at_start)
			break;
		if (len == 0) {
			len = char_len(value, sh->utf8);
			text_bytes(&text, value, len);
			value += len;
		}
	}
	text_string(&text, value);
	return text_end(&text);
}

char *param_replace_value(struct shell *sh, const struct param *param, const char *value)
{
	const char *pattern, *with = "";

	value = arena_text(&sh->temp, value, strlen(value));
	pattern = expand_pattern(sh, param->word);
	if (pattern && param->word2)
		with = expand_string(sh, param->word2);
	if (!pattern || !with)
		return NULL;
	return *pattern ? replace(sh, param, value, pattern, with) : (char *)value;
}
