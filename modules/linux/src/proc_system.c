/*
 * /proc files about the system as the container sees it: memory, processors, time, mounts.
 */
#include "cpu.h"
#include "file.h"
#include "proc_show.h"
#include "syscall.h"
#include "time.h"
#include "uname.h"
#include <base/bits.h>
#include <libanon/syscall.h>

#define SHOW(name) \
	int64_t proc_show_##name(struct task *reader __attribute__((unused)), \
	                         const struct synth_target *target __attribute__((unused)), \
	                         struct text *text)
#define TICK_NS 10000000ull /* USER_HZ is 100 */

SHOW(cmdline)
{
	text_add(text, "anonymos\n");
	return 0;
}

SHOW(version)
{
	text_add(text, "Linux version %s (anonymOS) %s\n", UNAME_RELEASE, UNAME_VERSION);
	return 0;
}

SHOW(meminfo)
{
	uint64_t total, available;
	sysinfo_memory(&total, &available);
	text_add(text, "MemTotal:       %8llu kB\n", (unsigned long long)total * 4);
	text_add(text, "MemFree:        %8llu kB\n", (unsigned long long)available * 4);
	text_add(text, "MemAvailable:   %8llu kB\n", (unsigned long long)available * 4);
	static const char *const zero[] = {
		"Buffers:   ", "Cached:    ", "SwapCached:",  "Active:    ",
		"Inactive:  ", "SwapTotal: ", "SwapFree:  ",  "Dirty:     ",
		"Shmem:     ", "Slab:      ", "SReclaimable:"};
	for (unsigned i = 0; i < ARRAY_SIZE(zero); i++)
		text_add(text, "%s     %8u kB\n", zero[i], 0);
	return 0;
}

/* The processor's own name, 48 characters by CPUID. */
static void brand(char name[49])
{
	uint32_t *words = (uint32_t *)name;
	for (uint32_t i = 0; i < 3; i++)
		__asm__ volatile("cpuid"
		                 : "=a"(words[i * 4]), "=b"(words[i * 4 + 1]),
		                   "=c"(words[i * 4 + 2]), "=d"(words[i * 4 + 3])
		                 : "a"(0x80000002u + i), "c"(0));
	name[48] = 0;
}

SHOW(cpuinfo)
{
	char name[52] __attribute__((aligned(4)));
	struct system_info info = {0};
	(void)sys_system_info(&info);
	brand(name);
	for (uint32_t i = 0; i < cpu_count(); i++) {
		text_add(text, "processor\t: %u\nvendor_id\t: anonymOS\nmodel name\t: %s\n", i,
		         name);
		text_add(text, "cpu MHz\t\t: %llu.000\nflags\t\t: fpu tsc cx8 sse sse2\n\n",
		         (unsigned long long)info.tsc_hz / 1000000);
	}
	return 0;
}

SHOW(uptime)
{
	struct system_info info = {0};
	(void)sys_system_info(&info);
	uint64_t up = time_monotonic_ns() / TICK_NS, idle = info.idle_ns / TICK_NS;
	text_add(text, "%llu.%02llu %llu.%02llu\n", (unsigned long long)up / 100,
	         (unsigned long long)up % 100, (unsigned long long)idle / 100,
	         (unsigned long long)idle % 100);
	return 0;
}

SHOW(loadavg)
{
	uint32_t running = 0;
	struct process *process = NULL;
	for (int32_t pid = 0; (process = process_next(pid)); process_put(process)) {
		pid = process->pid;
		struct task *task = task_find(pid);
		running += task && task_state_letter(task) == 'R';
		if (task)
			task_put(task);
	}
	text_add(text, "0.00 0.00 0.00 %u/%u %d\n", running, task_count_all(), task_last_pid());
	return 0;
}

SHOW(stat)
{
	struct system_info info = {0};
	(void)sys_system_info(&info);
	uint64_t idle = info.idle_ns / TICK_NS;
	uint64_t all = info.now_ns / TICK_NS * MAX(info.cpus, 1u);
	unsigned long long busy = all > idle ? all - idle : 0;
	text_add(text, "cpu  %llu 0 0 %llu 0 0 0 0 0 0\n", busy, (unsigned long long)idle);
	for (uint32_t i = 0; i < MAX(info.cpus, 1u); i++)
		text_add(text, "cpu%u %llu 0 0 %llu 0 0 0 0 0 0\n", i, busy / MAX(info.cpus, 1u),
		         (unsigned long long)idle / MAX(info.cpus, 1u));
	text_add(text,
	         "intr 0\nctxt %llu\nbtime %llu\nprocesses %d\nprocs_running 1\nprocs_blocked 0\n",
	         (unsigned long long)info.context_switches,
	         (unsigned long long)((time_real_ns() - time_monotonic_ns()) / NS_PER_SECOND),
	         task_last_pid());
	return 0;
}

SHOW(filesystems)
{
	const struct fs_type *type;
	for (unsigned i = 0; (type = fs_type_at(i)); i++)
		text_add(text, "%s\t%s\n", type->needs_device ? "" : "nodev", type->name);
	return 0;
}

SHOW(devices)
{
	text_add(text,
	         "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n"
	         "136 pts\n\nBlock devices:\n");
	return 0;
}

SHOW(partitions)
{
	text_add(text, "major minor  #blocks  name\n\n");
	return 0;
}

SHOW(swaps)
{
	text_add(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

/* --- mounts --- */

struct mount_list {
	struct path root; /* what lies outside is not shown */
	struct text *text;
	bool is_long;
};

static const char *mount_options(const struct mount *mount)
{
	bool is_fixed = mount->flags & MS_RDONLY || mount->super->flags & SUPER_READ_ONLY;
	return is_fixed ? "ro" : "rw";
}

static void show_mount(void *context, struct mount *mount)
{
	struct mount_list *list = context;
	char where[PATH_MAX], root[PATH_MAX];
	struct path path = {mount, mount->root};
	bool is_inside;
	if (mount->is_union ||
	    path_print_from(&list->root, &path, where, sizeof(where), &is_inside) < 0 ||
	    !is_inside || mount_print_root(mount, root, sizeof(root)) < 0)
		return;
	if (list->is_long)
		text_add(list->text, "%d %d 0:%u %s %s %s,relatime - %s %s %s\n", mount->id,
		         mount->parent ? mount->parent->id : 1, dev_minor(mount->super->device),
		         root, where, mount_options(mount), mount->super->type, mount->source,
		         mount_options(mount));
	else
		text_add(list->text, "%s %s %s %s,relatime 0 0\n", mount->source, where,
		         mount->super->type, mount_options(mount));
}

static int64_t show_mounts(const struct synth_target *target, struct text *text, bool is_long)
{
	struct mount_list list = {.text = text, .is_long = is_long};
	struct path cwd;
	struct task *task = task_find(target->tid);
	struct fs *fs = task ? task_fs_get(task) : NULL;
	if (task)
		task_put(task);
	if (!fs)
		return -EINVAL;
	fs_paths(fs, &list.root, &cwd);
	mounts_for_each(fs_namespace(fs), show_mount, &list);
	path_put(&list.root);
	path_put(&cwd);
	fs_put(fs);
	return 0;
}

int64_t proc_show_mounts(struct task *reader, const struct synth_target *target, struct text *text)
{
	(void)reader;
	return show_mounts(target, text, false);
}

int64_t proc_show_mountinfo(struct task *reader, const struct synth_target *target,
                            struct text *text)
{
	(void)reader;
	return show_mounts(target, text, true);
}
