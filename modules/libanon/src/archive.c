/*
 * Reader of newc cpio archives. A member is a header of 110 characters, the name with its terminator, and
 * the contents, the last two padded so that what follows lies at a multiple of 4. All numbers are 8
 * hexadecimal digits; none of them is believed before it has been checked against the archive's size.
 */
#include <base/bits.h>
#include <base/parse.h>
#include <base/string.h>
#include <libanon/archive.h>
#include <microkernel/errors.h>

#define HEADER_BYTES 110u
#define AT_MODE 14u
#define AT_FILE_SIZE 54u
#define AT_NAME_SIZE 94u

static bool read_field(const char *header, unsigned at, uint64_t *out)
{
	return parse_digits(header + at, 8, 16, out);
}

static bool has_magic(const char *header)
{
	return memcmp(header, "070701", 6) == 0 || memcmp(header, "070702", 6) == 0;
}

static const char *without_root(const char *name)
{
	for (;;) {
		if (name[0] == '/')
			name++;
		else if (name[0] == '.' && name[1] == '/')
			name += 2;
		else
			return name;
	}
}

void archive_init(struct archive *archive, const void *bytes, uint64_t size)
{
	archive->bytes = bytes;
	archive->size = size;
}

/* The member at `at`, which lies within the archive. *out_end is where the next one starts. */
static bool read_member(const struct archive *archive, uint64_t at, struct archive_entry *out,
                        uint64_t *out_end)
{
	const char *header = (const char *)archive->bytes + at;
	uint64_t left = archive->size - at, mode, file_bytes, name_bytes, data_at;

	if (left < HEADER_BYTES || !has_magic(header))
		return false;
	if (!read_field(header, AT_MODE, &mode) || !read_field(header, AT_FILE_SIZE, &file_bytes) ||
	    !read_field(header, AT_NAME_SIZE, &name_bytes))
		return false;
	/* Fields are below 2^32, so these sums do not overflow. */
	data_at = align_up(HEADER_BYTES + name_bytes, 4);
	if (name_bytes == 0 || data_at > left || file_bytes > left - data_at)
		return false;
	if (header[HEADER_BYTES + name_bytes - 1] != '\0')
		return false;
	*out = (struct archive_entry){
		.name = without_root(header + HEADER_BYTES),
		.offset = at + data_at,
		.bytes = file_bytes,
		.data = archive->bytes + at + data_at,
		.mode = (uint32_t)mode,
	};
	*out_end = at + MIN(left, align_up(data_at + file_bytes, 4));
	return true;
}

status_t archive_next(const struct archive *archive, uint64_t *cursor, struct archive_entry *out)
{
	struct archive_entry entry;
	uint64_t end;

	if (*cursor > archive->size || !read_member(archive, *cursor, &entry, &end))
		return E_CORRUPT;
	if (strcmp(entry.name, "TRAILER!!!") == 0)
		return E_NOENT;
	*cursor = end;
	*out = entry;
	return OK;
}

status_t archive_find(const struct archive *archive, const char *name, struct archive_entry *out)
{
	uint64_t cursor = 0;
	struct archive_entry entry;
	status_t status;

	name = without_root(name);
	do {
		status = archive_next(archive, &cursor, &entry);
		if (status != OK)
			return status;
	} while (strcmp(entry.name, name) != 0);
	*out = entry;
	return OK;
}
