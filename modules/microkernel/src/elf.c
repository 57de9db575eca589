/*
 * ELF loading for init. Native programs are static-PIE files that relocate themselves (libanon), so all there is
 * to do is to put segments in place. Everything later is loaded by user mode (libanon's spawn).
 */
#include "elf.h"
#include <limits.h>
#include <base/bits.h>
#include <base/string.h>
#include <microkernel/errors.h>

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_offset, section_offset;
	uint32_t flags;
	uint16_t header_bytes, program_bytes, program_count, section_bytes, section_count,
		section_names;
};
struct elf_program {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_bytes, memory_bytes, align;
};

#define ELF_TYPE_DYN 3
#define ELF_MACHINE_X86_64 62
#define ELF_LOAD 1u
#define ELF_X 1u
#define ELF_W 2u
#define IMAGE_BYTES_MAX (64ul << 20)

static status_t check_header(const struct elf_header *header, uint64_t bytes)
{
	if (bytes < sizeof(*header) || memcmp(header->ident, "\177ELF\2\1", 6) != 0)
		return E_INVAL;
	if (header->type != ELF_TYPE_DYN || header->machine != ELF_MACHINE_X86_64)
		return E_INVAL;
	if (header->program_bytes != sizeof(struct elf_program) || header->program_offset > bytes ||
	    header->program_count > (bytes - header->program_offset) / sizeof(struct elf_program))
		return E_INVAL;
	return OK;
}

static bool is_sane(const struct elf_program *program, uint64_t bytes)
{
	return program->offset <= bytes && program->file_bytes <= bytes - program->offset &&
	       program->file_bytes <= program->memory_bytes && program->address < IMAGE_BYTES_MAX &&
	       program->memory_bytes < IMAGE_BYTES_MAX;
}

status_t process_poke(struct process *process, uint64_t address, const void *from, uint64_t bytes)
{
	const char *data = from;

	while (bytes > 0) {
		uint64_t within = address & (PAGE_SIZE - 1);
		uint64_t part = MIN(bytes, PAGE_SIZE - within);
		paddr_t page;
		status_t status = aspace_page(&process->aspace, address, MAP_WRITE, &page);

		if (status != OK)
			return status;
		memcpy((char *)direct(page) + within, data, part);
		address += part;
		data += part;
		bytes -= part;
	}
	return OK;
}

static status_t load_segment(struct process *process, const char *file,
                             const struct elf_program *program, uint64_t base)
{
	uint64_t start = align_down(base + program->address, PAGE_SIZE);
	uint64_t end = align_up(base + program->address + program->memory_bytes, PAGE_SIZE);
	uint32_t prot = MAP_READ | (program->flags & ELF_W ? MAP_WRITE : 0) |
	                (program->flags & ELF_X ? MAP_EXECUTE : 0);
	struct map_args args = {
		.flags = MAP_READ | MAP_WRITE | MAP_FIXED | MAP_NOREPLACE,
		.address = start,
		.bytes = end - start,
	};
	struct progress progress = {0};
	unsigned budget = UINT_MAX; /* at boot there is nobody to wait */
	uint64_t address;
	status_t status = aspace_map(&process->aspace, &args, NULL, &progress, &budget, &address);

	if (status == OK)
		status = process_poke(process, base + program->address, file + program->offset,
		                      program->file_bytes);
	return status == OK ? aspace_protect(&process->aspace, start, end - start, prot, &progress,
	                                     &budget)
	                    : status;
}

status_t elf_load(struct process *process, const void *file, uint64_t bytes, uint64_t base,
                  uint64_t *out_end, uint64_t *out_entry)
{
	const struct elf_header *header = file;
	const struct elf_program *programs;
	status_t status = check_header(header, bytes);

	if (status != OK)
		return status;
	programs = (const struct elf_program *)((const char *)file + header->program_offset);
	*out_end = base;
	*out_entry = base + header->entry;
	for (unsigned i = 0; i < header->program_count; i++) {
		const struct elf_program *program = &programs[i];

		if (program->type != ELF_LOAD || program->memory_bytes == 0)
			continue;
		if (!is_sane(program, bytes))
			return E_INVAL;
		status = load_segment(process, file, program, base);
		if (status != OK)
			return status;
		*out_end = MAX(*out_end, align_up(base + program->address + program->memory_bytes,
		                                  PAGE_SIZE));
	}
	return OK;
}
