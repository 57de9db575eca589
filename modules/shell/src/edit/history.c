/*
 * The list of commands given before, in memory. Entries are numbered from 1 and keep their numbers while older ones
 * fall out at the limit; only taking one out of the middle makes the later ones move up. history_file.c reads and
 * writes it.
 */
#include "edit/history.h"

#include <stdlib.h>
#include <string.h>

struct history *history_new(size_t limit, enum history_duplicates duplicates)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->first = 1;
	h->limit = limit ? limit : 1;
	h->duplicates = duplicates;
	return h;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	history_clear(h);
	free(h->entries);
	free(h);
}

static void drop(struct history *h, size_t index)
{
	free(h->entries[index].text);
	h->count--;
	memmove(h->entries + index, h->entries + index + 1,
	        (h->count - index) * sizeof(*h->entries));
}

/* Brings the list down to count entries, the oldest out first. */
static void shrink(struct history *h, size_t count)
{
	size_t dropped = h->count > count ? h->count - count : 0;

	for (size_t i = 0; i < dropped; i++)
		free(h->entries[i].text);
	h->count -= dropped;
	h->first += dropped;
	if (dropped)
		memmove(h->entries, h->entries + dropped, h->count * sizeof(*h->entries));
}

void history_set_limit(struct history *h, size_t limit)
{
	h->limit = limit ? limit : 1;
	shrink(h, h->limit);
}

void history_set_duplicates(struct history *h, enum history_duplicates duplicates)
{
	h->duplicates = duplicates;
}

static bool make_room(struct history *h)
{
	size_t room = h->room ? h->room * 2 : 64;
	struct history_entry *entries;

	if (h->count < h->room)
		return true;
	entries = realloc(h->entries, room * sizeof(*entries));
	if (!entries)
		return false;
	h->entries = entries;
	h->room = room;
	return true;
}

static void erase_equal(struct history *h, const char *text)
{
	for (size_t i = h->count; i-- > 0;) {
		if (strcmp(h->entries[i].text, text) == 0)
			drop(h, i);
	}
}

bool history_append(struct history *h, const char *text, bool is_saved)
{
	char *copy;

	if (!*text)
		return true;
	if (h->duplicates == HISTORY_IGNORE_REPEAT && h->count &&
	    strcmp(h->entries[h->count - 1].text, text) == 0)
		return true;
	copy = strdup(text);
	if (!copy || !make_room(h)) {
		free(copy);
		return false;
	}
	if (h->duplicates == HISTORY_ERASE_OLDER)
		erase_equal(h, copy);
	shrink(h, h->limit - 1);
	h->entries[h->count++] = (struct history_entry){copy, is_saved};
	return true;
}

bool history_add(struct history *h, const char *text)
{
	return history_append(h, text, false);
}

bool history_remove(struct history *h, size_t number)
{
	if (!history_get(h, number))
		return false;
	drop(h, number - h->first);
	return true;
}

void history_clear(struct history *h)
{
	shrink(h, 0);
}

size_t history_count(const struct history *h)
{
	return h->count;
}

size_t history_first(const struct history *h)
{
	return h->first;
}

const char *history_get(const struct history *h, size_t number)
{
	if (number < h->first || number - h->first >= h->count)
		return NULL;
	return h->entries[number - h->first].text;
}

size_t history_search(const struct history *h, size_t number, const char *text, bool is_prefix,
                      bool is_forward)
{
	size_t len = strlen(text);
	const char *entry;

	for (; (entry = history_get(h, number)); number += is_forward ? 1 : (size_t)-1) {
		if (is_prefix ? strncmp(entry, text, len) == 0 : strstr(entry, text) != NULL)
			return number;
	}
	return 0;
}
