/*
 * The boot archive: just enough of the newc cpio format to find init, and the end.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* The content of the file of that name within the archive. */
bool archive_find(const void *archive, uint64_t bytes, const char *name, const void **out_data,
                  uint64_t *out_bytes);
/* Bytes from its start to the end of the page in which its trailer ends, where a second archive may begin. */
uint64_t archive_pages(const void *archive, uint64_t bytes);
