/*
 * /proc itself: its own files, self, and the processes by number.
 */
#include "file.h"
#include "proc_show.h"
#include "procfs.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/format.h>
#include <base/parse.h>

static int64_t link_self(struct task *reader, const struct synth_target *target, char *buffer,
                         size_t size)
{
	(void)target;
	return reader ? (int64_t)format_string(buffer, size, "%d", reader->process->pid) : -ENOENT;
}

static int64_t link_thread_self(struct task *reader, const struct synth_target *target,
                                char *buffer, size_t size)
{
	(void)target;
	if (!reader)
		return -ENOENT;
	return (int64_t)format_string(buffer, size, "%d/task/%d", reader->process->pid,
	                              reader->tid);
}

static int64_t link_mounts(struct task *reader, const struct synth_target *target, char *buffer,
                           size_t size)
{
	(void)reader, (void)target;
	return (int64_t)format_string(buffer, size, "self/mounts");
}

static const struct synth_entry pid_entry = {
	.name = "pid",
	.mode = S_IFDIR | 0555,
	.children = proc_pid_entries,
};

static int64_t lookup_pid(const struct synth_target *target, const char *name,
                          const struct synth_entry **out_entry, struct synth_target *out_target)
{
	uint64_t pid;
	(void)target;
	if (!parse_u64(name, &pid) || name[0] == '0' || pid > INT32_MAX)
		return -ENOENT;
	struct process *process = process_find((int32_t)pid);
	struct task *task = process ? NULL : task_find((int32_t)pid);
	if (!process && !task)
		return -ENOENT;
	*out_target = (struct synth_target){.pid = process ? (int32_t)pid : task->process->pid,
	                                    .tid = (int32_t)pid};
	*out_entry = &pid_entry;
	if (process)
		process_put(process);
	if (task)
		task_put(task);
	return 0;
}

static bool next_pid(const struct synth_target *target, uint64_t *cursor, char name[32],
                     uint8_t *type)
{
	(void)target;
	if (*cursor > INT32_MAX)
		return false;
	struct process *process = process_next((int32_t)*cursor - 1);
	if (!process)
		return false;
	*cursor = (uint64_t)process->pid;
	*type = DT_DIR;
	format_string(name, 32, "%d", process->pid);
	process_put(process);
	return true;
}

#define TEXT_FILE(n, s) \
	{ \
		.name = (n), .mode = S_IFREG | 0444, .show = (s) \
	}

static const struct synth_entry root_entries[] = {
	{.name = "anonymos", .mode = S_IFDIR | 0555, .children = proc_anonymos_entries},
	TEXT_FILE("cmdline", proc_show_cmdline),
	TEXT_FILE("cpuinfo", proc_show_cpuinfo),
	TEXT_FILE("devices", proc_show_devices),
	TEXT_FILE("filesystems", proc_show_filesystems),
	TEXT_FILE("loadavg", proc_show_loadavg),
	TEXT_FILE("meminfo", proc_show_meminfo),
	{.name = "mounts", .mode = S_IFLNK | 0777, .link = link_mounts},
	{.name = "net", .mode = S_IFDIR | 0555, .children = proc_net_entries},
	TEXT_FILE("partitions", proc_show_partitions),
	{.name = "self", .mode = S_IFLNK | 0777, .link = link_self},
	TEXT_FILE("stat", proc_show_stat),
	TEXT_FILE("swaps", proc_show_swaps),
	{.name = "sys", .mode = S_IFDIR | 0555, .children = proc_sys_entries},
	{.name = "thread-self", .mode = S_IFLNK | 0777, .link = link_thread_self},
	TEXT_FILE("uptime", proc_show_uptime),
	TEXT_FILE("version", proc_show_version),
	{0},
};

static const struct synth_entry root = {
	.name = "/",
	.mode = S_IFDIR | 0555,
	.children = root_entries,
	.lookup = lookup_pid,
	.next = next_pid,
};

int64_t procfs_create(struct super **out_super, struct dentry **out_root)
{
	return synthfs_create("proc", PROC_SUPER_MAGIC, &root, out_super, out_root);
}
