/* Paths in the image, and paths that grow and shrink during a walk. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <distributed-fs/store.h>

#include "image.h"

struct path {
	char text[4096];
	size_t len;
};

/* Fails (with a message) when the path would be too long. */
bool path_set(struct path *path, const char *text);
bool path_push(struct path *path, const char *name);
void path_cut(struct path *path, size_t len);
/* The last component of a path, without trailing slashes; "" of the root. */
const char *path_name(const char *text, size_t *out_len);

/* Follows no symbolic links. Prints what is wrong. */
bool guest_find(struct image *image, const char *path, uint64_t *out_inode);
/* The directory `path` lies in; makes it and what is above it as needed. */
bool guest_make_parents(struct image *image, const char *path, uint64_t *out_dir);
bool guest_is_dir(struct image *image, const char *path);
