/*
 * Interning of colours, so that cells can hold them as small numbers and be compared. Beyond PENS_MAX, or when memory
 * is short, text is shown in the default colours.
 */
#include "edit/pens.h"

#include <stdlib.h>
#include <string.h>

#include "edit/edit.h"

static const char *const styles[EDITOR_STYLES] = {
	[EDITOR_PLAIN] = "",
	[EDITOR_COMMAND] = "\033[32m",
	[EDITOR_KEYWORD] = "\033[1;34m",
	[EDITOR_OPERATOR] = "\033[36m",
	[EDITOR_STRING] = "\033[33m",
	[EDITOR_VARIABLE] = "\033[35m",
	[EDITOR_COMMENT] = "\033[90m",
	[EDITOR_ERROR] = "\033[31m",
};

static uint16_t intern(struct pens *pens, const struct bytes *text)
{
	struct bytes *found;

	for (size_t i = 0; i < pens->count; i++) {
		if (strcmp(pens->found[i].data, text->data) == 0)
			return (uint16_t)(EDITOR_STYLES + i);
	}
	if (pens->count == PENS_MAX)
		return EDITOR_PLAIN;
	found = realloc(pens->found, (pens->count + 1) * sizeof(*found));
	if (!found)
		return EDITOR_PLAIN;
	pens->found = found;
	found[pens->count] = (struct bytes){0};
	if (!bytes_set(&found[pens->count], text->data, text->len))
		return EDITOR_PLAIN;
	return (uint16_t)(EDITOR_STYLES + pens->count++);
}

uint16_t pens_after(struct pens *pens, uint16_t pen, const char *sgr, size_t len)
{
	char *end;
	bool is_reset = strtoul(sgr + 2, &end, 10) == 0, is_made = true;
	const char *before = pens_text(pens, pen);
	struct bytes text = {0};

	if (is_reset && *end == 'm')
		return EDITOR_PLAIN;
	if (!is_reset && strlen(before) + len <= PEN_LEN_MAX)
		is_made = bytes_add_text(&text, before);
	pen = is_made && bytes_add(&text, sgr, len) ? intern(pens, &text) : EDITOR_PLAIN;
	bytes_free(&text);
	return pen;
}

const char *pens_text(const struct pens *pens, uint16_t pen)
{
	if (pen < EDITOR_STYLES)
		return styles[pen];
	return (size_t)(pen - EDITOR_STYLES) < pens->count ? pens->found[pen - EDITOR_STYLES].data
	                                                   : "";
}

void pens_free(struct pens *pens)
{
	for (size_t i = 0; i < pens->count; i++)
		bytes_free(&pens->found[i]);
	free(pens->found);
	*pens = (struct pens){0};
}
