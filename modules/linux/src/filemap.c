/*
 * Reading and writing of regular files (filemap.h). A write that appends or makes the file grow holds the
 * inode's write token, so that such writes come one after another and each finds the end where the last
 * one left it; other writes go in parallel. Writing clears set-id bits, as on Linux.
 */
#include "filemap.h"
#include "signal.h"
#include "syscall.h"
#include "time.h"
#include <base/bits.h>

#define POPULATE_MAX \
	(1ul << 20) /* what is behind it may never be written: the guest's buffer may be bad */

static struct paged_inode *paged_of(struct file *file)
{
	return (struct paged_inode *)file->inode;
}

static int64_t make_ready(struct paged_inode *paged, bool is_writable)
{
	return paged->paged_ops->ready ? paged->paged_ops->ready(paged, is_writable) : 0;
}

static uint64_t size_of(struct inode *inode)
{
	mutex_lock(&inode->lock);
	uint64_t size = inode->size;
	mutex_unlock(&inode->lock);
	return size;
}

static int64_t read_pages(struct paged_inode *paged, struct iter *to, uint64_t position,
                          size_t bytes)
{
	int64_t result = make_ready(paged, false);
	return result == 0 ? pages_read(&paged->pages, to, position, bytes) : result;
}

static int64_t write_pages(struct paged_inode *paged, struct iter *from, uint64_t position,
                           size_t bytes)
{
	int64_t result = make_ready(paged, true);
	return result == 0 ? pages_write(&paged->pages, from, position, bytes) : result;
}

static bool can_recover(struct paged_inode *paged)
{
	return paged->paged_ops->recover && paged->paged_ops->recover(paged);
}

static int64_t look_at_size(struct paged_inode *paged)
{
	return paged->paged_ops->look_at_size ? paged->paged_ops->look_at_size(paged) : 0;
}

/* Up to the end, as far as that is known. */
static int64_t read_at(struct paged_inode *paged, struct iter *to, uint64_t position)
{
	uint64_t size = size_of(&paged->inode);
	if (position >= size || to->left == 0)
		return 0;
	size_t bytes = MIN(to->left, size - position);
	int64_t result = read_pages(paged, to, position, bytes);
	if (result == -EIO && can_recover(paged))
		result = read_pages(paged, to, position, bytes);
	return result;
}

/* The same while nobody cuts the file. */
static int64_t read_held(struct paged_inode *paged, struct iter *to, uint64_t position)
{
	int64_t result = inode_write_lock(to->task, &paged->inode);
	if (result != 0)
		return result;
	result = look_at_size(paged);
	if (result == 0)
		result = read_at(paged, to, position);
	inode_write_unlock(&paged->inode);
	return result;
}

int64_t filemap_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct paged_inode *paged = paged_of(file);
	uint64_t size = size_of(&paged->inode);
	int64_t result = 0;
	if (*position >= size || to->left > size - *position)
		result = look_at_size(paged);
	if (result == 0)
		result = read_at(paged, to, *position);
	if (result == -EIO || result == -EFAULT) /* perhaps because it was cut meanwhile */
		result = read_held(paged, to, *position);
	if (result > 0)
		*position += (uint64_t)result;
	return result;
}

/* How many of `bytes` may be written at position: RLIMIT_FSIZE (with its signal) and the largest offset. */
static int64_t limit_write(struct task *task, uint64_t position, size_t *bytes)
{
	uint64_t limit = task ? task_rlimit(task, RLIMIT_FSIZE) : RLIM_INFINITY;
	if (position >= limit) {
		signal_send_task(task, SIGXFSZ);
		return -EFBIG;
	}
	if (position >= MAX_FILE_SIZE)
		return -EFBIG;
	*bytes = MIN(*bytes, MIN(limit, (uint64_t)MAX_FILE_SIZE) - position);
	return 0;
}

static void note_written(struct paged_inode *paged, struct task *task, uint64_t end)
{
	struct inode *inode = &paged->inode;
	uint64_t now = time_real_ns();
	mutex_lock(&inode->lock);
	inode->size = MAX(inode->size, end);
	inode->mtime = inode->ctime = now;
	bool has_set_id = inode->mode & (S_ISUID | S_ISGID);
	mutex_unlock(&inode->lock);
	if (has_set_id && task) {
		struct attributes a = {0};
		attributes_drop_set_ids(task, inode, &a);
		if (a.mask)
			inode->ops->set(inode, &a);
	}
	if (paged->paged_ops->wrote)
		paged->paged_ops->wrote(paged);
}

/* Room for bytes that go beyond the end. */
static int64_t reserve(struct paged_inode *paged, uint64_t position, size_t bytes)
{
	int64_t result = paged->paged_ops->reserve(paged, position + bytes);
	if (result == 0 && paged->paged_ops->populate && bytes > PAGE_SIZE)
		paged->paged_ops->populate(paged, position, MIN(bytes, POPULATE_MAX));
	return result;
}

static int64_t write_at(struct paged_inode *paged, struct iter *from, uint64_t *position,
                        bool is_growing)
{
	size_t bytes = from->left;
	int64_t result = limit_write(from->task, *position, &bytes);
	if (result == 0 && is_growing && *position + bytes > size_of(&paged->inode))
		result = reserve(paged, *position, bytes);
	if (result == 0)
		result = write_pages(paged, from, *position, bytes);
	if (result == -ENOSPC && can_recover(paged))
		result = write_pages(paged, from, *position, bytes);
	if (result > 0) {
		*position += (uint64_t)result;
		note_written(paged, from->task, *position);
	}
	return result;
}

int64_t filemap_write(struct file *file, struct iter *from, uint64_t *position)
{
	struct paged_inode *paged = paged_of(file);
	bool is_append = file_flags(file) & O_APPEND;
	uint64_t size = size_of(&paged->inode);
	if (from->left == 0)
		return 0;
	bool is_inside = !is_append && *position <= size && from->left <= size - *position;
	int64_t result = is_inside ? write_at(paged, from, position, false) : -ENOSPC;
	if (result != -ENOSPC && result != -EFAULT)
		return result;
	/* Behind the end, or perhaps the file was cut meanwhile. */
	result = inode_write_lock(from->task, &paged->inode);
	if (result != 0)
		return result;
	if (is_append || is_inside)
		result = look_at_size(paged);
	if (is_append)
		*position = size_of(&paged->inode);
	if (result == 0)
		result = write_at(paged, from, position, true);
	inode_write_unlock(&paged->inode);
	return result;
}

int64_t filemap_memory(struct file *file, bool is_writable, handle_t *out_memory)
{
	struct paged_inode *paged = paged_of(file);
	int64_t result = make_ready(paged, is_writable);
	if (result == 0 && !paged->pages.memory.value)
		result = paged->paged_ops->reserve ? paged->paged_ops->reserve(paged, 0) : -ENODEV;
	if (result == 0)
		*out_memory = paged->pages.memory;
	return result;
}
