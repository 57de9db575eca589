/*
 * Boot archive, newc cpio (header "070701", eight hexadecimal digits a field, name and content padded to 4 bytes).
 * It comes from the boot loader, so every length is checked against what is left.
 */
#include "archive.h"
#include <base/bits.h>
#include <base/string.h>

#define HEADER_BYTES 110u
#define FIELD_FILE_BYTES 6u
#define FIELD_NAME_BYTES 11u

static bool read_field(const char *header, unsigned field, uint64_t *out)
{
	const char *digits = header + 6 + field * 8;
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++) {
		char c = digits[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value = value << 4 | (uint64_t)(c - 'A' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

bool archive_find(const void *archive, uint64_t bytes, const char *name, const void **out_data,
                  uint64_t *out_bytes)
{
	const char *base = archive;
	uint64_t wanted = strlen(name) + 1; /* names may be padded with further zeros */
	uint64_t at = 0;

	while (at + HEADER_BYTES <= bytes && memcmp(base + at, "070701", 6) == 0) {
		uint64_t name_bytes;
		uint64_t file_bytes;
		uint64_t data;

		if (!read_field(base + at, FIELD_NAME_BYTES, &name_bytes) ||
		    !read_field(base + at, FIELD_FILE_BYTES, &file_bytes))
			return false;
		data = align_up(at + HEADER_BYTES + name_bytes, 4);
		if (data + file_bytes > bytes)
			return false;
		if (name_bytes >= wanted && memcmp(base + at + HEADER_BYTES, name, wanted) == 0) {
			*out_data = base + data;
			*out_bytes = file_bytes;
			return true;
		}
		at = align_up(data + file_bytes, 4);
	}
	return false;
}
