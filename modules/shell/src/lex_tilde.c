/*
 * Tildes: found once a word is complete, since only unquoted text up to a slash (in an assignment also a colon)
 * makes a tilde-prefix.
 */
#include "parser.h"
#include <string.h>

static struct part *text_part(struct parser *ps, const char *text, size_t len)
{
	struct part *part = parser_new(ps, sizeof(*part));

	part->kind = PART_TEXT;
	part->text = parser_copy(ps, text, len);
	part->len = len;
	return part;
}

/* Length of a tilde-prefix with its tilde; 0: there is none. */
static size_t prefix_len(const char *text, size_t len, bool is_last, bool is_assignment)
{
	size_t end = 1;

	if (len == 0 || text[0] != '~')
		return 0;
	while (end < len && text[end] != '/' && !(is_assignment && text[end] == ':'))
		end++;
	return end < len || is_last ? end : 0;
}

/* Where a tilde may stand in a text from a place on: at the start of a word, after '=' or ':'. */
static size_t next_place(const char *text, size_t len, size_t from, bool is_assignment)
{
	while (is_assignment && from < len && text[from] != ':')
		from++;
	return is_assignment && from < len ? from + 1 : len;
}

/* Splits one text part at its tildes; gives the last of the parts it became. */
static struct part *split_part(struct parser *ps, struct part *part, size_t at, bool is_assignment)
{
	while (at < part->len) {
		size_t len = prefix_len(part->text + at, part->len - at, !part->next,
		                        is_assignment);
		struct part *tilde, *rest;

		if (len == 0) {
			at = next_place(part->text, part->len, at, is_assignment);
			continue;
		}
		tilde = text_part(ps, part->text + at + 1, len - 1);
		tilde->kind = PART_TILDE;
		rest = text_part(ps, part->text + at + len, part->len - at - len);
		rest->next = part->next;
		tilde->next = rest;
		part->text = parser_copy(ps, part->text, at);
		part->len = at;
		part->next = tilde;
		part = rest;
		at = next_place(part->text, part->len, 0, is_assignment);
	}
	return part;
}

/*
 * Finds a word's tildes: at a place of its first part, and in an assignment after colons.
 */
void word_split_tildes(struct parser *ps, struct word *word, size_t at, bool is_assignment)
{
	struct part *part = word->parts;

	if (part && part->kind == PART_TEXT && !part->quoted)
		part = split_part(ps, part, at, is_assignment);
	for (part = part && is_assignment ? part->next : NULL; part; part = part->next) {
		if (part->kind == PART_TEXT && !part->quoted)
			part = split_part(ps, part, next_place(part->text, part->len, 0, true),
			                  true);
	}
}
