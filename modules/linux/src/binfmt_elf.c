/*
 * ELF64 parsing (binfmt_elf.h). Every number is checked before it is used: the file is the guest's.
 */
#include "binfmt_elf.h"
#include <base/bits.h>
#include <base/string.h>
#include "errno.h"
#include "mm.h"

#define ET_EXEC 2
#define ET_DYN 3
#define EM_X86_64 62
#define PT_LOAD 1
#define PT_INTERP 3
#define PT_PHDR 6
#define PT_GNU_STACK 0x6474e551
#define PF_X 1
#define PF_W 2
#define PF_R 4

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_offset, section_offset;
	uint32_t flags;
	uint16_t header_bytes, program_entry_bytes, program_count;
	uint16_t section_entry_bytes, section_count, names;
};

struct elf_program {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_bytes, memory_bytes, alignment;
};

static bool is_elf_for_us(const struct elf_header *header, size_t bytes)
{
	static const uint8_t magic[6] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */,
	                                 1 /* little-endian */};

	return bytes >= sizeof(*header) && memcmp(header->ident, magic, sizeof(magic)) == 0 &&
	       header->machine == EM_X86_64 &&
	       (header->type == ET_EXEC || header->type == ET_DYN) &&
	       header->program_entry_bytes == sizeof(struct elf_program);
}

static uint32_t protection_of(uint32_t flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

static int64_t add_segment(struct binfmt_plan *plan, const struct elf_program *program)
{
	uint64_t end;

	if (program->memory_bytes == 0)
		return 0;
	if (plan->segment_count == BINFMT_SEGMENTS_MAX)
		return -ENOEXEC;
	if (program->file_bytes > program->memory_bytes ||
	    ((program->offset ^ program->address) & (PAGE_SIZE - 1)) ||
	    program->offset > INT64_MAX - program->file_bytes ||
	    !add_checked(program->address, program->memory_bytes, &end) ||
	    end > GUEST_END - PAGE_SIZE)
		return -EINVAL;
	/* Rising and on pages of their own, so that mapping one never replaces another's end. */
	if (plan->segment_count > 0 && align_down(program->address, PAGE_SIZE) < plan->high)
		return -EINVAL;
	if (plan->segment_count == 0)
		plan->low = align_down(program->address, PAGE_SIZE);
	plan->high = align_up(end, PAGE_SIZE);
	if (is_power_of_two(program->alignment) && program->alignment <= 1ull << 30)
		plan->alignment = MAX(plan->alignment, program->alignment);
	plan->segments[plan->segment_count++] = (struct binfmt_segment){
		.offset = program->offset,
		.address = program->address,
		.file_bytes = program->file_bytes,
		.memory_bytes = program->memory_bytes,
		.protection = protection_of(program->flags),
	};
	return 0;
}

static int64_t set_interpreter(struct binfmt_plan *plan, const struct elf_program *program,
                               const char *head, size_t head_bytes)
{
	if (program->file_bytes < 2 || program->file_bytes > sizeof(plan->interpreter) ||
	    program->offset > head_bytes || program->file_bytes > head_bytes - program->offset)
		return -ENOEXEC;
	memcpy(plan->interpreter, head + program->offset, program->file_bytes);
	return plan->interpreter[program->file_bytes - 1] == 0 ? 0 : -ENOEXEC;
}

static int64_t read_program_header(struct binfmt_plan *plan, const struct elf_program *program,
                                   const void *head, size_t head_bytes)
{
	switch (program->type) {
	case PT_LOAD: return add_segment(plan, program);
	case PT_INTERP: return set_interpreter(plan, program, head, head_bytes);
	case PT_PHDR: plan->header_address = program->address; return 0;
	case PT_GNU_STACK: plan->has_executable_stack = program->flags & PF_X; return 0;
	default: return 0;
	}
}

/* Without PT_PHDR the headers are where the segment that holds their part of the file puts them. */
static void find_headers(struct binfmt_plan *plan, uint64_t offset)
{
	for (unsigned i = 0; i < plan->segment_count && plan->header_address == 0; i++) {
		const struct binfmt_segment *segment = &plan->segments[i];

		if (offset >= segment->offset && offset - segment->offset < segment->file_bytes)
			plan->header_address = segment->address + (offset - segment->offset);
	}
}

int64_t binfmt_elf_parse(const void *head, size_t head_bytes, struct binfmt_plan *out_plan)
{
	const struct elf_header *header = head;
	int64_t error = 0;

	memset(out_plan, 0, sizeof(*out_plan));
	out_plan->alignment = PAGE_SIZE;
	if (!is_elf_for_us(header, head_bytes))
		return -ENOEXEC;
	uint64_t bytes = (uint64_t)header->program_count * sizeof(struct elf_program);

	if (header->program_count == 0 || header->program_offset > head_bytes ||
	    bytes > head_bytes - header->program_offset)
		return -ENOEXEC;
	for (unsigned i = 0; i < header->program_count && error == 0; i++) {
		struct elf_program program;

		memcpy(&program, (const char *)head + header->program_offset + i * sizeof(program),
		       sizeof(program));
		error = read_program_header(out_plan, &program, head, head_bytes);
	}
	if (error)
		return error;
	if (out_plan->segment_count == 0)
		return -ENOEXEC;
	out_plan->is_relocatable = header->type == ET_DYN;
	out_plan->entry = header->entry;
	out_plan->header_count = header->program_count;
	find_headers(out_plan, header->program_offset);
	return 0;
}
