/*
 * Strings for a new program (exec_args.h): grown as they are read, bounded as on Linux (128 KiB each, 2 MiB
 * in all).
 */
#include "exec_args.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include "errno.h"
#include "guest.h"

#define ROOM_FIRST 1024

void exec_strings_free(struct exec_strings *strings)
{
	heap_free(strings->text);
	*strings = (struct exec_strings){0};
}

static int64_t need_room(struct exec_strings *strings, size_t bytes)
{
	size_t room = MAX(strings->room, (size_t)ROOM_FIRST);

	if (bytes > EXEC_STRINGS_MAX - strings->bytes)
		return -E2BIG;
	while (room < strings->bytes + bytes)
		room *= 2;
	if (room == strings->room)
		return 0;
	char *text = heap_realloc(strings->text, room);

	if (!text)
		return -ENOMEM;
	strings->text = text;
	strings->room = room;
	return 0;
}

int64_t exec_strings_add(struct exec_strings *strings, const char *text)
{
	size_t bytes = strlen(text) + 1;
	int64_t error = need_room(strings, bytes);

	if (error)
		return error;
	memcpy(strings->text + strings->bytes, text, bytes);
	strings->bytes += bytes;
	strings->count++;
	return 0;
}

int64_t exec_strings_prepend(struct exec_strings *strings, const char *text)
{
	size_t bytes = strlen(text) + 1;
	int64_t error = need_room(strings, bytes);

	if (error)
		return error;
	memmove(strings->text + bytes, strings->text, strings->bytes);
	memcpy(strings->text, text, bytes);
	strings->bytes += bytes;
	strings->count++;
	return 0;
}

void exec_strings_drop_first(struct exec_strings *strings)
{
	if (strings->count == 0)
		return;
	size_t bytes = strlen(strings->text) + 1;

	memmove(strings->text, strings->text + bytes, strings->bytes - bytes);
	strings->bytes -= bytes;
	strings->count--;
}

/* In pieces, so that a short string costs little room. */
static int64_t add_from_guest(struct task *task, struct exec_strings *strings, uint64_t u_string)
{
	size_t piece = 256;

	for (;;) {
		int64_t error = need_room(strings, piece);

		if (error)
			return error;
		int64_t len = strncpy_from_guest(task, strings->text + strings->bytes, u_string,
		                                 piece);

		if (len >= 0) {
			strings->bytes += (size_t)len + 1;
			strings->count++;
			return 0;
		}
		if (len != -ENAMETOOLONG)
			return len;
		if (piece >= EXEC_STRING_MAX)
			return -E2BIG;
		piece = MIN(piece * 8, (size_t)EXEC_STRING_MAX);
	}
}

int64_t exec_strings_from_guest(struct task *task, struct exec_strings *strings, uint64_t u_array)
{
	for (uint64_t i = 0; u_array != 0; i++) {
		uint64_t u_string;

		if (get_guest_u64(task, u_array + i * sizeof(u_string), &u_string) != 0)
			return -EFAULT;
		if (u_string == 0)
			return 0;
		/* Each pointer counts too: an array of empty strings is bounded by its own length. */
		if (i * sizeof(u_string) > EXEC_STRINGS_MAX)
			return -E2BIG;
		int64_t error = add_from_guest(task, strings, u_string);

		if (error)
			return error;
	}
	return 0;
}
