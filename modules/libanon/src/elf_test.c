/*
 * ELF validation: a good image, every rule broken once, and random damage, after which whatever is still
 * accepted must keep all promises of elf.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <base/random.h>
#include <base/test.h>
#include <libanon/elf.h>
#include <microkernel/errors.h>
#include "elf_format.h"

#define IMAGE_BYTES 0x5000ull

struct image {
	struct elf_header header;
	struct elf_program_header segments[4];
	char rest[4096 - sizeof(struct elf_header) - 4 * sizeof(struct elf_program_header)];
};

static void build(struct image *image)
{
	memset(image, 0, sizeof(*image));
	image->header = (struct elf_header){
		.magic = ELF_MAGIC,
		.class = ELF_CLASS_64,
		.data = ELF_LITTLE,
		.type = ELF_TYPE_DYN,
		.machine = ELF_X86_64,
		.entry = 0x1010,
		.phoff = offsetof(struct image, segments),
		.phentsize = sizeof(struct elf_program_header),
		.phnum = 4,
	};
	image->segments[0] = (struct elf_program_header){
		.type = ELF_PT_LOAD, .flags = ELF_PF_READ, .filesz = 0x800, .memsz = 0x800};
	image->segments[1] = (struct elf_program_header){.type = ELF_PT_LOAD,
	                                                 .flags = ELF_PF_READ | ELF_PF_EXECUTE,
	                                                 .offset = 0x1000,
	                                                 .vaddr = 0x1000,
	                                                 .filesz = 0x1800,
	                                                 .memsz = 0x1800};
	image->segments[2] = (struct elf_program_header){.type = ELF_PT_LOAD,
	                                                 .flags = ELF_PF_READ | ELF_PF_WRITE,
	                                                 .offset = 0x3f00,
	                                                 .vaddr = 0x4f00,
	                                                 .filesz = 0x200,
	                                                 .memsz = 0x3000};
	image->segments[3] = (struct elf_program_header){
		.type = ELF_PT_GNU_RELRO, .vaddr = 0x4f00, .memsz = 0x100};
}

static status_t parse(const struct image *image, struct elf_layout *out)
{
	return elf_parse(image, sizeof(*image), IMAGE_BYTES, out);
}

TEST(good_image)
{
	struct image image;
	struct elf_layout layout;

	build(&image);
	CHECK_EQ(parse(&image, &layout), OK);
	CHECK_EQ(layout.segment_count, 3);
	CHECK_EQ(layout.entry, 0x1010);
	CHECK_EQ(layout.bytes, 0x8000);
	CHECK_EQ(layout.segments[1].flags, MAP_READ | MAP_EXECUTE);
	CHECK_EQ(layout.segments[2].file_bytes, 0x200);
}

#define REFUSED(expected, change) \
	do { \
		struct image image; \
		struct elf_layout layout; \
		build(&image); \
		change; \
		CHECK_EQ(parse(&image, &layout), expected); \
	} while (0)

TEST(each_rule)
{
	REFUSED(E_UNSUPPORTED, image.header.magic++);
	REFUSED(E_UNSUPPORTED, image.header.class = 1);
	REFUSED(E_UNSUPPORTED, image.header.type = 2);
	REFUSED(E_UNSUPPORTED, image.header.machine = 3);
	REFUSED(E_UNSUPPORTED, image.header.phentsize = 32);
	REFUSED(E_UNSUPPORTED, image.segments[3].type = ELF_PT_INTERP);
	REFUSED(E_CORRUPT, image.header.phoff = 4090);
	REFUSED(E_CORRUPT, image.header.phoff = UINT64_MAX);
	REFUSED(E_CORRUPT, image.header.phnum = 0);
	REFUSED(E_CORRUPT, image.header.phnum = 65535);
	REFUSED(E_CORRUPT, image.header.entry = 0x4f00);
	REFUSED(E_CORRUPT, image.header.entry = 0x2800);
	REFUSED(E_CORRUPT, image.segments[1].flags = 7);
	REFUSED(E_CORRUPT, image.segments[1].filesz = 0x1801);
	REFUSED(E_CORRUPT, image.segments[1].offset = 0x4000);
	REFUSED(E_CORRUPT, image.segments[1].offset = UINT64_MAX - 0xfff);
	REFUSED(E_CORRUPT, image.segments[1].offset = 0x1010);
	REFUSED(E_CORRUPT, image.segments[1].vaddr = 0x7ffffffff000);
	REFUSED(E_CORRUPT, image.segments[1].vaddr = UINT64_MAX - 0xfff);
	REFUSED(E_CORRUPT, image.segments[1].vaddr = 0);
	REFUSED(E_CORRUPT, image.segments[2].vaddr = 0x2f00);
	REFUSED(E_CORRUPT, image.segments[2].memsz = UINT64_MAX);
}

TEST(short_heads)
{
	struct image image;
	struct elf_layout layout;

	build(&image);
	for (size_t bytes = 0; bytes < offsetof(struct image, rest); bytes++) {
		char *cut = malloc(bytes ? bytes : 1);
		status_t status;

		memcpy(cut, &image, bytes);
		status = elf_parse(cut, bytes, IMAGE_BYTES, &layout);
		free(cut);
		CHECK_EQ(status, E_CORRUPT);
	}
}

static void check_promises(const struct elf_layout *layout)
{
	uint64_t floor = 0;
	bool has_entry = false;

	CHECK(layout->segment_count <= ELF_SEGMENTS_MAX && layout->bytes <= ELF_IMAGE_MAX);
	for (unsigned i = 0; i < layout->segment_count; i++) {
		const struct elf_segment *s = &layout->segments[i];

		CHECK(s->offset <= IMAGE_BYTES && s->file_bytes <= IMAGE_BYTES - s->offset);
		CHECK(s->memory_bytes >= s->file_bytes && s->memory_bytes > 0);
		CHECK((s->address & ~4095ull) >= floor);
		CHECK(s->address % 4096 == s->offset % 4096);
		CHECK((s->flags & (MAP_WRITE | MAP_EXECUTE)) != (MAP_WRITE | MAP_EXECUTE));
		floor = (s->address + s->memory_bytes + 4095) & ~4095ull;
		has_entry = has_entry || ((s->flags & MAP_EXECUTE) && layout->entry >= s->address &&
		                          layout->entry < s->address + s->file_bytes);
	}
	CHECK(has_entry && layout->bytes == floor);
}

TEST(random_damage)
{
	struct random random;
	struct image image;
	unsigned accepted = 0;

	random_seed(&random, test_seed());
	for (unsigned round = 0; round < test_rounds(50000); round++) {
		struct elf_layout layout;

		build(&image);
		for (unsigned i = 0; i < 1 + random_below(&random, 3); i++)
			((uint8_t *)&image)[random_below(&random, offsetof(struct image, rest))] =
				(uint8_t)random_next(&random);
		if (parse(&image, &layout) == OK) {
			check_promises(&layout);
			accepted++;
		}
	}
	CHECK(accepted > 0);
}

TEST_MAIN();
