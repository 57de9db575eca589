/* A disk image in a host file, opened as a store. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <distributed-fs/store.h>

struct image {
	struct store_ops ops;
	struct store *store;
	const char *path;
	int fd;
};

enum image_use {
	IMAGE_READ,   /* nothing is written */
	IMAGE_WRITE,  /* must hold a store */
	IMAGE_CREATE, /* a blank image is formatted with the default tree */
};

/* All print what is wrong and return false then. image_format takes an open, bare image. */
bool image_open_bare(struct image *image, const char *path, bool is_writable);
bool image_open(struct image *image, const char *path, enum image_use use);
bool image_format(struct image *image, bool may_overwrite);
/* Commits what is not committed. */
bool image_commit(struct image *image);
void image_close(struct image *image);

const char *status_text(status_t status);
/* "anonstore: WHAT: reason" on standard error; returns false. */
bool complain(const char *what, status_t status);
