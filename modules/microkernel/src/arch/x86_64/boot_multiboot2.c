/*
 * Multiboot2 information: a list of tags that GRUB leaves, on BIOS and UEFI machines alike. The first
 * module is the boot archive. The root pointer of ACPI comes as a copy inside a tag, which must be kept.
 */
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include "arch/x86_64/boot.h"

#define INFO_BYTES_MAX (1u << 20)

enum tag_type {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_MODULE = 3,
	TAG_MEMORY_MAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
};

/* Packed, all of them: nobody promises that they are aligned. */
struct info {
	uint32_t bytes, reserved;
} __attribute__((packed));

struct tag {
	uint32_t type, bytes;
} __attribute__((packed));

struct module_tag {
	struct tag tag;
	uint32_t start, end;
} __attribute__((packed));

struct map_tag {
	struct tag tag;
	uint32_t entry_bytes, version;
} __attribute__((packed));

struct map_entry {
	uint64_t start, bytes;
	uint32_t type, reserved;
} __attribute__((packed));

struct framebuffer_tag {
	struct tag tag;
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits, type;
	uint16_t reserved;
	uint8_t red_at, red_bits, green_at, green_bits, blue_at, blue_bits; /* type 1 */
} __attribute__((packed));

#define FRAMEBUFFER_TAG_BYTES 32
#define FRAMEBUFFER_RGB 1
#define FRAMEBUFFER_RGB_TAG_BYTES 38

STATIC_ASSERT(offsetof(struct framebuffer_tag, red_at) == FRAMEBUFFER_TAG_BYTES);
STATIC_ASSERT(sizeof(struct map_entry) == 24);

static void read_module(const struct module_tag *tag, struct boot_facts *out)
{
	if (tag->tag.bytes < sizeof(*tag) || tag->end < tag->start || out->source.archive_bytes)
		return;
	out->source.archive = PADDR(tag->start);
	out->source.archive_bytes = tag->end - tag->start;
}

static void read_map(const struct map_tag *tag, struct boot_facts *out)
{
	const uint8_t *entry = (const uint8_t *)(tag + 1);
	uint32_t left;

	if (tag->tag.bytes < sizeof(*tag) || tag->entry_bytes < sizeof(struct map_entry))
		return;
	left = tag->tag.bytes - (uint32_t)sizeof(*tag);
	for (; left >= tag->entry_bytes; left -= tag->entry_bytes, entry += tag->entry_bytes) {
		const struct map_entry *e = (const struct map_entry *)entry;

		boot_add_area(out, e->start, e->bytes, e->type);
	}
}

static void read_framebuffer(const struct framebuffer_tag *tag, struct boot_facts *out)
{
	struct boot_framebuffer *fb = &out->source.framebuffer;

	if (tag->tag.bytes < FRAMEBUFFER_TAG_BYTES)
		return;
	if (tag->type == FRAMEBUFFER_RGB && tag->tag.bytes < FRAMEBUFFER_RGB_TAG_BYTES)
		return;
	*fb = (struct boot_framebuffer){
		.address = tag->address,
		.pitch = tag->pitch,
		.width = tag->width,
		.height = tag->height,
		.bits = tag->bits,
		.type = tag->type,
	};
	if (tag->type != FRAMEBUFFER_RGB)
		return;
	fb->red_at = tag->red_at;
	fb->red_bits = tag->red_bits;
	fb->green_at = tag->green_at;
	fb->green_bits = tag->green_bits;
	fb->blue_at = tag->blue_at;
	fb->blue_bits = tag->blue_bits;
}

static void read_rsdp(const struct tag *tag, uint64_t at, struct boot_facts *out)
{
	bool is_better = tag->type == TAG_ACPI_NEW || !out->source.rsdp.value;

	if (tag->bytes <= sizeof(*tag) || !is_better)
		return;
	out->source.rsdp = PADDR(at + sizeof(*tag));
	out->rsdp_bytes = tag->bytes - sizeof(*tag);
}

static void read_tag(const struct tag *tag, uint64_t at, boot_memory_fn *memory,
                     struct boot_facts *out)
{
	switch (tag->type) {
	case TAG_CMDLINE:
		boot_copy_cmdline(out, at + sizeof(*tag), tag->bytes - sizeof(*tag), memory);
		break;
	case TAG_MODULE: read_module((const struct module_tag *)tag, out); break;
	case TAG_MEMORY_MAP: read_map((const struct map_tag *)tag, out); break;
	case TAG_FRAMEBUFFER: read_framebuffer((const struct framebuffer_tag *)tag, out); break;
	case TAG_ACPI_OLD:
	case TAG_ACPI_NEW: read_rsdp(tag, at, out); break;
	}
}

const char *boot_read_multiboot2(uint64_t info, boot_memory_fn *memory, struct boot_facts *out)
{
	const struct info *head = memory(info, sizeof(*head));
	uint64_t end, at = info + sizeof(*head);

	boot_facts_init(out);
	if (!head || head->bytes > INFO_BYTES_MAX || !memory(info, head->bytes))
		return "the multiboot2 information cannot be read";
	end = info + head->bytes;
	while (at + sizeof(struct tag) <= end) {
		const struct tag *tag = memory(at, sizeof(*tag));

		if (tag->type == TAG_END)
			return NULL;
		if (tag->bytes < sizeof(*tag) || tag->bytes > end - at)
			break;
		read_tag(tag, at, memory, out);
		at += align_up(tag->bytes, 8);
	}
	return "the multiboot2 information ends within a tag";
}
