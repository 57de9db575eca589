/*
 * /proc/PID's links (cwd, root, exe) and the descriptors under fd and fdinfo. Following one leads to the very
 * file, also when its name is gone.
 */
#include "file.h"
#include "proc_pid.h"
#include "syscall.h"
#include <base/format.h>
#include <base/parse.h>
#include <base/string.h>

typedef unsigned long long ull;

static int64_t print_and_put(struct task *reader, struct path *path, char *buffer, size_t size)
{
	int64_t len = path_print(reader, path, buffer, size);
	if (len >= 0 && path_is_deleted(path) && (size_t)len + 11 <= size) {
		memcpy(buffer + len, " (deleted)", 10);
		len += 10;
	}
	path_put(path);
	return len;
}

int64_t proc_exe_path(struct task *reader, const struct synth_target *target, struct path *out)
{
	struct process *process = process_find(target->pid);
	struct file *file = NULL;
	(void)reader;
	if (!process)
		return -ESRCH;
	mutex_lock(&process->lock);
	file = process->executable_file;
	if (file)
		file_get(file);
	mutex_unlock(&process->lock);
	process_put(process);
	if (!file)
		return -ENOENT;
	*out = file->path;
	path_get(out);
	file_put(file);
	return 0;
}

static int64_t place_path(struct task *reader, const struct synth_target *target, struct path *out,
                          bool is_root)
{
	struct path root, cwd;
	int64_t result = proc_may_look(reader, target);
	if (result != 0)
		return result;
	struct task *task = task_find(target->tid);
	struct fs *fs = task ? task_fs_get(task) : NULL;
	if (task)
		task_put(task);
	if (!fs)
		return -ENOENT;
	fs_paths(fs, &root, &cwd);
	fs_put(fs);
	*out = is_root ? root : cwd;
	path_put(is_root ? &cwd : &root);
	return 0;
}

int64_t proc_cwd_path(struct task *reader, const struct synth_target *target, struct path *out)
{
	return place_path(reader, target, out, false);
}

int64_t proc_root_path(struct task *reader, const struct synth_target *target, struct path *out)
{
	return place_path(reader, target, out, true);
}

static struct file *file_of(const struct synth_target *target)
{
	struct task *task = task_find(target->tid);
	struct files *files = task ? task_files_get(task) : NULL;
	struct file *file = files ? files_lookup(files, target->number) : NULL;
	if (files)
		files_put(files);
	if (task)
		task_put(task);
	return file;
}

static int64_t fd_path(struct task *reader, const struct synth_target *target, struct path *out)
{
	int64_t result = proc_may_look(reader, target);
	struct file *file = result == 0 ? file_of(target) : NULL;
	if (!file)
		return result != 0 ? result : -ENOENT;
	*out = file->path;
	path_get(out);
	file_put(file);
	return 0;
}

#define LINK_TEXT(name, path_of) \
	int64_t name(struct task *reader, const struct synth_target *target, char *buffer, \
	             size_t size) \
	{ \
		struct path path; \
		int64_t result = path_of(reader, target, &path); \
		return result == 0 ? print_and_put(reader, &path, buffer, size) : result; \
	}
LINK_TEXT(proc_link_exe, proc_exe_path)
LINK_TEXT(proc_link_cwd, proc_cwd_path)
LINK_TEXT(proc_link_root, proc_root_path)
static LINK_TEXT(link_fd, fd_path)

	/* --- fd and fdinfo --- */

	static void print_octal(char to[12], uint32_t value)
{
	char digits[12];
	unsigned count = 0;
	do {
		digits[count++] = (char)('0' + (value & 7));
		value >>= 3;
	} while (value);
	while (count > 0)
		*to++ = digits[--count];
	*to = 0;
}

static int64_t show_fdinfo(struct task *reader, const struct synth_target *target,
                           struct text *text)
{
	struct file *file = file_of(target);
	(void)reader;
	if (!file)
		return -ENOENT;
	char flags[12];
	print_octal(flags, file_flags(file) | O_LARGEFILE);
	text_add(text, "pos:\t%llu\nflags:\t0%s\nmnt_id:\t%d\n", (ull)file->position, flags,
	         file->path.mount ? file->path.mount->id : 0);
	file_put(file);
	return 0;
}

static const struct synth_entry fd_entry = {
	.name = "fd",
	.mode = S_IFLNK | 0700,
	.link = link_fd,
	.follow = fd_path,
};
static const struct synth_entry fdinfo_entry = {
	.name = "fdinfo",
	.mode = S_IFREG | 0400,
	.show = show_fdinfo,
};

static int64_t find_fd(const struct synth_target *target, const char *name,
                       struct synth_target *out_target)
{
	uint64_t number;
	if (!parse_u64(name, &number) || number > INT32_MAX)
		return -ENOENT;
	*out_target = *target;
	out_target->number = (int32_t)number;
	struct file *file = file_of(out_target);
	if (!file)
		return -ENOENT;
	file_put(file);
	return 0;
}

int64_t proc_lookup_fd(const struct synth_target *target, const char *name,
                       const struct synth_entry **out_entry, struct synth_target *out_target)
{
	*out_entry = &fd_entry;
	return find_fd(target, name, out_target);
}

int64_t proc_lookup_fdinfo(const struct synth_target *target, const char *name,
                           const struct synth_entry **out_entry, struct synth_target *out_target)
{
	*out_entry = &fdinfo_entry;
	return find_fd(target, name, out_target);
}

bool proc_next_fd(const struct synth_target *target, uint64_t *cursor, char name[32], uint8_t *type)
{
	struct task *task = task_find(target->tid);
	struct files *files = task ? task_files_get(task) : NULL;
	int32_t fd = files && *cursor <= INT32_MAX ? files_next(files, (int32_t)*cursor) : -1;
	if (files)
		files_put(files);
	if (task)
		task_put(task);
	if (fd < 0)
		return false;
	*cursor = (uint64_t)fd;
	*type = DT_LNK;
	format_string(name, 32, "%d", fd);
	return true;
}
