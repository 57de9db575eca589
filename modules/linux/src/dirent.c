/*
 * linux_dirent64 records: inode, position behind it, record length, type, name; each 8-byte aligned.
 */
#include "dirent.h"
#include "fs_abi.h"
#include <base/bits.h>
#include <base/string.h>

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
	at[18] = type;
	memcpy(at + DIRENT64_NAME_AT, name, len);
	buffer->used += record;
	return true;
}
