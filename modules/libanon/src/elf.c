/*
 * Checks an ELF image from anywhere and reduces it to what a loader does: a few segments and an entry. All
 * that a loader later adds or compares is bounded here, so that it can do so without overflow.
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/elf.h>
#include <microkernel/errors.h>
#include "elf_format.h"

static bool is_our_kind(const struct elf_header *header)
{
	return header->magic == ELF_MAGIC && header->class == ELF_CLASS_64 &&
	       header->data == ELF_LITTLE && header->type == ELF_TYPE_DYN &&
	       header->machine == ELF_X86_64 &&
	       header->phentsize == sizeof(struct elf_program_header);
}

static uint32_t map_flags(uint32_t elf_flags)
{
	return (elf_flags & ELF_PF_READ ? MAP_READ : 0) |
	       (elf_flags & ELF_PF_WRITE ? MAP_WRITE : 0) |
	       (elf_flags & ELF_PF_EXECUTE ? MAP_EXECUTE : 0);
}

static uint64_t segment_end(const struct elf_segment *segment)
{
	return align_up(segment->address + segment->memory_bytes, PAGE_SIZE);
}

/* Sizes and places; `floor` is the first address that no earlier segment has a page at. */
static bool is_sound(const struct elf_program_header *p, uint64_t image_bytes, uint64_t floor)
{
	if (p->offset > image_bytes || p->filesz > image_bytes - p->offset)
		return false;
	if (p->filesz > p->memsz || p->memsz > ELF_IMAGE_MAX || p->vaddr > ELF_IMAGE_MAX - p->memsz)
		return false;
	if (p->vaddr % PAGE_SIZE != p->offset % PAGE_SIZE)
		return false;
	if ((p->flags & ELF_PF_WRITE) && (p->flags & ELF_PF_EXECUTE))
		return false;
	return align_down(p->vaddr, PAGE_SIZE) >= floor;
}

static status_t add_segment(struct elf_layout *layout, const struct elf_program_header *p,
                            uint64_t image_bytes)
{
	if (p->memsz == 0)
		return OK;
	if (!is_sound(p, image_bytes, layout->bytes))
		return E_CORRUPT;
	if (layout->segment_count == ELF_SEGMENTS_MAX)
		return E_UNSUPPORTED;
	struct elf_segment *segment = &layout->segments[layout->segment_count++];

	*segment = (struct elf_segment){
		.offset = p->offset,
		.file_bytes = p->filesz,
		.address = p->vaddr,
		.memory_bytes = p->memsz,
		.flags = map_flags(p->flags),
	};
	layout->bytes = segment_end(segment);
	return OK;
}

static bool is_executable_at(const struct elf_layout *layout, uint64_t address)
{
	for (unsigned i = 0; i < layout->segment_count; i++) {
		const struct elf_segment *segment = &layout->segments[i];

		if ((segment->flags & MAP_EXECUTE) && address >= segment->address &&
		    address - segment->address < segment->file_bytes)
			return true;
	}
	return false;
}

static status_t add_header(struct elf_layout *layout, const void *at, uint64_t image_bytes)
{
	struct elf_program_header p;

	memcpy(&p, at, sizeof(p));
	if (p.type == ELF_PT_INTERP)
		return E_UNSUPPORTED; /* needs a dynamic linker */
	return p.type == ELF_PT_LOAD ? add_segment(layout, &p, image_bytes) : OK;
}

status_t elf_parse(const void *head, size_t head_bytes, uint64_t image_bytes,
                   struct elf_layout *out)
{
	struct elf_header header;
	struct elf_layout layout = {0};
	status_t status = OK;

	head_bytes = MIN(head_bytes, (size_t)MIN(image_bytes, (uint64_t)ELF_HEAD_BYTES));
	if (head_bytes < sizeof(header))
		return E_CORRUPT;
	memcpy(&header, head, sizeof(header));
	if (!is_our_kind(&header))
		return E_UNSUPPORTED;
	if (header.phoff > head_bytes ||
	    header.phnum > (head_bytes - header.phoff) / sizeof(struct elf_program_header))
		return E_CORRUPT;
	for (unsigned i = 0; i < header.phnum && status == OK; i++)
		status = add_header(&layout,
		                    (const char *)head + header.phoff +
		                            i * sizeof(struct elf_program_header),
		                    image_bytes);
	if (status != OK)
		return status;
	if (!is_executable_at(&layout, header.entry))
		return E_CORRUPT;
	layout.entry = header.entry;
	*out = layout;
	return OK;
}
