/*
 * Memory and string functions. Hosted builds take the C library's; freestanding ones take src/string.c,
 * under the C names because the compiler emits calls to them. The macros let the compiler expand small
 * constant sizes in place, which -ffreestanding alone would not.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *from, int value, size_t len);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);

#define memcpy(to, from, len) __builtin_memcpy(to, from, len)
#define memmove(to, from, len) __builtin_memmove(to, from, len)
#define memset(to, value, len) __builtin_memset(to, value, len)
#define memcmp(a, b, len) __builtin_memcmp(a, b, len)
#define strlen(text) __builtin_strlen(text)
#define strcmp(a, b) __builtin_strcmp(a, b)
#endif

/* Copies with a terminator, cutting at size - 1 characters; false when it was cut. size is at least 1. */
bool string_copy(char *to, const char *from, size_t size);
/* The same from `len` characters without a terminator. */
bool string_copy_len(char *to, const char *from, size_t len, size_t size);
