/*
 * Tables of descriptors: which numbers stand for which open files, and which of them close at exec. Shared
 * by CLONE_FILES, copied by fork. dup, dup2, dup3, close, close_range.
 */
#include "files.h"
#include "socket.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>

#define FILES_MAX (1 << 20)
#define FILES_AT_FIRST 32
#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

static struct files *files_alloc(int32_t size)
{
	struct files *files = heap_zalloc(sizeof(*files));
	if (!files)
		return NULL;
	files->references = 1;
	files->size = size;
	mutex_init(&files->lock, RANK_FILES);
	files->table = heap_zalloc((size_t)size * sizeof(*files->table));
	if (!files->table) {
		heap_free(files);
		return NULL;
	}
	return files;
}

struct files *files_create(void)
{
	return files_alloc(FILES_AT_FIRST);
}

void files_get(struct files *files)
{
	__atomic_fetch_add(&files->references, 1, __ATOMIC_RELAXED);
}

/* A descriptor is gone: the table's record locks on the file go with it. */
static void closed(struct files *files, struct file *file)
{
	if (file && file->inode->locks)
		locks_release_process(files, file->inode);
	file_put(file);
}

void files_put(struct files *files)
{
	if (!files || __atomic_sub_fetch(&files->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (int32_t fd = 0; fd < files->size; fd++)
		closed(files, files->table[fd].file);
	heap_free(files->table);
	heap_free(files);
	unix_drop_unreachable();
}

static bool grow_locked(struct files *files, int32_t fd)
{
	if (fd < files->size)
		return true;
	int32_t size = (int32_t)power_of_two_above((uint64_t)fd + 1);
	struct descriptor *table = heap_realloc(files->table, (size_t)size * sizeof(*table));
	if (!table)
		return false;
	memset(table + files->size, 0, (size_t)(size - files->size) * sizeof(*table));
	files->table = table;
	files->size = size;
	return true;
}

struct files *files_copy(struct files *from)
{
	struct files *files = NULL;
	for (;;) { /* sized outside the lock: try again if it grew meanwhile */
		int32_t size = __atomic_load_n(&from->size, __ATOMIC_RELAXED);
		files = files_alloc(size);
		if (!files)
			return NULL;
		mutex_lock(&from->lock);
		if (from->size <= size)
			break;
		mutex_unlock(&from->lock);
		files_put(files);
	}
	memcpy(files->table, from->table, (size_t)from->size * sizeof(*files->table));
	files->lowest = from->lowest;
	for (int32_t fd = 0; fd < from->size; fd++) {
		if (files->table[fd].file)
			file_get(files->table[fd].file);
	}
	mutex_unlock(&from->lock);
	return files;
}

int64_t files_unshare(struct task *task)
{
	struct files *old = task->files;
	if (__atomic_load_n(&old->references, __ATOMIC_ACQUIRE) == 1)
		return 0;
	struct files *own = files_copy(old);
	if (!own)
		return -ENOMEM;
	mutex_lock(&task->process->lock);
	task->files = own;
	mutex_unlock(&task->process->lock);
	files_put(old);
	return 0;
}

struct file *files_lookup(struct files *files, int32_t fd)
{
	struct file *file = NULL;
	mutex_lock(&files->lock);
	if (fd >= 0 && fd < files->size && files->table[fd].file) {
		file = files->table[fd].file;
		file_get(file);
	}
	mutex_unlock(&files->lock);
	return file;
}

bool files_is_open(struct files *files, int32_t fd)
{
	mutex_lock(&files->lock);
	bool is_open = fd >= 0 && fd < files->size && files->table[fd].file;
	mutex_unlock(&files->lock);
	return is_open;
}

int32_t files_next(struct files *files, int32_t from)
{
	int32_t found = -1;
	mutex_lock(&files->lock);
	for (int32_t fd = MAX(from, 0); fd < files->size && found < 0; fd++) {
		if (files->table[fd].file)
			found = fd;
	}
	mutex_unlock(&files->lock);
	return found;
}

static int64_t add_locked(struct files *files, struct file *file, int32_t minimum, int32_t limit,
                          bool is_close_on_exec)
{
	int32_t fd = MAX(minimum, files->lowest);
	while (fd < files->size && files->table[fd].file)
		fd++;
	if (fd >= limit)
		return -EMFILE;
	if (!grow_locked(files, fd))
		return -ENOMEM;
	files->table[fd] = (struct descriptor){file, is_close_on_exec};
	if (minimum <= files->lowest)
		files->lowest = fd + 1;
	return fd;
}

static int32_t limit_of(struct task *task)
{
	return (int32_t)MIN(task_rlimit(task, RLIMIT_NOFILE), (uint64_t)FILES_MAX);
}

int64_t files_add(struct task *task, struct file *file, int32_t minimum, bool is_close_on_exec)
{
	struct files *files = task->files;
	int32_t limit = limit_of(task);
	mutex_lock(&files->lock);
	int64_t fd = add_locked(files, file, minimum, limit, is_close_on_exec);
	mutex_unlock(&files->lock);
	return fd;
}

int64_t files_add_new(struct task *task, struct file *file, bool is_close_on_exec)
{
	int64_t fd = files_add(task, file, 0, is_close_on_exec);
	if (fd < 0)
		file_put(file);
	return fd;
}

/* Puts file at fd, in the place of *out_old, which the caller closes. Takes the reference. */
static int64_t replace_at(struct files *files, struct file *file, int32_t fd, bool is_close_on_exec,
                          struct file **out_old)
{
	mutex_lock(&files->lock);
	bool has_room = grow_locked(files, fd);
	*out_old = NULL;
	if (has_room) {
		*out_old = files->table[fd].file;
		files->table[fd] = (struct descriptor){file, is_close_on_exec};
	}
	mutex_unlock(&files->lock);
	return has_room ? fd : -ENOMEM;
}

int64_t files_install(struct files *files, struct file *file, int32_t fd)
{
	struct file *old = NULL;
	int64_t result;
	if (fd >= FILES_MAX)
		return -EBADF;
	if (fd >= 0) {
		result = replace_at(files, file, fd, false, &old);
		file_put(old);
		return result;
	}
	mutex_lock(&files->lock);
	result = add_locked(files, file, 0, FILES_MAX, false);
	mutex_unlock(&files->lock);
	return result;
}

static struct file *take_locked(struct files *files, int32_t fd)
{
	struct file *file = files->table[fd].file;
	files->table[fd] = (struct descriptor){0};
	files->lowest = MIN(files->lowest, fd);
	return file;
}

void files_close_on_exec(struct files *files)
{
	for (int32_t fd = 0;; fd++) {
		struct file *file = NULL;
		mutex_lock(&files->lock);
		while (fd < files->size &&
		       !(files->table[fd].file && files->table[fd].is_close_on_exec))
			fd++;
		bool is_end = fd >= files->size;
		if (!is_end)
			file = take_locked(files, fd);
		mutex_unlock(&files->lock);
		if (is_end)
			return;
		closed(files, file);
	}
}

int64_t files_remove(struct files *files, int32_t fd)
{
	struct file *file = NULL;
	mutex_lock(&files->lock);
	if (fd >= 0 && fd < files->size)
		file = take_locked(files, fd);
	mutex_unlock(&files->lock);
	if (!file)
		return -EBADF;
	closed(files, file);
	return 0;
}

SYSCALL1(close, int32_t, fd)
{
	return files_remove(task->files, fd);
}

SYSCALL1(dup, int32_t, fd)
{
	struct file *file = files_lookup(task->files, fd);
	return file ? files_add_new(task, file, false) : -EBADF;
}

static int64_t dup_to(struct task *task, int32_t fd, int32_t to, bool is_close_on_exec)
{
	struct file *old;
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	if (to < 0 || to >= limit_of(task)) {
		file_put(file);
		return -EBADF;
	}
	int64_t result = replace_at(task->files, file, to, is_close_on_exec, &old);
	if (result < 0)
		file_put(file);
	closed(task->files, old);
	return result;
}

SYSCALL2(dup2, int32_t, fd, int32_t, to)
{
	if (fd == to)
		return files_is_open(task->files, fd) ? fd : -EBADF;
	return dup_to(task, fd, to, false);
}

SYSCALL3(dup3, int32_t, fd, int32_t, to, uint32_t, flags)
{
	if (flags & ~O_CLOEXEC || fd == to)
		return -EINVAL;
	return dup_to(task, fd, to, flags & O_CLOEXEC);
}

static void close_range(struct task *task, uint32_t first, uint32_t last, bool is_only_marked)
{
	struct files *files = task->files;
	for (uint32_t fd = first; fd <= last; fd++) {
		struct file *file = NULL;
		mutex_lock(&files->lock);
		bool is_end = fd >= (uint32_t)files->size;
		if (!is_end && files->table[fd].file && is_only_marked)
			files->table[fd].is_close_on_exec = true;
		else if (!is_end)
			file = take_locked(files, (int32_t)fd);
		mutex_unlock(&files->lock);
		closed(files, file);
		if (is_end)
			return;
	}
}

SYSCALL3(close_range, uint32_t, first, uint32_t, last, uint32_t, flags)
{
	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	int64_t error = flags & CLOSE_RANGE_UNSHARE ? files_unshare(task) : 0;
	if (error)
		return error;
	close_range(task, first, last, flags & CLOSE_RANGE_CLOEXEC);
	return 0;
}

/* fcntl's F_GETFD and F_SETFD. */
int64_t files_close_flag(struct files *files, int32_t fd, const bool *to)
{
	int64_t result = -EBADF;
	mutex_lock(&files->lock);
	if (fd >= 0 && fd < files->size && files->table[fd].file) {
		if (to)
			files->table[fd].is_close_on_exec = *to;
		result = files->table[fd].is_close_on_exec;
	}
	mutex_unlock(&files->lock);
	return result;
}
