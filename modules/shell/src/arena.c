/*
 * Region allocation, see arena.h. Chunks come from the C library; a few spare ones are kept, since each command
 * begins and ends a region.
 */
#include "arena.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With sanitizers almost every object gets a chunk of its own, so that they see what is done to it. */
#if DEBUG
#define CHUNK_BYTES 24
#define SPARE_CHUNKS 0
#else
#define CHUNK_BYTES 8176
#define SPARE_CHUNKS 4
#endif

static struct arena_chunk *spare;
static unsigned spare_count;

static void out_of_memory(void)
{
	static const char words[] = "sh: out of memory\n";

	if (write(2, words, sizeof(words) - 1) < 0)
		_exit(2);
	_exit(2);
}

void *memory_new(size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *memory_resize(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

char *memory_text(const char *text, size_t len)
{
	char *copy = memory_new(len + 1);

	memcpy(copy, text, len);
	copy[len] = 0;
	return copy;
}

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *chunk;

	if (size <= CHUNK_BYTES - sizeof(*chunk) && spare) {
		chunk = spare;
		spare = chunk->below;
		spare_count--;
		return chunk;
	}
	if (size < CHUNK_BYTES - sizeof(*chunk))
		size = CHUNK_BYTES - sizeof(*chunk);
	chunk = memory_new(sizeof(*chunk) + size);
	chunk->end = (char *)(chunk + 1) + size;
	return chunk;
}

static void chunk_free(struct arena_chunk *chunk)
{
	bool usual = (size_t)(chunk->end - (char *)chunk) == CHUNK_BYTES;

	if (!usual || spare_count == SPARE_CHUNKS) {
		free(chunk);
		return;
	}
	chunk->below = spare;
	spare = chunk;
	spare_count++;
}

void *arena_slow(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = chunk_new(size);

	chunk->below = arena->top;
	arena->top = chunk;
	arena->at = (char *)(chunk + 1) + size;
	arena->end = chunk->end;
	return chunk + 1;
}

void arena_release(struct arena *arena, struct arena_mark mark)
{
	while (arena->top != mark.chunk) {
		struct arena_chunk *chunk = arena->top;

		arena->top = chunk->below;
		chunk_free(chunk);
	}
	arena->at = mark.at;
	arena->end = mark.chunk ? mark.chunk->end : mark.at;
}

void arena_free(struct arena *arena)
{
	arena_release(arena, (struct arena_mark){NULL, NULL});
}

char *arena_text(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	copy[len] = 0;
	return copy;
}

struct region *region_new(void)
{
	struct arena arena = {NULL, NULL, NULL};
	struct region *region = arena_alloc(&arena, sizeof(*region));

	region->arena = arena;
	region->references = 1;
	return region;
}

void region_keep(struct region *region)
{
	region->references++;
}

void region_drop(struct region *region)
{
	struct arena arena;

	if (--region->references)
		return;
	arena = region->arena;
	arena_free(&arena);
}

/* Room for more bytes and a NUL: in place when the text is the arena's last object, else by moving it. */
void text_grow(struct text *text, size_t more)
{
	struct arena *arena = text->arena;
	size_t need = text->len + more + 1, cap = text->cap ? text->cap * 2 : 32;
	char *start;

	if (cap < need)
		cap = need;
	cap = (cap + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (text->start && text->start + text->cap == arena->at &&
	    cap - text->cap <= (size_t)(arena->end - arena->at)) {
		arena->at += cap - text->cap;
	} else {
		start = arena_alloc(arena, cap);
		if (text->len)
			memcpy(start, text->start, text->len);
		text->start = start;
	}
	text->cap = cap;
}

/* Ends the text with a NUL and gives back what it did not use. */
char *text_end(struct text *text)
{
	struct arena *arena = text->arena;
	size_t used;

	if (text->len + 1 > text->cap)
		text_grow(text, 0);
	text->start[text->len] = 0;
	used = (text->len + ARENA_ALIGN) & ~(size_t)(ARENA_ALIGN - 1);
	if (text->start + text->cap == arena->at && used < text->cap) {
		arena->at = text->start + used;
		text->cap = used;
	}
	return text->start;
}

void text_bytes(struct text *text, const char *bytes, size_t len)
{
	if (len == 0)
		return;
	if (text->len + len + 1 > text->cap)
		text_grow(text, len);
	memcpy(text->start + text->len, bytes, len);
	text->len += len;
}

void text_string(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (text->len + (size_t)len + 1 > text->cap)
		text_grow(text, (size_t)len);
	va_start(args, format);
	vsnprintf(text->start + text->len, (size_t)len + 1, format, args);
	va_end(args);
	text->len += (size_t)len;
}
