/*
 * Address spaces: creation, fork, mapping, and what /proc asks. The kernel keeps the mappings; here is only
 * which files they are of. A mapped file's record goes when no mapping carries its number any more; that is
 * found out by a walk over the mappings, done when records have piled up.
 */
#include "mm.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/syscall.h>
#include "errno.h"
#include "file_api.h"
#include "futex.h"
#include "guest.h"
#include "mm_map.h"

#define FILES_BEFORE_SWEEP 32

/* --- life --- */

static struct mm *mm_new(handle_t space)
{
	struct mm *mm = heap_zalloc(sizeof(*mm));

	if (!mm)
		return 0;
	mm->references = 1;
	mm->space = space;
	mm->next_file = 1;
	mutex_init(&mm->lock, RANK_MM);
	return mm;
}

static uint32_t space_flags; /* [I] after start */

void mm_share_root(void)
{
	space_flags = SPACE_SHARED_ROOT;
}

int64_t mm_create(struct mm **out_mm)
{
	handle_t space;
	status_t status = sys_space_create(HANDLE_NONE, space_flags, &space);

	if (status != OK)
		return errno_from_status(status);
	(void)sys_space_settle(space, &futex_word_call); /* and what is cloned of it */
	*out_mm = mm_new(space);
	if (*out_mm)
		return 0;
	sys_handle_close(space);
	return -ENOMEM;
}

static int64_t copy_files_locked(struct mm *to, struct mm *from)
{
	for (struct mapped_file *file = from->files; file; file = file->next) {
		struct mapped_file *copy = heap_alloc(sizeof(*copy));

		if (!copy)
			return -ENOMEM;
		*copy = (struct mapped_file){to->files, file->file, file->number};
		file_get(copy->file);
		to->files = copy;
	}
	to->next_file = from->next_file;
	return 0;
}

static void copy_layout_locked(struct mm *to, const struct mm *from)
{
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->code_start = from->code_start;
	to->code_end = from->code_end;
	to->data_start = from->data_start;
	to->data_end = from->data_end;
	to->stack_start = from->stack_start;
	to->arguments_start = from->arguments_start;
	to->arguments_end = from->arguments_end;
	to->environment_start = from->environment_start;
	to->environment_end = from->environment_end;
	memcpy(to->auxv, from->auxv, sizeof(to->auxv));
}

int64_t mm_clone(struct mm *from, struct mm **out_mm)
{
	handle_t space;
	status_t status = sys_space_clone(from->space, HANDLE_NONE, &space);
	int64_t error;

	if (status != OK)
		return errno_from_status(status);
	struct mm *mm = mm_new(space);

	if (!mm) {
		sys_handle_close(space);
		return -ENOMEM;
	}
	mutex_lock(&from->lock);
	copy_layout_locked(mm, from);
	error = copy_files_locked(mm, from);
	mutex_unlock(&from->lock);
	if (error)
		mm_put(mm);
	else
		*out_mm = mm;
	return error;
}

void mm_get(struct mm *mm)
{
	__atomic_fetch_add(&mm->references, 1, __ATOMIC_RELAXED);
}

static void free_files(struct mapped_file *file)
{
	while (file) {
		struct mapped_file *next = file->next;

		file_put(file->file);
		heap_free(file);
		file = next;
	}
}

void mm_put(struct mm *mm)
{
	if (__atomic_sub_fetch(&mm->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	sys_handle_close(mm->space);
	free_files(mm->files);
	heap_free(mm);
}

/* --- mapped files --- */

static bool query_at(struct mm *mm, uint64_t address, struct map_info *info)
{
	uint64_t found;

	return sys_query(mm->space, address, info, &found) == OK;
}

static bool is_number_mapped(struct mm *mm, uint64_t number)
{
	struct map_info info;

	for (uint64_t at = 0; query_at(mm, at, &info); at = info.address + info.bytes) {
		if (info.cookie == MAPPING_COOKIE(MAPPING_FILE, number))
			return true;
	}
	return false;
}

/* Takes out records that no mapping needs; the caller frees them without the lock. */
static struct mapped_file *sweep_locked(struct mm *mm)
{
	struct mapped_file *unused = 0;
	struct mapped_file **at = &mm->files;
	unsigned count = 0;

	for (struct mapped_file *file = mm->files; file; file = file->next)
		count++;
	while (count > FILES_BEFORE_SWEEP && *at) {
		struct mapped_file *file = *at;

		if (is_number_mapped(mm, file->number)) {
			at = &file->next;
			continue;
		}
		*at = file->next;
		file->next = unused;
		unused = file;
	}
	return unused;
}

/* The number under which this file's mappings go; 0: no memory. */
static uint64_t file_number(struct mm *mm, struct file *file)
{
	struct mapped_file *fresh = heap_alloc(sizeof(*fresh));
	struct mapped_file *unused = 0;
	uint64_t number = 0;

	mutex_lock(&mm->lock);
	for (struct mapped_file *known = mm->files; known && !number; known = known->next) {
		if (known->file == file)
			number = known->number;
	}
	if (!number && fresh) {
		unused = sweep_locked(mm);
		number = mm->next_file++;
		*fresh = (struct mapped_file){mm->files, file, number};
		file_get(file);
		mm->files = fresh;
		fresh = 0;
	}
	mutex_unlock(&mm->lock);
	heap_free(fresh);
	free_files(unused);
	return number;
}

struct file *mm_file_of(struct mm *mm, uint64_t cookie)
{
	struct file *file = 0;

	if ((cookie & 0xff) != MAPPING_FILE)
		return 0;
	mutex_lock(&mm->lock);
	for (struct mapped_file *known = mm->files; known && !file; known = known->next) {
		if (known->number == cookie >> 8)
			file = known->file;
	}
	if (file)
		file_get(file);
	mutex_unlock(&mm->lock);
	return file;
}

/* --- mapping --- */

uint32_t mm_map_flags(uint32_t protection)
{
	/* x86 cannot write or execute without reading. */
	return (protection & (PROT_READ | PROT_WRITE | PROT_EXEC) ? MAP_READ : 0) |
	       (protection & PROT_WRITE ? MAP_WRITE : 0) |
	       (protection & PROT_EXEC ? MAP_EXECUTE : 0);
}

uint32_t mm_protection_of(uint32_t map_flags)
{
	return (map_flags & MAP_READ ? PROT_READ : 0) | (map_flags & MAP_WRITE ? PROT_WRITE : 0) |
	       (map_flags & MAP_EXECUTE ? PROT_EXEC : 0);
}

static uint32_t flags_of(const struct mm_request *request)
{
	uint32_t flags = mm_map_flags(request->protection);

	if (!request->is_shared)
		flags |= MAP_PRIVATE;
	if (request->is_fixed)
		flags |= MAP_FIXED;
	if (request->is_no_replace)
		flags |= MAP_NOREPLACE;
	if (request->grows_down)
		flags |= MAP_GROWSDOWN;
	/* Others may write to the memory: the handle does. */
	if (request->file && !file_can_write(request->file))
		flags |= MAP_READ_ONLY;
	return flags;
}

static int64_t map(struct mm *mm, const struct map_args *args)
{
	uint64_t address;
	status_t status = sys_map(mm->space, args, &address);

	return status == OK ? (int64_t)address : errno_from_status(status);
}

/* Shared anonymous memory is an object of its own, so that fork shares it. */
static int64_t map_shared_anonymous(struct mm *mm, struct map_args *args)
{
	status_t status = sys_memory_create(HANDLE_NONE, align_up(args->bytes, PAGE_SIZE),
	                                    MEMORY_FIXED, &args->memory);

	if (status != OK)
		return errno_from_status(status);
	int64_t result = map(mm, args);

	sys_handle_close(args->memory); /* the mapping keeps the memory */
	return result;
}

int64_t mm_map(struct mm *mm, const struct mm_request *request)
{
	struct map_args args = {
		.flags = flags_of(request),
		.offset = request->offset,
		.address = request->address,
		.bytes = request->bytes,
		.cookie = MAPPING_COOKIE(request->kind, 0),
	};

	if (!request->file)
		return request->is_shared ? map_shared_anonymous(mm, &args) : map(mm, &args);
	bool is_writable = request->is_shared && (request->protection & PROT_WRITE);
	int64_t error = file_memory(request->file, is_writable, &args.memory);

	if (error)
		return error;
	uint64_t number = file_number(mm, request->file);

	if (number == 0)
		return -ENOMEM;
	args.cookie = MAPPING_COOKIE(MAPPING_FILE, number);
	return map(mm, &args);
}

int64_t mm_unmap(struct mm *mm, uint64_t address, uint64_t bytes)
{
	return errno_from_status(sys_unmap(mm->space, address, bytes));
}

bool mm_is_mapped(struct mm *mm, uint64_t address, uint64_t bytes)
{
	uint64_t end = address + bytes;
	struct map_info info;

	while (address < end) {
		if (!query_at(mm, address, &info) || info.address > address)
			return false;
		address = info.address + info.bytes;
	}
	return true;
}

/* --- other processes' memory --- */

static int64_t space_copy(struct mm *mm, uint64_t address, void *buffer, size_t bytes,
                          bool is_write)
{
	uint64_t done = 0;

	if (!guest_range_ok(address, bytes))
		return -EFAULT;
	status_t status = sys_space_copy(mm->space, address, buffer, bytes, is_write, &done);

	return status == OK ? (int64_t)done : errno_from_status(status);
}

int64_t mm_read(struct mm *mm, uint64_t address, void *buffer, size_t bytes)
{
	return space_copy(mm, address, buffer, bytes, false);
}

int64_t mm_write(struct mm *mm, uint64_t address, const void *buffer, size_t bytes)
{
	return space_copy(mm, address, (void *)(uintptr_t)buffer, bytes, true);
}

/* --- for /proc --- */

bool mm_mapping_at(struct mm *mm, uint64_t address, struct mm_mapping *out_mapping)
{
	struct map_info info;

	if (!query_at(mm, address, &info))
		return false;
	*out_mapping = (struct mm_mapping){
		.start = info.address,
		.end = info.address + info.bytes,
		.offset = info.offset,
		.protection = mm_protection_of(info.flags),
		.kind = (enum mapping_kind)(info.cookie & 0xff),
		.resident_pages = info.resident_pages,
		.file = mm_file_of(mm, info.cookie),
	};
	/* That the clock page is everybody's is no business of the program's. */
	out_mapping->is_shared = !(info.flags & MAP_PRIVATE) && out_mapping->kind != MAPPING_VVAR;
	return true;
}

void mm_usage(struct mm *mm, struct mm_usage *out_usage)
{
	struct map_info info;

	memset(out_usage, 0, sizeof(*out_usage));
	for (uint64_t at = 0; query_at(mm, at, &info); at = info.address + info.bytes) {
		uint64_t pages = info.bytes / PAGE_SIZE;
		enum mapping_kind kind = (enum mapping_kind)(info.cookie & 0xff);

		out_usage->total_pages += pages;
		out_usage->resident_pages += info.resident_pages;
		if (kind == MAPPING_FILE)
			out_usage->shared_pages += info.resident_pages;
		if (info.flags & MAP_EXECUTE)
			out_usage->text_pages += pages;
		else if (kind == MAPPING_STACK)
			out_usage->stack_pages += pages;
		else if (info.flags & MAP_WRITE)
			out_usage->data_pages += pages;
	}
}
