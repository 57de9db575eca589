/*
 * Loading: each segment becomes a private mapping of the file's page cache, so that programs share their
 * pages; what lies behind a segment's file part is zero. A file without a page cache is read into
 * anonymous memory. Everything goes by handle, so the space need not be bound yet and failure just drops it.
 */
#include "exec_load.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/syscall.h>
#include "errno.h"
#include "file_api.h"
#include "guest.h"
#include "mm_map.h"

#define COPY_BYTES 65536ul

/* Writes through protection: maps writable first, sets the real protection after. */
static int64_t read_in(struct mm *mm, struct file *file, uint64_t offset, uint64_t address,
                       uint64_t bytes)
{
	char *buffer = heap_alloc(COPY_BYTES);
	int64_t result = buffer ? 0 : -ENOMEM;

	for (uint64_t done = 0; done < bytes && result == 0;) {
		uint64_t piece = MIN(bytes - done, COPY_BYTES);
		int64_t got = file_pread(file, buffer, piece, offset + done);

		if (got <= 0)
			result = got < 0 ? got : -EIO;
		else if (mm_write(mm, address + done, buffer, (size_t)got) != got)
			result = -ENOMEM;
		else
			done += (uint64_t)got;
	}
	heap_free(buffer);
	return result;
}

static int64_t zero_tail(struct mm *mm, uint64_t from)
{
	static const char zeros[PAGE_SIZE];
	uint64_t bytes = align_up(from, PAGE_SIZE) - from;

	if (bytes == 0)
		return 0;
	return mm_write(mm, from, zeros, bytes) == (int64_t)bytes ? 0 : -ENOMEM;
}

/* The pages that hold something of the file. */
static int64_t map_file_part(struct mm *mm, struct file *file, const struct binfmt_segment *segment,
                             uint64_t address)
{
	uint64_t skew = address & (PAGE_SIZE - 1);
	uint64_t bytes = align_up(skew + segment->file_bytes, PAGE_SIZE);
	struct mm_request request = {
		.address = address - skew,
		.bytes = bytes,
		.protection = segment->protection,
		.is_fixed = true,
		.file = file,
		.offset = segment->offset - skew,
	};
	int64_t result = mm_map(mm, &request);

	if (result != -ENODEV)
		return result < 0 ? result : 0;
	request.file = 0;
	request.protection = PROT_READ | PROT_WRITE;
	result = mm_map(mm, &request);
	if (result < 0)
		return result;
	result = read_in(mm, file, segment->offset - skew, address - skew,
	                 skew + segment->file_bytes);
	if (result == 0)
		result = errno_from_status(sys_protect(mm->space, address - skew, bytes,
		                                       mm_map_flags(segment->protection)));
	return result;
}

static int64_t map_zero_part(struct mm *mm, const struct binfmt_segment *segment, uint64_t address)
{
	uint64_t start = align_up(address + segment->file_bytes, PAGE_SIZE);
	uint64_t end = align_up(address + segment->memory_bytes, PAGE_SIZE);
	struct mm_request request = {
		.address = segment->file_bytes ? start : align_down(address, PAGE_SIZE),
		.protection = segment->protection,
		.is_fixed = true,
	};

	if (end <= request.address)
		return 0;
	request.bytes = end - request.address;
	int64_t result = mm_map(mm, &request);

	return result < 0 ? result : 0;
}

static int64_t load_segment(struct mm *mm, struct file *file, const struct binfmt_segment *segment,
                            uint64_t bias)
{
	uint64_t address = segment->address + bias;
	int64_t result = 0;

	if (segment->file_bytes)
		result = map_file_part(mm, file, segment, address);
	if (result == 0 && segment->memory_bytes > segment->file_bytes) {
		result = map_zero_part(mm, segment, address);
		/* A page that is read-only and ends in zeros is left as the file has it, as on Linux. */
		if (result == 0 && segment->file_bytes && (segment->protection & PROT_WRITE))
			result = zero_tail(mm, address + segment->file_bytes);
	}
	return result;
}

/* Finds room for a relocatable program by mapping all of it, inaccessible; its segments replace that. */
static int64_t choose_bias(struct mm *mm, const struct binfmt_plan *plan, uint64_t preferred,
                           uint64_t *out_bias)
{
	struct mm_request request = {.address = preferred, .bytes = plan->high - plan->low};

	*out_bias = 0;
	if (!plan->is_relocatable)
		return 0;
	if (preferred) {
		*out_bias = align_up(preferred, plan->alignment) - plan->low;
		return 0;
	}
	request.bytes += plan->alignment;
	int64_t address = mm_map(mm, &request);

	if (address < 0)
		return address;
	*out_bias = align_up((uint64_t)address, plan->alignment) - plan->low;
	return errno_from_status(sys_unmap(mm->space, (uint64_t)address, request.bytes));
}

int64_t exec_load(struct mm *mm, struct file *file, const struct binfmt_plan *plan,
                  uint64_t preferred, struct exec_image *out_image)
{
	uint64_t bias = 0;
	int64_t result = choose_bias(mm, plan, preferred, &bias);

	for (unsigned i = 0; i < plan->segment_count && result == 0; i++)
		result = load_segment(mm, file, &plan->segments[i], bias);
	out_image->bias = bias;
	out_image->entry = plan->entry + bias;
	out_image->end = plan->high + bias;
	return result;
}

int64_t exec_read_plan(struct file *file, struct binfmt_plan *out_plan)
{
	uint8_t *head = heap_alloc(ELF_HEAD_BYTES_GUEST);
	int64_t result = head ? file_pread(file, head, ELF_HEAD_BYTES_GUEST, 0) : -ENOMEM;

	if (result >= 0)
		result = binfmt_elf_parse(head, (size_t)result, out_plan);
	heap_free(head);
	return result;
}
