/*
 * Input that was read ahead from a descriptor which others may read, too.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct shell;

/* The next byte of a descriptor; -1: the end, -2: an error or a signal (errno). */
int readahead_byte(struct shell *sh, int fd);

/* What is there already, up to a newline or its end, without taking it; NULL: nothing. */
const char *readahead_peek(struct shell *sh, int fd, size_t *out_len);
void readahead_take(struct shell *sh, size_t len);

/* Puts the file's offset where our reading has come to. Before anybody else may read or look. */
void readahead_give_back(struct shell *sh);
void readahead_free(struct shell *sh);

struct readahead {
	int fd;
	bool is_seekable;
	size_t at, len;
	char bytes[4096];
};

#include "shell.h"

static inline void readahead_sync(struct shell *sh)
{
	if (sh->readahead && sh->readahead->len)
		readahead_give_back(sh);
}
