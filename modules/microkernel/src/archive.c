/*
 * Boot archive, newc cpio (header "070701", eight hexadecimal digits a field, name and content padded to 4 bytes).
 * It comes from the boot loader, so every length is checked against what is left.
 */
#include "archive.h"
#include <base/bits.h>
#include <base/string.h>
#include "arch/arch.h"

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

struct member {
	const char *name;
	uint64_t name_bytes; /* terminated, and maybe padded with further zeros */
	uint64_t data, bytes;
};

/* The member at *at, which moves behind it; false where the archive ends or breaks off. */
static bool next_member(const char *base, uint64_t bytes, uint64_t *at, struct member *out)
{
	if (*at + HEADER_BYTES > bytes || memcmp(base + *at, "070701", 6) != 0)
		return false;
	if (!read_field(base + *at, FIELD_NAME_BYTES, &out->name_bytes) ||
	    !read_field(base + *at, FIELD_FILE_BYTES, &out->bytes))
		return false;
	out->name = base + *at + HEADER_BYTES;
	out->data = align_up(*at + HEADER_BYTES + out->name_bytes, 4);
	if (out->data + out->bytes > bytes)
		return false;
	*at = align_up(out->data + out->bytes, 4);
	return true;
}

static bool is_named(const struct member *member, const char *name)
{
	uint64_t wanted = strlen(name) + 1;

	return member->name_bytes >= wanted && memcmp(member->name, name, wanted) == 0;
}

bool archive_find(const void *archive, uint64_t bytes, const char *name, const void **out_data,
                  uint64_t *out_bytes)
{
	struct member member;
	uint64_t at = 0;

	while (next_member(archive, bytes, &at, &member)) {
		if (!is_named(&member, name))
			continue;
		*out_data = (const char *)archive + member.data;
		*out_bytes = member.bytes;
		return true;
	}
	return false;
}

uint64_t archive_pages(const void *archive, uint64_t bytes)
{
	struct member member;
	uint64_t at = 0;

	while (next_member(archive, bytes, &at, &member)) {
		if (is_named(&member, "TRAILER!!!"))
			return MIN(align_up(at, PAGE_SIZE), align_up(bytes, PAGE_SIZE));
	}
	return align_up(bytes, PAGE_SIZE);
}
