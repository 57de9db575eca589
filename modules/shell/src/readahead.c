/*
 * Reading ahead. `read` and scripts on standard input may take no more than they need, since other programs go on
 * reading there. Of a file we read a block all the same and put the offset back before anybody can notice: before a
 * process starts, output is written or descriptors change. What cannot seek is read byte by byte.
 */
#include "readahead.h"
#include "arena.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void readahead_give_back(struct shell *sh)
{
	struct readahead *ahead = sh->readahead;

	if (ahead->at < ahead->len)
		lseek(ahead->fd, (off_t)ahead->at - (off_t)ahead->len, SEEK_CUR);
	ahead->at = ahead->len = 0;
}

void readahead_free(struct shell *sh)
{
	readahead_sync(sh);
	free(sh->readahead);
	sh->readahead = NULL;
}

/* Fills the buffer; like read, 0 at the end. */
static ssize_t readahead_fill(struct shell *sh, int fd)
{
	struct readahead *ahead = sh->readahead;
	ssize_t done;

	if (!ahead) {
		ahead = sh->readahead = memory_new(sizeof(*ahead));
		ahead->fd = -1;
	}
	ahead->at = ahead->len = 0;
	ahead->fd = fd;
	ahead->is_seekable = lseek(fd, 0, SEEK_CUR) >= 0;
	done = read(fd, ahead->bytes, ahead->is_seekable ? sizeof(ahead->bytes) : 1);
	if (done > 0)
		ahead->len = (size_t)done;
	return done;
}

int readahead_byte(struct shell *sh, int fd)
{
	struct readahead *ahead = sh->readahead;
	ssize_t done;

	if (!ahead || ahead->fd != fd || ahead->at == ahead->len) {
		if (ahead && ahead->fd != fd)
			readahead_sync(sh);
		done = readahead_fill(sh, fd);
		if (done <= 0)
			return done == 0 ? -1 : -2;
		ahead = sh->readahead;
	}
	return (unsigned char)ahead->bytes[ahead->at++];
}

const char *readahead_peek(struct shell *sh, int fd, size_t *out_len)
{
	struct readahead *ahead = sh->readahead;
	const char *newline;

	if (!ahead || ahead->fd != fd || ahead->at == ahead->len)
		return NULL;
	newline = memchr(ahead->bytes + ahead->at, '\n', ahead->len - ahead->at);
	*out_len = newline ? (size_t)(newline - ahead->bytes) - ahead->at : ahead->len - ahead->at;
	return ahead->bytes + ahead->at;
}

void readahead_take(struct shell *sh, size_t len)
{
	sh->readahead->at += len;
}
