/*
 * Reader of a newc cpio archive in memory, such as the boot archive. Trusts nothing in it. Names are
 * compared without leading "/" and "./".
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <microkernel/abi.h>

struct archive {
	const uint8_t *bytes;
	uint64_t size;
};

#define ARCHIVE_TYPE_MASK 0170000u
#define ARCHIVE_FILE 0100000u
#define ARCHIVE_DIRECTORY 0040000u
#define ARCHIVE_LINK 0120000u

struct archive_entry {
	const char *name; /* in the archive; terminated, without leading "/" and "./" */
	uint64_t offset;  /* of the contents, from the archive's start */
	uint64_t bytes;
	const uint8_t *data;
	uint32_t mode;
};

void archive_init(struct archive *archive, const void *bytes, uint64_t size);
/* From *cursor = 0 on. E_NOENT behind the last entry, E_CORRUPT where it breaks off. */
status_t archive_next(const struct archive *archive, uint64_t *cursor, struct archive_entry *out);
/* E_NOENT when there is none; a later entry of the same name does not count. */
status_t archive_find(const struct archive *archive, const char *name, struct archive_entry *out);
