/*
 * The growing string under everything else here: the command, what goes to the terminal, killed text, a pasted text.
 * Room doubles, so adding byte by byte stays cheap.
 */
#include "edit/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 64 };

static bool reserve(struct bytes *b, size_t len)
{
	size_t room = b->room ? b->room : ROOM_FIRST;
	char *data;

	if (len < b->room)
		return true;
	if (len > (size_t)-1 / 4)
		return false;
	while (room <= len)
		room *= 2;
	data = realloc(b->data, room);
	if (!data)
		return false;
	b->data = data;
	b->room = room;
	return true;
}

bool bytes_splice(struct bytes *b, size_t at, size_t removed, const char *data, size_t len)
{
	if (!reserve(b, b->len - removed + len))
		return false;
	memmove(b->data + at + len, b->data + at + removed, b->len - at - removed);
	if (len)
		memcpy(b->data + at, data, len);
	b->len = b->len - removed + len;
	b->data[b->len] = '\0';
	return true;
}

bool bytes_add(struct bytes *b, const char *data, size_t len)
{
	return bytes_splice(b, b->len, 0, data, len);
}

bool bytes_add_text(struct bytes *b, const char *text)
{
	return bytes_add(b, text, strlen(text));
}

bool bytes_set(struct bytes *b, const char *data, size_t len)
{
	return bytes_splice(b, 0, b->len, data, len);
}

const char *bytes_text(const struct bytes *b)
{
	return b->data ? b->data : "";
}

char *bytes_take(struct bytes *b)
{
	char *data;

	if (!reserve(b, b->len))
		return NULL;
	data = b->data;
	data[b->len] = '\0';
	*b = (struct bytes){0};
	return data;
}

void bytes_clear(struct bytes *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){0};
}
