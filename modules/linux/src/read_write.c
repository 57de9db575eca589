/*
 * read, write and their vectored and positioned forms, lseek, sendfile and copy_file_range.
 */
#include "files.h"
#include "guest.h"
#include "hot.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>

#define IOV_FAST 8
#define COPY_CHUNK (32ul << 10)

enum direction { READING, WRITING };

/* Where a call that names a position differs from one that moves the file's. */
#define POSITION_OWN (~0ull)

static int64_t transfer(struct file *file, struct iter *iter, enum direction direction,
                        uint64_t position)
{
	if (direction == READING)
		return position == POSITION_OWN ? file_read(file, iter)
		                                : file_read_at(file, iter, position);
	return position == POSITION_OWN ? file_write(file, iter)
	                                : file_write_at(file, iter, position);
}

/* A file that this direction is possible on, to be put; or a negated errno. */
static int64_t get_file(struct task *task, int32_t fd, enum direction direction, uint64_t position,
                        struct fd *out)
{
	struct fd f = fd_get(task, fd);
	if (!f.file)
		return -EBADF;
	int64_t result = 0;
	if (!(direction == READING ? file_is_readable(f.file) : file_is_writable(f.file)))
		result = -EBADF;
	else if (position != POSITION_OWN && f.file->ops->flags & FILE_STREAM)
		result = -ESPIPE;
	if (result == 0)
		*out = f;
	else
		fd_put(f);
	return result;
}

HOT static int64_t transfer_buffer(struct task *task, int32_t fd, uint64_t u_buffer, uint64_t bytes,
                                   enum direction direction, uint64_t position)
{
	struct guest_iovec iov = {u_buffer, MIN(bytes, MAX_RW_COUNT)};
	struct iter iter;
	struct fd f;
	if (position != POSITION_OWN && (int64_t)position < 0)
		return -EINVAL;
	int64_t result = get_file(task, fd, direction, position, &f);
	if (result != 0)
		return result;
	iter_init_guest(&iter, task, &iov, 1, iov.len);
	result = guest_range_ok(u_buffer, iov.len) ? transfer(f.file, &iter, direction, position)
	                                           : -EFAULT;
	fd_put(f);
	return result;
}

static int64_t transfer_vector(struct task *task, int32_t fd, uint64_t u_iov, uint64_t count,
                               enum direction direction, uint64_t position)
{
	struct guest_iovec fast[IOV_FAST], *iov;
	struct iter iter;
	struct fd f;
	if (position != POSITION_OWN && (int64_t)position < 0)
		return -EINVAL;
	int64_t result = get_file(task, fd, direction, position, &f);
	if (result != 0)
		return result;
	int64_t bytes = guest_iov_get(task, u_iov, count, fast, IOV_FAST, &iov);
	if (bytes >= 0) {
		iter_init_guest(&iter, task, iov, count, MIN((uint64_t)bytes, MAX_RW_COUNT));
		bytes = transfer(f.file, &iter, direction, position);
		guest_iov_free(iov, fast);
	}
	fd_put(f);
	return bytes;
}

SYSCALL3(read, int32_t, fd, uint64_t, u_buffer, uint64_t, bytes)
{
	return transfer_buffer(task, fd, u_buffer, bytes, READING, POSITION_OWN);
}

SYSCALL3(write, int32_t, fd, uint64_t, u_buffer, uint64_t, bytes)
{
	return transfer_buffer(task, fd, u_buffer, bytes, WRITING, POSITION_OWN);
}

/* A negative position is an error and never "the file's own". */
static uint64_t checked_position(int64_t position)
{
	return position < 0 ? 1ull << 63 : (uint64_t)position;
}

SYSCALL4(pread64, int32_t, fd, uint64_t, u_buffer, uint64_t, bytes, int64_t, position)
{
	return transfer_buffer(task, fd, u_buffer, bytes, READING, checked_position(position));
}

SYSCALL4(pwrite64, int32_t, fd, uint64_t, u_buffer, uint64_t, bytes, int64_t, position)
{
	return transfer_buffer(task, fd, u_buffer, bytes, WRITING, checked_position(position));
}

SYSCALL3(readv, int32_t, fd, uint64_t, u_iov, uint64_t, count)
{
	return transfer_vector(task, fd, u_iov, count, READING, POSITION_OWN);
}

SYSCALL3(writev, int32_t, fd, uint64_t, u_iov, uint64_t, count)
{
	return transfer_vector(task, fd, u_iov, count, WRITING, POSITION_OWN);
}

SYSCALL4(preadv, int32_t, fd, uint64_t, u_iov, uint64_t, count, int64_t, position)
{
	return transfer_vector(task, fd, u_iov, count, READING, checked_position(position));
}

SYSCALL4(pwritev, int32_t, fd, uint64_t, u_iov, uint64_t, count, int64_t, position)
{
	return transfer_vector(task, fd, u_iov, count, WRITING, checked_position(position));
}

static int64_t transfer_vector2(struct task *task, int32_t fd, uint64_t u_iov, uint64_t count,
                                int64_t position, uint32_t flags, enum direction direction)
{
	if (flags != 0)
		return -EOPNOTSUPP;
	return transfer_vector(task, fd, u_iov, count, direction,
	                       position == -1 ? POSITION_OWN : checked_position(position));
}

SYSCALL6(preadv2, int32_t, fd, uint64_t, u_iov, uint64_t, count, int64_t, position, uint64_t, high,
         uint32_t, flags)
{
	return transfer_vector2(task, fd, u_iov, count, position, flags, READING);
}

SYSCALL6(pwritev2, int32_t, fd, uint64_t, u_iov, uint64_t, count, int64_t, position, uint64_t, high,
         uint32_t, flags)
{
	return transfer_vector2(task, fd, u_iov, count, position, flags, WRITING);
}

SYSCALL3(lseek, int32_t, fd, int64_t, offset, int32_t, whence)
{
	struct fd f = fd_get(task, fd);
	if (!f.file)
		return -EBADF;
	int64_t result = f.file->flags & O_PATH ? -EBADF : file_position_lock(task, f.file);
	if (result == 0) {
		result = file_seek(f.file, offset, whence);
		file_position_unlock(f.file);
	}
	fd_put(f);
	return result;
}

/* --- copying between descriptors --- */

/* One end of a copy; position POSITION_OWN: the file's. */
struct copy_end {
	struct file *file;
	uint64_t position;
};

static void advance(struct copy_end *end, int64_t bytes)
{
	if (end->position != POSITION_OWN)
		end->position += (uint64_t)bytes;
}

/* Bytes copied of one chunk; what was read and could not be written is given back to a seekable source. */
static int64_t copy_chunk(struct task *task, struct copy_end *in, struct copy_end *out,
                          uint8_t *buffer, size_t bytes)
{
	struct iter iter;
	iter_init_memory(&iter, task, buffer, bytes);
	int64_t got = transfer(in->file, &iter, READING, in->position);
	if (got <= 0)
		return got;
	iter_init_memory(&iter, task, buffer, (size_t)got);
	int64_t put = transfer(out->file, &iter, WRITING, out->position);
	if (put < got && in->position == POSITION_OWN && !(in->file->ops->flags & FILE_STREAM))
		file_seek(in->file, -(got - MAX(put, 0l)), SEEK_CUR);
	if (put > 0) {
		advance(in, put);
		advance(out, put);
	}
	return put;
}

static int64_t copy_all(struct task *task, struct copy_end *in, struct copy_end *out,
                        uint64_t bytes)
{
	uint64_t done = 0;
	int64_t moved = 0;
	uint8_t *buffer = heap_alloc(COPY_CHUNK);
	if (!buffer)
		return -ENOMEM;
	while (done < bytes) {
		size_t part = MIN(bytes - done, COPY_CHUNK);
		moved = copy_chunk(task, in, out, buffer, part);
		if (moved <= 0)
			break;
		done += (uint64_t)moved;
		if ((size_t)moved < part && out->file->ops->flags & FILE_STREAM)
			break;
		if (signal_pending(task))
			break;
	}
	heap_free(buffer);
	return done > 0 ? (int64_t)done : moved;
}

/* Reads the position that u_position points at, when it is given. */
static int64_t get_position(struct task *task, uint64_t u_position, struct copy_end *end)
{
	end->position = POSITION_OWN;
	if (!u_position)
		return 0;
	int64_t result = get_guest_u64(task, u_position, &end->position);
	if (result == 0 && (int64_t)end->position < 0)
		result = -EINVAL;
	if (result == 0 && end->file->ops->flags & FILE_STREAM)
		result = -ESPIPE;
	return result;
}

static int64_t put_position(struct task *task, uint64_t u_position, const struct copy_end *end)
{
	return u_position ? put_guest_u64(task, u_position, end->position) : 0;
}

static int64_t copy_between(struct task *task, struct copy_end *in, uint64_t u_in,
                            struct copy_end *out, uint64_t u_out, uint64_t bytes)
{
	int64_t result = get_position(task, u_in, in);
	if (result == 0)
		result = get_position(task, u_out, out);
	if (result != 0)
		return result;
	int64_t done = copy_all(task, in, out, MIN(bytes, MAX_RW_COUNT));
	if (put_position(task, u_in, in) != 0 || put_position(task, u_out, out) != 0)
		return -EFAULT;
	return done;
}

SYSCALL4(sendfile, int32_t, out_fd, int32_t, in_fd, uint64_t, u_position, uint64_t, bytes)
{
	struct copy_end in, out;
	struct fd from, to;
	int64_t result = get_file(task, in_fd, READING, POSITION_OWN, &from);
	if (result != 0)
		return result;
	in.file = from.file;
	result = get_file(task, out_fd, WRITING, POSITION_OWN, &to);
	if (result == 0) {
		out.file = to.file;
		if (in.file->ops->flags & FILE_STREAM || S_ISDIR(in.file->inode->mode))
			result = -EINVAL;
		else if (file_flags(out.file) & O_APPEND)
			result = -EINVAL;
		else
			result = copy_between(task, &in, u_position, &out, 0, bytes);
		fd_put(to);
	}
	fd_put(from);
	return result;
}

static int64_t may_copy_range(struct file *in, struct file *out)
{
	if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
		return -EINVAL;
	if (file_flags(out) & O_APPEND)
		return -EBADF;
	return in->inode == out->inode ? -EINVAL : 0; /* overlapping ranges: callers fall back */
}

SYSCALL6(copy_file_range, int32_t, in_fd, uint64_t, u_in, int32_t, out_fd, uint64_t, u_out,
         uint64_t, bytes, uint32_t, flags)
{
	struct copy_end in, out;
	struct fd from, to;
	if (flags != 0)
		return -EINVAL;
	int64_t result = get_file(task, in_fd, READING, POSITION_OWN, &from);
	if (result != 0)
		return result;
	in.file = from.file;
	result = get_file(task, out_fd, WRITING, POSITION_OWN, &to);
	if (result == 0) {
		out.file = to.file;
		result = may_copy_range(in.file, out.file);
		if (result == 0)
			result = copy_between(task, &in, u_in, &out, u_out, bytes);
		fd_put(to);
	}
	fd_put(from);
	return result;
}
