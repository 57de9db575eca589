/*
 * Pattern matching notation: * ? [set] [!set], with ranges, [:classes:], [.x.] and [=x=], over bytes or UTF-8
 * characters. A star backs up to the last one only, so matching takes at most len(pattern) * len(text) steps.
 */
#include "pattern.h"
#include "characters.h"
#include <string.h>
#include <wctype.h>

struct subject {
	const char *at, *end;
	bool is_utf8;
};

static unsigned subject_char(const struct subject *subject, size_t *out_len)
{
	char bytes[CHAR_MOST + 1] = "";
	size_t left = (size_t)(subject->end - subject->at);
	unsigned point;

	*out_len = 1;
	if (!subject->is_utf8 || (unsigned char)*subject->at < 0x80)
		return (unsigned char)*subject->at;
	memcpy(bytes, subject->at, left < CHAR_MOST ? left : CHAR_MOST);
	point = char_decode(bytes, out_len);
	return point;
}

static unsigned pattern_char(const char **pattern, bool is_utf8)
{
	size_t len = 1;
	unsigned point = (unsigned char)**pattern;

	if (is_utf8 && point >= 0x80)
		point = char_decode(*pattern, &len);
	*pattern += len;
	return point;
}

/* The end of [:name:] and its like when the text begins one, else NULL. */
static const char *bracket_item_end(const char *at)
{
	char kind = at[1];

	if (at[0] != '[' || (kind != ':' && kind != '.' && kind != '='))
		return NULL;
	for (at += 2; *at; at++)
		if (at[0] == kind && at[1] == ']')
			return at + 2;
	return NULL;
}

static bool in_class(const char *name, size_t len, unsigned c, bool is_utf8)
{
	char copy[16];
	wctype_t type;

	if (len >= sizeof(copy) || c > 0x10ffff || (!is_utf8 && c >= 0x80))
		return false;
	memcpy(copy, name, len);
	copy[len] = 0;
	type = wctype(copy);
	return type && iswctype((wint_t)c, type);
}

/* One end of a range, or a single character. */
static unsigned bracket_char(const char **at, bool is_utf8)
{
	const char *end = bracket_item_end(*at);
	unsigned c;

	if (end) {
		*at += 2;
		c = pattern_char(at, is_utf8);
		*at = end;
		return c;
	}
	if (**at == '\\' && (*at)[1])
		++*at;
	return pattern_char(at, is_utf8);
}

/* Whether the set has the character; *at: after '[' and '!', then after its ']'. */
static bool set_has(const char **at, unsigned c, bool is_utf8)
{
	bool found = false, is_first = true;

	for (; **at && (**at != ']' || is_first); is_first = false) {
		const char *end = bracket_item_end(*at);
		unsigned low, high;

		if (end && (*at)[1] == ':') {
			found |= in_class(*at + 2, (size_t)(end - *at) - 4, c, is_utf8);
			*at = end;
			continue;
		}
		low = high = bracket_char(at, is_utf8);
		if ((*at)[0] == '-' && (*at)[1] && (*at)[1] != ']') {
			++*at;
			high = bracket_char(at, is_utf8);
		}
		found |= low <= c && c <= high;
	}
	if (**at)
		++*at;
	return found;
}

/* The end of a bracket expression, or NULL when the '[' is an ordinary character. */
static const char *set_end(const char *at)
{
	const char *end;

	at++;
	if (*at == '!' || *at == '^')
		at++;
	if (*at == ']')
		at++;
	while (*at && *at != ']') {
		end = bracket_item_end(at);
		if (end)
			at = end;
		else if (*at == '\\' && at[1])
			at += 2;
		else
			at++;
	}
	return *at ? at + 1 : NULL;
}

/* Matches one character; false when it does not, else both are moved on. */
static bool match_one(const char **pattern, struct subject *subject)
{
	const char *at = *pattern, *end;
	size_t len;
	unsigned c;
	bool negated;

	if (subject->at == subject->end)
		return false;
	c = subject_char(subject, &len);
	if (*at == '[' && (end = set_end(at))) {
		at++;
		negated = *at == '!' || *at == '^';
		at += negated;
		if (set_has(&at, c, subject->is_utf8) == negated)
			return false;
		at = end;
	} else if (*at == '?') {
		at++;
	} else {
		if (*at == '\\' && at[1])
			at++;
		if (pattern_char(&at, subject->is_utf8) != c)
			return false;
	}
	*pattern = at;
	subject->at += len;
	return true;
}

bool pattern_match_bytes(const char *pattern, const char *text, size_t len, bool is_utf8)
{
	struct subject subject = {text, text + len, is_utf8}, star_subject = subject;
	const char *star = NULL;

	for (;;) {
		if (*pattern == '*') {
			while (*pattern == '*')
				pattern++;
			if (!*pattern)
				return true;
			star = pattern;
			star_subject = subject;
			continue;
		}
		if (!*pattern && subject.at == subject.end)
			return true;
		if (*pattern && match_one(&pattern, &subject))
			continue;
		if (!star || star_subject.at == star_subject.end)
			return false;
		subject_char(&star_subject, &len);
		star_subject.at += len;
		subject = star_subject;
		pattern = star;
	}
}

bool pattern_match(const char *pattern, const char *text, bool is_utf8)
{
	return pattern_match_bytes(pattern, text, strlen(text), is_utf8);
}

bool pattern_is_active(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		else if (*pattern == '*' || *pattern == '?' ||
		         (*pattern == '[' && set_end(pattern)))
			return true;
	}
	return false;
}

void pattern_unescape(char *pattern)
{
	char *to = pattern;

	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		*to++ = *pattern;
	}
	*to = 0;
}
