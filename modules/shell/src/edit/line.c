/*
 * The command's text and the positions in it. The one function that changes the text is line_replace; the editor
 * calls it through edit_replace, so that every change can be undone.
 */
#include "edit/line.h"

#include <string.h>

#include "edit/edit.h"
#include "edit/utf8.h"

bool line_fits(const struct line *line, size_t removed, size_t len)
{
	return len <= EDITOR_LINE_MAX && line->text.len - removed <= EDITOR_LINE_MAX - len;
}

bool line_replace(struct line *line, size_t at, size_t removed, const char *data, size_t len)
{
	if (!line_fits(line, removed, len) || !bytes_splice(&line->text, at, removed, data, len))
		return false;
	line->cursor = utf8_boundary(line->text.data, line->text.len, at + len);
	return true;
}

size_t line_next(const struct line *line, size_t at)
{
	return at < line->text.len ? utf8_next_cluster(line->text.data, line->text.len, at) : at;
}

size_t line_previous(const struct line *line, size_t at)
{
	return at ? utf8_previous_cluster(line->text.data, at) : 0;
}

static bool is_word(const struct line *line, size_t at)
{
	unsigned char c = (unsigned char)line->text.data[at];

	return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_blank(const struct line *line, size_t at)
{
	return strchr(" \t\n", line->text.data[at]) != NULL;
}

size_t line_word_end(const struct line *line, size_t at)
{
	while (at < line->text.len && !is_word(line, at))
		at++;
	while (at < line->text.len && is_word(line, at))
		at++;
	return at;
}

size_t line_word_start(const struct line *line, size_t at)
{
	while (at > 0 && !is_word(line, at - 1))
		at--;
	while (at > 0 && is_word(line, at - 1))
		at--;
	return at;
}

size_t line_blank_word_start(const struct line *line, size_t at)
{
	while (at > 0 && is_blank(line, at - 1))
		at--;
	while (at > 0 && !is_blank(line, at - 1))
		at--;
	return at;
}

size_t line_start(const struct line *line, size_t at)
{
	while (at > 0 && line->text.data[at - 1] != '\n')
		at--;
	return at;
}

size_t line_end(const struct line *line, size_t at)
{
	while (at < line->text.len && line->text.data[at] != '\n')
		at++;
	return at;
}

static size_t distance(const struct line *line, size_t from, size_t to)
{
	size_t count = 0;

	for (; from < to; count++)
		from = line_next(line, from);
	return count;
}

/* count characters after the line's start at from, or the line's end. */
static size_t advance(const struct line *line, size_t from, size_t count)
{
	size_t end = line_end(line, from);

	while (count-- && from < end)
		from = line_next(line, from);
	return from;
}

bool line_above(const struct line *line, size_t at, size_t *out_at)
{
	size_t start = line_start(line, at);

	if (start == 0)
		return false;
	*out_at = advance(line, line_start(line, start - 1), distance(line, start, at));
	return true;
}

bool line_below(const struct line *line, size_t at, size_t *out_at)
{
	size_t end = line_end(line, at);

	if (end == line->text.len)
		return false;
	*out_at = advance(line, end + 1, distance(line, line_start(line, at), at));
	return true;
}
