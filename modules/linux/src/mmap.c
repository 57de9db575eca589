/*
 * The memory calls: mmap, munmap, mprotect, mremap, brk, madvise, msync, mincore, mlock and their kin.
 * Each checks as Linux does and asks the kernel; mm.c does the mapping.
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/syscall.h>
#include "file_api.h"
#include "guest.h"
#include "mm_map.h"
#include "syscall.h"
#include "uname.h"

#define LINUX_MAP_SHARED 1u
#define LINUX_MAP_PRIVATE 2u
#define LINUX_MAP_SHARED_VALIDATE 3u
#define LINUX_MAP_TYPE 0xfu
#define LINUX_MAP_FIXED 0x10u
#define LINUX_MAP_ANONYMOUS 0x20u
#define LINUX_MAP_32BIT 0x40u
#define LINUX_MAP_GROWSDOWN 0x100u
#define LINUX_MAP_HUGETLB 0x40000u
#define LINUX_MAP_FIXED_NOREPLACE 0x100000u
#define LOWEST_ADDRESS 0x10000ul
#define LOW_2G 0x80000000ul
#define MREMAP_MAYMOVE 1u
#define MREMAP_FIXED 2u
#define MREMAP_DONTUNMAP 4u
#define MADV_DONTNEED 4
#define MADV_FREE 8
#define MADV_REMOVE 9
#define MADV_LAST_HINT 25
#define MS_ASYNC 1u
#define MS_INVALIDATE 2u
#define MS_SYNC 4u
#define READ_IN_BYTES 65536ul

static bool is_page_aligned(uint64_t value)
{
	return is_aligned(value, PAGE_SIZE);
}

/* A page-aligned range of the guest with its length rounded up; 0 bytes and wrap-around refused. */
static int64_t check_range(uint64_t address, uint64_t *bytes)
{
	uint64_t rounded = align_up(*bytes, PAGE_SIZE);

	if (!is_page_aligned(address) || rounded < *bytes || !guest_range_ok(address, rounded))
		return -EINVAL;
	*bytes = rounded;
	return 0;
}

/* --- mmap --- */

static uint64_t limit_of_address_space(struct task *task)
{
	return task_rlimit(task, RLIMIT_AS);
}

static int64_t check_limit(struct task *task, uint64_t bytes)
{
	struct mm_usage usage;

	if (memory_is_short(MEMORY_KEPT_FROM_PROGRAMS))
		return -ENOMEM;
	if (limit_of_address_space(task) == RLIM_INFINITY)
		return 0;
	mm_usage(task->mm, &usage);
	return usage.total_pages * PAGE_SIZE + bytes > limit_of_address_space(task) ? -ENOMEM : 0;
}

static int64_t check_file(struct file *file, const struct mm_request *request)
{
	if (!file_can_read(file))
		return -EACCES;
	if (request->is_shared && (request->protection & PROT_WRITE) && !file_can_write(file))
		return -EACCES;
	return 0;
}

/* A private mapping of a file without a page cache: anonymous memory that is filled now. */
static int64_t map_by_reading(struct task *task, const struct mm_request *request)
{
	struct mm_request anonymous = *request;
	char *buffer = heap_alloc(READ_IN_BYTES);
	int64_t address, got = 1;

	anonymous.file = 0;
	anonymous.offset = 0;
	anonymous.protection |= PROT_READ | PROT_WRITE;
	address = buffer ? mm_map(task->mm, &anonymous) : -ENOMEM;
	for (uint64_t done = 0; address > 0 && done < request->bytes && got > 0;
	     done += (uint64_t)got) {
		got = file_pread(request->file, buffer, MIN(READ_IN_BYTES, request->bytes - done),
		                 request->offset + done);
		if (got > 0)
			mm_write(task->mm, (uint64_t)address + done, buffer, (size_t)got);
	}
	heap_free(buffer);
	if (address > 0)
		sys_protect(task->mm->space, (uint64_t)address, request->bytes,
		            mm_map_flags(request->protection));
	return address;
}

static int64_t map_file(struct task *task, struct mm_request *request, int32_t fd)
{
	struct file *file = files_lookup(task->files, fd);
	int64_t result;

	if (!file)
		return -EBADF;
	result = check_file(file, request);
	if (result == 0 && file_maps_as_zero(file)) {
		request->offset = 0;
		result = mm_map(task->mm, request);
	} else if (result == 0) {
		request->file = file;
		result = mm_map(task->mm, request);
		if (result == -ENODEV && !request->is_shared && file_is_regular(file))
			result = map_by_reading(task, request);
	}
	file_put(file);
	return result;
}

/* A gap below 2 GiB for MAP_32BIT; 0 when there is none. */
static uint64_t find_low_gap(struct mm *mm, uint64_t bytes)
{
	uint64_t at = LOW_2G / 2;
	struct map_info info;
	uint64_t found;

	while (at + bytes <= LOW_2G) {
		if (sys_query(mm->space, at, &info, &found) != OK || info.address >= at + bytes)
			return at;
		at = info.address + info.bytes;
	}
	return 0;
}

static int64_t request_of_flags(struct mm_request *request, uint32_t flags)
{
	uint32_t type = flags & LINUX_MAP_TYPE;

	if (type != LINUX_MAP_SHARED && type != LINUX_MAP_PRIVATE &&
	    type != LINUX_MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (flags & LINUX_MAP_HUGETLB)
		return -ENOMEM; /* no huge pages are set aside */
	request->is_shared = type != LINUX_MAP_PRIVATE;
	request->is_no_replace = flags & LINUX_MAP_FIXED_NOREPLACE;
	request->is_fixed = (flags & LINUX_MAP_FIXED) || request->is_no_replace;
	request->grows_down = flags & LINUX_MAP_GROWSDOWN;
	if (request->is_fixed && !is_page_aligned(request->address))
		return -EINVAL;
	if (request->is_fixed && request->address < LOWEST_ADDRESS)
		return -EPERM;
	if (!request->is_fixed)
		request->address = request->address < LOWEST_ADDRESS
		                           ? 0
		                           : align_down(request->address, PAGE_SIZE);
	return 0;
}

SYSCALL6(mmap, uint64_t, address, uint64_t, bytes, uint32_t, protection, uint32_t, flags, int32_t,
         fd, uint64_t, offset)
{
	struct mm_request request = {
		.address = address,
		.bytes = align_up(bytes, PAGE_SIZE),
		.protection = protection & (PROT_READ | PROT_WRITE | PROT_EXEC),
		.offset = offset,
	};
	int64_t error = request_of_flags(&request, flags);

	if (bytes == 0 || !is_page_aligned(offset))
		return -EINVAL;
	if (request.bytes < bytes || request.bytes > GUEST_END)
		return -ENOMEM;
	if (!error && request.is_fixed && !guest_range_ok(address, request.bytes))
		return -ENOMEM;
	if (!error)
		error = check_limit(task, request.bytes);
	if (error)
		return error;
	if ((flags & LINUX_MAP_32BIT) && !request.is_fixed)
		request.address = find_low_gap(task->mm, request.bytes);
	if (!(flags & LINUX_MAP_ANONYMOUS))
		return map_file(task, &request, fd);
	request.offset = 0;
	return mm_map(task->mm, &request);
}

SYSCALL2(munmap, uint64_t, address, uint64_t, bytes)
{
	int64_t error = check_range(address, &bytes);

	if (error || bytes == 0)
		return -EINVAL;
	return mm_unmap(task->mm, address, bytes);
}

SYSCALL3(mprotect, uint64_t, address, uint64_t, bytes, uint32_t, protection)
{
	if (!is_page_aligned(address))
		return -EINVAL;
	if (bytes == 0)
		return 0;
	if (check_range(address, &bytes) != 0)
		return -ENOMEM;
	status_t status = sys_protect(task->mm->space, address, bytes, mm_map_flags(protection));

	return status == E_NOENT ? -ENOMEM : errno_from_status(status);
}

/* --- brk --- */

/* Growing and shrinking by whole pages; the exact end is only remembered. */
static int64_t move_brk(struct task *task, uint64_t old_end, uint64_t new_end)
{
	struct mm_request request = {
		.address = old_end,
		.bytes = new_end - old_end,
		.protection = PROT_READ | PROT_WRITE,
		.is_fixed = true,
		.is_no_replace = true,
		.kind = MAPPING_HEAP,
	};

	if (new_end < old_end)
		return mm_unmap(task->mm, new_end, old_end - new_end);
	if (new_end == old_end)
		return 0;
	int64_t result = check_limit(task, request.bytes);

	if (result == 0)
		result = mm_map(task->mm, &request);
	return result < 0 ? result : 0;
}

SYSCALL1(brk, uint64_t, end)
{
	struct mm *mm = task->mm;

	mutex_lock(&mm->lock);
	uint64_t start = mm->brk_start, now = mm->brk;

	mutex_unlock(&mm->lock);
	if (end < start || end - start > task_rlimit(task, RLIMIT_DATA) || end > MM_MMAP_TOP)
		return (int64_t)now;
	if (move_brk(task, align_up(now, PAGE_SIZE), align_up(end, PAGE_SIZE)) != 0)
		return (int64_t)now;
	mutex_lock(&mm->lock);
	mm->brk = end;
	mutex_unlock(&mm->lock);
	return (int64_t)end;
}

/* --- mremap --- */

static int64_t check_remap(struct task *task, uint64_t address, uint64_t old_bytes, uint32_t flags,
                           uint64_t new_address)
{
	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED))
		return -EINVAL; /* MREMAP_DONTUNMAP is for garbage collectors with userfaultfd */
	if ((flags & MREMAP_FIXED) && (!(flags & MREMAP_MAYMOVE) || !is_page_aligned(new_address)))
		return -EINVAL;
	if (!is_page_aligned(address) || old_bytes == 0)
		return -EINVAL;
	return mm_is_mapped(task->mm, address, old_bytes) ? 0 : -EFAULT;
}

SYSCALL5(mremap, uint64_t, address, uint64_t, old_bytes, uint64_t, new_bytes, uint32_t, flags,
         uint64_t, new_address)
{
	struct remap_args args = {
		.address = address,
		.bytes = align_up(old_bytes, PAGE_SIZE),
		.new_bytes = align_up(new_bytes, PAGE_SIZE),
		.may_move = flags & MREMAP_MAYMOVE,
	};
	uint64_t moved;

	if (args.new_bytes == 0 || !guest_range_ok(address, args.bytes))
		return -EINVAL;
	int64_t error = check_remap(task, address, args.bytes, flags, new_address);

	if (error)
		return error;
	if (flags & MREMAP_FIXED) {
		args.new_address = new_address;
		if (!guest_range_ok(new_address, args.new_bytes) ||
		    (new_address < address + args.bytes && address < new_address + args.new_bytes))
			return -EINVAL;
		mm_unmap(task->mm, new_address, args.new_bytes);
	} else if (args.new_bytes <= args.bytes) {
		if (args.new_bytes < args.bytes)
			mm_unmap(task->mm, address + args.new_bytes, args.bytes - args.new_bytes);
		return (int64_t)address;
	}
	status_t status = sys_remap(task->mm->space, &args, &moved);

	if (status == E_EXIST)
		return -ENOMEM;
	return status == OK ? (int64_t)moved : errno_from_status(status);
}

/* --- advice and the like --- */

SYSCALL3(madvise, uint64_t, address, uint64_t, bytes, int32_t, advice)
{
	if (check_range(address, &bytes) != 0 || advice < 0 || advice > MADV_LAST_HINT)
		return -EINVAL;
	if (bytes == 0)
		return 0;
	if (!mm_is_mapped(task->mm, address, bytes))
		return -ENOMEM;
	if (advice == MADV_REMOVE)
		return -EOPNOTSUPP;
	if (advice == MADV_DONTNEED || advice == MADV_FREE)
		return errno_from_status(sys_discard(task->mm->space, address, bytes));
	return 0; /* the others are hints */
}

static int64_t sync_mapping(struct task *task, const struct map_info *info, uint64_t start,
                            uint64_t end)
{
	struct file *file = mm_file_of(task->mm, info->cookie);
	int64_t result = 0;

	if (!file)
		return 0;
	if (!(info->flags & MAP_PRIVATE))
		result = file_sync_range(file, info->offset + (start - info->address), end - start);
	file_put(file);
	return result;
}

SYSCALL3(msync, uint64_t, address, uint64_t, bytes, uint32_t, flags)
{
	uint64_t end, at = address, found;
	struct map_info info;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC) || !is_page_aligned(address))
		return -EINVAL;
	if (check_range(address, &bytes) != 0 || !mm_is_mapped(task->mm, address, bytes))
		return -ENOMEM;
	end = address + bytes;
	while ((flags & MS_SYNC) && at < end &&
	       sys_query(task->mm->space, at, &info, &found) == OK) {
		uint64_t stop = MIN(end, info.address + info.bytes);
		int64_t result = sync_mapping(task, &info, at, stop);

		if (result != 0)
			return result;
		at = stop;
	}
	return 0;
}

SYSCALL3(mincore, uint64_t, address, uint64_t, bytes, uint64_t, u_vector)
{
	uint8_t present[64];

	if (!is_page_aligned(address))
		return -EINVAL;
	if (check_range(address, &bytes) != 0 || !mm_is_mapped(task->mm, address, bytes))
		return -ENOMEM;
	/* The kernel does not tell page by page; nothing is ever swapped out, so a mapped page counts. */
	memset(present, 1, sizeof(present));
	for (uint64_t page = 0; page < bytes / PAGE_SIZE; page += sizeof(present)) {
		uint64_t count = MIN(sizeof(present), bytes / PAGE_SIZE - page);

		if (copy_to_guest(task, u_vector + page, present, count) != 0)
			return -EFAULT;
	}
	return 0;
}

/* Nothing is ever paged out, so locking has nothing to do but check. */
static int64_t lock_range(struct task *task, uint64_t address, uint64_t bytes)
{
	bytes += address & (PAGE_SIZE - 1);
	address = align_down(address, PAGE_SIZE);
	if (check_range(address, &bytes) != 0)
		return -EINVAL;
	if (bytes > task_rlimit(task, RLIMIT_MEMLOCK) && !capable(task, 14 /* CAP_IPC_LOCK */))
		return -ENOMEM;
	return mm_is_mapped(task->mm, address, bytes) ? 0 : -ENOMEM;
}

SYSCALL2(mlock, uint64_t, address, uint64_t, bytes)
{
	return lock_range(task, address, bytes);
}

SYSCALL3(mlock2, uint64_t, address, uint64_t, bytes, uint32_t, flags)
{
	return flags & ~1u ? -EINVAL : lock_range(task, address, bytes);
}

SYSCALL2(munlock, uint64_t, address, uint64_t, bytes)
{
	bytes += address & (PAGE_SIZE - 1);
	return check_range(align_down(address, PAGE_SIZE), &bytes);
}

SYSCALL1(mlockall, uint32_t, flags)
{
	return flags == 0 || (flags & ~7u) ? -EINVAL : 0;
}

SYSCALL0(munlockall)
{
	return 0;
}
