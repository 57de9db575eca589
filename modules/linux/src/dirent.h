/* Packing directory entries as getdents64 and getdents return them. Pure; readdir.c feeds it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dirent_buffer {
	uint8_t *bytes;
	size_t size, used;
};

/* False when it does not fit. `next` is the position behind the entry. */
bool dirent_pack(struct dirent_buffer *buffer, const char *name, uint64_t inode, uint8_t type,
                 uint64_t next);
/* Makes what was packed into what getdents returns: as long, but with the type last. */
void dirent_make_old(struct dirent_buffer *buffer);
