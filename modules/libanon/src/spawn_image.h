/*
 * The half of spawn that puts an image into a new process; not for programs.
 */
#pragma once
#include <libanon/spawn.h>

/* Maps a memory object's pages at an address of the process. */
status_t spawn_map(const struct spawn *spawn, handle_t memory, uint64_t offset, uint64_t address,
                   uint64_t bytes, uint32_t flags);
/* Checks and maps the image; sets entry, next_address and the start page's image bounds. */
status_t spawn_load(struct spawn *spawn, struct spawn_image image, uint64_t seed);
