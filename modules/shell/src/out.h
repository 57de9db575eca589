/*
 * What built-ins print: buffered, to a descriptor or into memory.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct out {
	char *buffer;
	size_t len, cap;
	bool captures; /* everything stays in the buffer */
	int error;     /* errno of a failed write, until out_flush tells it */
};

struct shell;

void out_bytes(struct shell *sh, const char *bytes, size_t len);
void out_string(struct shell *sh, const char *string);
void out_char(struct shell *sh, char c);
void out_format(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with a format that the caller made and checked. */
void out_format_at(struct shell *sh, const char *format, ...);

/* Quoted so that the shell reads it back as one word. */
void out_quoted(struct shell *sh, const char *string);

/* Writes what is waiting; false (with errno) when something since the last flush could not be written. */
bool out_flush(struct shell *sh);
