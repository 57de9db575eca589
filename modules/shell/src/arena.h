/*
 * Region allocation: objects of one life time, freed together.
 *
 * An arena is used as a stack (mark, allocate, release to the mark); a region is an arena with a reference count,
 * for syntax trees that functions keep. Running out of memory ends the program with a message.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct arena_chunk {
	struct arena_chunk *below;
	char *end;
};

struct arena {
	struct arena_chunk *top;
	char *at, *end;
};

struct arena_mark {
	struct arena_chunk *chunk;
	char *at;
};

struct region {
	struct arena arena;
	unsigned references;
};

void *arena_slow(struct arena *arena, size_t size);
void arena_release(struct arena *arena, struct arena_mark mark);
void arena_free(struct arena *arena);
char *arena_text(struct arena *arena, const char *text, size_t len);

struct region *region_new(void);
void region_keep(struct region *region);
void region_drop(struct region *region);

/* Memory of the C library that is there, or the program ends. */
void *memory_new(size_t size);
void *memory_resize(void *old, size_t size);
char *memory_text(const char *text, size_t len);

#define ARENA_ALIGN 8

static inline void *arena_alloc(struct arena *arena, size_t size)
{
	char *at = arena->at;

	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size > (size_t)(arena->end - at))
		return arena_slow(arena, size);
	arena->at = at + size;
	return at;
}

static inline struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){arena->top, arena->at};
}

/* A growing text at the top of an arena; always ended by a NUL once text_end was called. */
struct text {
	struct arena *arena;
	char *start;
	size_t len, cap;
};

void text_grow(struct text *text, size_t more);
char *text_end(struct text *text);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void text_begin(struct text *text, struct arena *arena)
{
	*text = (struct text){arena, NULL, 0, 0};
}

static inline void text_char(struct text *text, char c)
{
	if (text->len + 1 >= text->cap)
		text_grow(text, 1);
	text->start[text->len++] = c;
}

void text_bytes(struct text *text, const char *bytes, size_t len);
void text_string(struct text *text, const char *string);
