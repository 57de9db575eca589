/*
 * Puts a program's image into a new process.
 *
 * A segment that is not writable is mapped straight from the image, so that all instances share its pages,
 * if the image begins at a page boundary of its memory object; else, and always for data, its bytes are
 * copied to a fresh memory object of the process's domain. What lies beyond a segment's bytes is
 * demand-zero. The image, the stack and what the program maps first share one 2 MiB stretch, that is one
 * set of page tables; that stretch is chosen by the seed.
 */
#include <base/bits.h>
#include <base/random.h>
#include <libanon/elf.h>
#include <libanon/heap.h>
#include "spawn_image.h"

#define STRETCH (2ull << 20)
/* Stretches to choose from: the image's size, and as much for what it maps, stay free at the end. */
#define STRETCHES ((NATIVE_END - NATIVE_BASE - 2 * ELF_IMAGE_MAX) / STRETCH)
#define COPY_BYTES 16384u

status_t spawn_map(const struct spawn *spawn, handle_t memory, uint64_t offset, uint64_t address,
                   uint64_t bytes, uint32_t flags)
{
	struct map_args args = {
		.memory = memory,
		.flags = flags | MAP_FIXED | MAP_NOREPLACE,
		.offset = offset,
		.address = address,
		.bytes = bytes,
	};
	uint64_t result;

	return sys_map(spawn->process, &args, &result);
}

/* By way of a buffer: the two need not be aligned alike. */
static status_t copy_between(handle_t to, uint64_t to_offset, handle_t from, uint64_t from_offset,
                             uint64_t bytes)
{
	char *buffer = heap_alloc(COPY_BYTES);
	status_t status = buffer ? OK : E_NOMEM;

	for (uint64_t done = 0; done < bytes && status == OK; done += COPY_BYTES) {
		uint64_t len = MIN((uint64_t)COPY_BYTES, bytes - done);

		status = sys_memory_read(from, from_offset + done, buffer, len);
		if (status == OK)
			status = sys_memory_write(to, to_offset + done, buffer, len);
	}
	heap_free(buffer);
	return status;
}

/* The pages that hold file bytes, copied. */
static status_t map_copied(const struct spawn *spawn, struct spawn_image image,
                           const struct elf_segment *segment, uint64_t base, uint64_t bytes)
{
	uint64_t page = align_down(segment->address, PAGE_SIZE);
	handle_t memory;
	status_t status = sys_memory_create(spawn->domain, bytes, 0, &memory);

	if (status != OK)
		return status;
	status = copy_between(memory, segment->address - page, image.memory,
	                      image.offset + segment->offset, segment->file_bytes);
	if (status == OK)
		status = spawn_map(spawn, memory, 0, base + page, bytes, segment->flags);
	(void)sys_handle_close(memory); /* the mapping keeps it */
	return status;
}

static bool can_share(struct spawn_image image, const struct elf_segment *segment)
{
	return !(segment->flags & MAP_WRITE) && is_aligned(image.offset, PAGE_SIZE) &&
	       segment->memory_bytes == segment->file_bytes;
}

static status_t map_segment(const struct spawn *spawn, struct spawn_image image,
                            const struct elf_segment *segment, uint64_t base)
{
	uint64_t page = align_down(segment->address, PAGE_SIZE);
	uint64_t file_end = segment->file_bytes
	                            ? align_up(segment->address + segment->file_bytes, PAGE_SIZE)
	                            : page;
	uint64_t end = align_up(segment->address + segment->memory_bytes, PAGE_SIZE);
	status_t status = OK;

	if (can_share(image, segment))
		return spawn_map(spawn, image.memory,
		                 image.offset + align_down(segment->offset, PAGE_SIZE), base + page,
		                 file_end - page, segment->flags);
	if (file_end > page)
		status = map_copied(spawn, image, segment, base, file_end - page);
	if (status == OK && end > file_end)
		status = spawn_map(spawn, HANDLE_NONE, 0, base + file_end, end - file_end,
		                   segment->flags | MAP_PRIVATE);
	return status;
}

static status_t read_layout(struct spawn_image image, struct elf_layout *layout)
{
	uint64_t len = MIN((uint64_t)ELF_HEAD_BYTES, image.bytes), end;
	void *head;
	status_t status;

	if (!add_checked(image.offset, image.bytes, &end))
		return E_INVAL;
	head = heap_alloc(ELF_HEAD_BYTES);
	if (!head)
		return E_NOMEM;
	status = sys_memory_read(image.memory, image.offset, head, len);
	if (status == OK)
		status = elf_parse(head, len, image.bytes, layout);
	heap_free(head);
	return status;
}

static uint64_t choose_base(uint64_t seed)
{
	struct random random;

	random_seed(&random, seed);
	return NATIVE_BASE + random_below(&random, STRETCHES) * STRETCH;
}

status_t spawn_load(struct spawn *spawn, struct spawn_image image, uint64_t seed)
{
	struct elf_layout layout;
	uint64_t base = choose_base(seed);
	status_t status = read_layout(image, &layout);

	for (unsigned i = 0; status == OK && i < layout.segment_count; i++)
		status = map_segment(spawn, image, &layout.segments[i], base);
	if (status != OK)
		return status;
	spawn->entry = base + layout.entry;
	spawn->next_address = base + layout.bytes;
	spawn->page->image_base = base;
	spawn->page->image_end = base + layout.bytes;
	return OK;
}
