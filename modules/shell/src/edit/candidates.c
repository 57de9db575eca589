/*
 * A list of candidates: collected from the host, sorted, compared.
 */
#include "edit/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "edit/edit.h"
#include "edit/utf8.h"

void editor_candidates_start(struct editor_candidates *out, size_t start)
{
	out->start = start;
}

static void drop(struct candidate *candidate)
{
	free(candidate->text);
	free(candidate->display);
}

static bool make_room(struct editor_candidates *c)
{
	size_t room = c->room ? c->room * 2 : 32;
	struct candidate *list;

	if (c->count < c->room)
		return true;
	list = realloc(c->list, room * sizeof(*list));
	if (!list)
		return false;
	c->list = list;
	c->room = room;
	return true;
}

/* One that memory is short for is left out. */
void editor_candidate(struct editor_candidates *out, const char *text, const char *display,
                      char suffix)
{
	struct candidate new = {strdup(text), strdup(display ? display : text), suffix};

	if (new.text &&new.display && make_room(out))
		out->list[out->count++] = new;
	else
		drop(&new);
}

static int compare(const void *a, const void *b)
{
	const struct candidate *first = a, *second = b;
	int order = strcmp(first->display, second->display);

	return order ? order : strcmp(first->text, second->text);
}

void candidates_sort(struct editor_candidates *c)
{
	size_t kept = 0;

	if (c->count)
		qsort(c->list, c->count, sizeof(*c->list), compare);
	for (size_t i = 0; i < c->count; i++) {
		if (kept && compare(&c->list[kept - 1], &c->list[i]) == 0)
			drop(&c->list[i]);
		else
			c->list[kept++] = c->list[i];
	}
	c->count = kept;
}

size_t candidates_common(const struct editor_candidates *c)
{
	const char *first = c->list[0].text;
	size_t len = strlen(first), boundary = 0;

	for (size_t i = 1; i < c->count; i++) {
		size_t same = 0;

		while (same < len && c->list[i].text[same] == first[same])
			same++;
		len = same;
	}
	while (boundary < len) {
		uint32_t code;
		size_t next = boundary +
		              utf8_decode(first + boundary, strlen(first + boundary), &code);

		if (next > len)
			break;
		boundary = next;
	}
	return boundary;
}

void candidates_free(struct editor_candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		drop(&c->list[i]);
	free(c->list);
	*c = (struct editor_candidates){0};
}
