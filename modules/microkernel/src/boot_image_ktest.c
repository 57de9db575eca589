/*
 * The boot archive and the first program as they should never be: each damage is refused, and reading stays inside.
 */
#include <stddef.h>
#include <base/string.h>
#include <microkernel/errors.h>
#include "archive.h"
#include "elf.h"
#include "ktest_fixture.h"

#define BASE (NATIVE_BASE + (1ul << 30))
#define PROGRAM_AT 64u

/* The bytes of an ELF64 file that are looked at. */
struct image {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_offset, section_offset;
	uint32_t flags;
	uint16_t header_bytes, program_bytes, program_count, section_bytes, section_count,
		section_names;
	uint32_t segment, access;
	uint64_t offset, address, physical, file_bytes, memory_bytes, align;
	char text[8];
};

static const struct image good = {
	.ident = "\177ELF\2\1",
	.type = 3,
	.machine = 62,
	.entry = 16,
	.program_offset = PROGRAM_AT,
	.program_bytes = 56,
	.program_count = 1,
	.segment = 1,
	.offset = offsetof(struct image, text),
	.file_bytes = 8,
	.memory_bytes = 5000,
	.text = "content",
};

static status_t load(const struct image *image, uint64_t bytes)
{
	struct fixture f = fixture_create(100);
	uint64_t end = 0;
	uint64_t entry = 0;
	status_t status = elf_load(f.process, image, bytes, BASE, &end, &entry);

	if (status == OK) {
		KCHECK(entry == BASE + 16 && end == BASE + 2 * PAGE_SIZE);
		KCHECK(strcmp((char *)fixture_touch(&f.process->aspace, BASE, MAP_READ),
		              "content") == 0);
	}
	fixture_destroy(&f);
	return status;
}

KTEST(a_good_image_is_loaded)
{
	KCHECK(load(&good, sizeof(good)) == OK);
}

#define DAMAGED(field, value) \
	{ \
		offsetof(struct image, field), sizeof(((struct image *)0)->field), value \
	}

KTEST(damaged_images_are_refused)
{
	static const struct {
		uint64_t at, size, value;
	} damages[] = {
		DAMAGED(ident[0], 0),
		DAMAGED(ident[4], 1),
		DAMAGED(type, 2),
		DAMAGED(machine, 3),
		DAMAGED(program_bytes, 55),
		DAMAGED(program_offset, UINT64_MAX),
		DAMAGED(program_offset, sizeof(struct image)),
		DAMAGED(program_count, 3),
		DAMAGED(offset, UINT64_MAX),
		DAMAGED(file_bytes, 9),
		DAMAGED(file_bytes, UINT64_MAX),
		DAMAGED(memory_bytes, 7),
		DAMAGED(memory_bytes, UINT64_MAX),
		DAMAGED(address, UINT64_MAX - 4000),
		DAMAGED(address, 64ul << 20),
	};

	for (unsigned i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct image image = good;

		memcpy((char *)&image + damages[i].at, &damages[i].value, damages[i].size);
		KCHECK(load(&image, sizeof(image)) == E_INVAL);
	}
	for (uint64_t bytes = 0; bytes < sizeof(good) - sizeof(good.text) + 8; bytes++)
		KCHECK(load(&good, bytes) == E_INVAL);
}

/* What cannot be mapped there: a segment over another one. */
KTEST(segments_do_not_overlap)
{
	struct {
		struct image first;
		uint8_t second[56];
	} image = {.first = good};

	memcpy((char *)&image + PROGRAM_AT + 56, &good.segment, 56);
	image.first.program_count = 2;
	KCHECK(load(&image.first, sizeof(image)) == E_EXIST);
}

/* --- the archive --- */

static const char archive[] = "070701"
			      "00000001"
			      "000081A4"
			      "00000000"
			      "00000000"
			      "00000001"
			      "00000000"
			      "00000004"
			      "00000000"
			      "00000000"
			      "00000000"
			      "00000000"
			      "0000000a"
			      "00000000"
			      "some/name\0"
			      "text"
			      "070701";
#define ARCHIVE_BYTES (sizeof(archive) - 1)
#define FILE_BYTES_AT (6 + 6 * 8)
#define NAME_BYTES_AT (6 + 11 * 8)

static bool finds(const char *bytes, uint64_t count, const char *name)
{
	const void *data;
	uint64_t len;

	if (!archive_find(bytes, count, name, &data, &len))
		return false;
	KCHECK((const char *)data + len <= bytes + count);
	KCHECK(len == 4 && memcmp(data, "text", 4) == 0);
	return true;
}

KTEST(names_are_found_in_a_good_archive)
{
	KCHECK(finds(archive, ARCHIVE_BYTES, "some/name"));
	KCHECK(!finds(archive, ARCHIVE_BYTES, "some/nam"));
	KCHECK(!finds(archive, ARCHIVE_BYTES, "some/name/more"));
}

KTEST(damaged_archives_hold_nothing)
{
	static const struct {
		unsigned at;
		char digits[9];
	} damages[] = {
		{FILE_BYTES_AT, "0000000g"}, {FILE_BYTES_AT, "FFFFFFFF"},
		{NAME_BYTES_AT, "ffffffff"}, {NAME_BYTES_AT, "00000009"},
		{NAME_BYTES_AT, "-000000a"},
	};
	char damaged[sizeof(archive)];

	for (unsigned i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		memcpy(damaged, archive, sizeof(archive));
		memcpy(damaged + damages[i].at, damages[i].digits, 8);
		KCHECK(!finds(damaged, ARCHIVE_BYTES, "some/name"));
	}
	for (uint64_t bytes = 0; bytes < ARCHIVE_BYTES - 6; bytes++)
		KCHECK(!finds(archive, bytes, "some/name"));
}
