/*
 * Quoting a text for a place in a shell command: behind an open quote or outside of any.
 */
#include <string.h>

#include "edit/bytes.h"
#include "edit/edit.h"

/* A closing and opening again around an escaped single quote is the only way inside single quotes. */
static const char *quoted(char c, char quote, const char *text_start, const char *at)
{
	if (quote == '\'')
		return c == '\'' ? "'\\''" : NULL;
	if (quote == '"')
		return strchr("\"\\$`", c) ? "\\" : NULL;
	if (c == '\n')
		return "$'\\n'";
	if (c == '~' || c == '#')
		return at == text_start ? "\\" : NULL;
	return strchr(" \t\"'\\$`&|;<>()[]{}*?!", c) ? "\\" : NULL;
}

char *editor_quote(const char *text, char quote)
{
	struct bytes out = {0};
	bool is_made = true;

	for (const char *at = text; *at && is_made; at++) {
		const char *instead = quoted(*at, quote, text, at);

		if (instead)
			is_made = bytes_add_text(&out, instead);
		if (!instead || strcmp(instead, "\\") == 0)
			is_made = is_made && bytes_add(&out, at, 1);
	}
	if (!is_made) {
		bytes_free(&out);
		return NULL;
	}
	return bytes_take(&out);
}
