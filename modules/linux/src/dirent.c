/*
 * linux_dirent64 records: inode, position behind it, record length, type, name; each 8-byte aligned.
 */
#include "dirent.h"
#include "fs_abi.h"
#include <base/bits.h>
#include <base/string.h>

#define TYPE_AT 18 /* where linux_dirent has its name already */

bool dirent_pack(struct dirent_buffer *buffer, const char *name, uint64_t inode, uint8_t type,
                 uint64_t next)
{
	size_t len = strlen(name);
	size_t record = align_up(DIRENT64_NAME_AT + len + 1, 8);
	uint8_t *at = buffer->bytes + buffer->used;
	uint16_t record_len = (uint16_t)record;
	if (record > buffer->size - buffer->used)
		return false;
	memset(at, 0, record);
	memcpy(at, &inode, sizeof(inode));
	memcpy(at + 8, &next, sizeof(next));
	memcpy(at + 16, &record_len, sizeof(record_len));
	at[TYPE_AT] = type;
	memcpy(at + DIRENT64_NAME_AT, name, len);
	buffer->used += record;
	return true;
}

void dirent_make_old(struct dirent_buffer *buffer)
{
	uint16_t record_len;
	for (size_t at = 0; at < buffer->used; at += record_len) {
		uint8_t *record = buffer->bytes + at;
		uint8_t type = record[TYPE_AT];
		memcpy(&record_len, record + 16, sizeof(record_len));
		memmove(record + TYPE_AT, record + DIRENT64_NAME_AT, record_len - DIRENT64_NAME_AT);
		record[record_len - 1] = type;
	}
}
