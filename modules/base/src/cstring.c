/*
 * The C library's memory and string functions for freestanding builds; empty in hosted ones. Called by
 * everyone, and by code that the compiler makes up.
 *
 * Up to 64 bytes are moved with overlapping loads and stores, all loads first, so the same code serves
 * memmove. Above, `rep movsq` is used: an instruction per 8 bytes, and no vector registers. The pragma
 * keeps the compiler from turning a loop in memset into a call to memset. The test includes this file with
 * CSTRING_NAME defined, under other names.
 */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#include <stddef.h>
#include <stdint.h>
#include <base/string.h>

#ifndef CSTRING_NAME
#define CSTRING_NAME(name) name
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#endif

#if !__STDC_HOSTED__ || defined CSTRING_TEST

struct word16 {
	uint16_t value;
} __attribute__((packed, may_alias));
struct word32 {
	uint32_t value;
} __attribute__((packed, may_alias));
struct word64 {
	uint64_t value;
} __attribute__((packed, may_alias));

static inline uint64_t load64(const void *at)
{
	return ((const struct word64 *)at)->value;
}

static inline void store64(void *at, uint64_t value)
{
	((struct word64 *)at)->value = value;
}

static inline uint32_t load32(const void *at)
{
	return ((const struct word32 *)at)->value;
}

static inline void store32(void *at, uint32_t value)
{
	((struct word32 *)at)->value = value;
}

static inline void copy_below_8(char *to, const char *from, size_t len)
{
	if (len >= 4) {
		uint32_t head = load32(from), tail = load32(from + len - 4);
		store32(to, head);
		store32(to + len - 4, tail);
	} else if (len) {
		char head = from[0], middle = from[len / 2], tail = from[len - 1];
		to[0] = head;
		to[len / 2] = middle;
		to[len - 1] = tail;
	}
}

static inline void copy_8_to_16(char *to, const char *from, size_t len)
{
	uint64_t head = load64(from), tail = load64(from + len - 8);

	store64(to, head);
	store64(to + len - 8, tail);
}

static inline void copy_17_to_32(char *to, const char *from, size_t len)
{
	uint64_t a = load64(from), b = load64(from + 8);
	uint64_t c = load64(from + len - 16), d = load64(from + len - 8);

	store64(to, a);
	store64(to + 8, b);
	store64(to + len - 16, c);
	store64(to + len - 8, d);
}

static inline void copy_33_to_64(char *to, const char *from, size_t len)
{
	const char *end = from + len;
	uint64_t a = load64(from), b = load64(from + 8), c = load64(from + 16);
	uint64_t d = load64(from + 24), e = load64(end - 32), f = load64(end - 24);
	uint64_t g = load64(end - 16), h = load64(end - 8);

	store64(to, a);
	store64(to + 8, b);
	store64(to + 16, c);
	store64(to + 24, d);
	store64(to + len - 32, e);
	store64(to + len - 24, f);
	store64(to + len - 16, g);
	store64(to + len - 8, h);
}

static inline void copy_up_to_64(char *to, const char *from, size_t len)
{
	if (len < 8)
		copy_below_8(to, from, len);
	else if (len <= 16)
		copy_8_to_16(to, from, len);
	else if (len <= 32)
		copy_17_to_32(to, from, len);
	else
		copy_33_to_64(to, from, len);
}

/* Also right for overlapping areas with `to` below `from`: the last word is loaded first. */
static inline void copy_forward(char *to, const char *from, size_t len)
{
	uint64_t tail = load64(from + len - 8);
	char *last = to + len - 8;
	size_t words = len / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	store64(last, tail);
}

static inline void copy_backward(char *to, const char *from, size_t len)
{
	uint64_t head = load64(from);
	size_t at = len;

	for (; at >= 8; at -= 8)
		store64(to + at - 8, load64(from + at - 8));
	store64(to, head);
}

void *CSTRING_NAME(memcpy)(void *restrict to, const void *restrict from, size_t len)
{
	if (len <= 64)
		copy_up_to_64(to, from, len);
	else
		copy_forward(to, from, len);
	return to;
}

void *CSTRING_NAME(memmove)(void *to, const void *from, size_t len)
{
	if (len <= 64)
		copy_up_to_64(to, from, len);
	else if ((uintptr_t)to - (uintptr_t)from >= len)
		copy_forward(to, from, len);
	else
		copy_backward(to, from, len);
	return to;
}

static inline void set_below_8(char *to, uint64_t pattern, size_t len)
{
	if (len >= 4) {
		store32(to, (uint32_t)pattern);
		store32(to + len - 4, (uint32_t)pattern);
	} else if (len) {
		to[0] = (char)pattern;
		to[len / 2] = (char)pattern;
		to[len - 1] = (char)pattern;
	}
}

void *CSTRING_NAME(memset)(void *to, int value, size_t len)
{
	uint64_t pattern = (uint64_t)(unsigned char)value * 0x0101010101010101ull;
	char *at = to;
	size_t words = len / 8;

	if (len < 8) {
		set_below_8(to, pattern, len);
		return to;
	}
	store64(at + len - 8, pattern);
	if (len <= 32) {
		for (size_t i = 0; i < words; i++)
			store64(at + i * 8, pattern);
		return to;
	}
	__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(pattern) : "memory");
	return to;
}

int CSTRING_NAME(memcmp)(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	for (; len >= 8 && load64(x) == load64(y); len -= 8) {
		x += 8;
		y += 8;
	}
	if (len >= 4 && load32(x) == load32(y)) {
		x += 4;
		y += 4;
		len -= 4;
	}
	for (; len; len--, x++, y++) {
		if (*x != *y)
			return *x < *y ? -1 : 1;
	}
	return 0;
}

void *CSTRING_NAME(memchr)(const void *from, int value, size_t len)
{
	const unsigned char *at = from;

	for (; len; len--, at++) {
		if (*at == (unsigned char)value)
			return (void *)(uintptr_t)at;
	}
	return NULL;
}

size_t CSTRING_NAME(strlen)(const char *text)
{
	const char *end = text;

	while (*end)
		end++;
	return (size_t)(end - text);
}

size_t CSTRING_NAME(strnlen)(const char *text, size_t max)
{
	size_t len = 0;

	while (len < max && text[len])
		len++;
	return len;
}

int CSTRING_NAME(strcmp)(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int CSTRING_NAME(strncmp)(const char *a, const char *b, size_t max)
{
	for (; max; max--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (!*a)
			return 0;
	}
	return 0;
}

char *CSTRING_NAME(strchr)(const char *text, int c)
{
	for (;; text++) {
		if (*text == (char)c)
			return (char *)(uintptr_t)text;
		if (!*text)
			return NULL;
	}
}

char *CSTRING_NAME(strrchr)(const char *text, int c)
{
	const char *found = NULL;

	for (;; text++) {
		if (*text == (char)c)
			found = text;
		if (!*text)
			return (char *)(uintptr_t)found;
	}
}

#endif
