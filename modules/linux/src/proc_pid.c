/*
 * /proc/PID: what is known of one process, and of each of its threads under task/. A process may end while
 * it is looked at: every file finds it anew and says ESRCH when it is gone.
 */
#include "affinity.h"
#include "file.h"
#include "guest.h"
#include "mm.h"
#include "proc_pid.h"
#include "proc_show.h"
#include "procfs.h"
#include "syscall.h"
#include "time.h"
#include "tty.h"
#include <base/bits.h>
#include <base/format.h>
#include <base/parse.h>
#include <base/string.h>
#include <libanon/heap.h>

#define TICK_NS 10000000ull
#define ARGUMENTS_MAX (128ul << 10)

/* Everything to show about a task, taken once. References to it and its process. */
struct seen {
	struct process *process;
	struct task *task; /* null: a zombie */
	struct mm *mm;
	struct mm_usage usage;
	struct process_times times;
	struct cred cred;
	char name[TASK_NAME_BYTES];
	char state;
	int32_t parent, group, session, tty_group;
	uint64_t tty_device;
};

static void see_tty(struct seen *s)
{
	struct tty *tty = session_tty(s->process);
	s->tty_group = -1;
	if (!tty)
		return;
	s->tty_device = tty->rdev;
	s->tty_group = tty->group;
}

static int64_t see(const struct synth_target *target, struct seen *s)
{
	*s = (struct seen){.process = process_find(target->pid)};
	if (!s->process)
		return -ESRCH;
	s->task = task_find(target->tid);
	s->state = 'Z';
	if (s->task) {
		s->mm = task_mm_get(s->task);
		s->cred = task_cred(s->task);
		s->state = task_state_letter(s->task);
		string_copy(s->name, s->task->name, sizeof(s->name));
	}
	if (s->mm)
		mm_usage(s->mm, &s->usage);
	s->times = process_cpu_times(s->process);
	s->parent = process_parent_pid(s->process);
	s->session = process_sid(s->process);
	s->group = s->process->pgid;
	see_tty(s);
	return 0;
}

static void unsee(struct seen *s)
{
	if (s->mm)
		mm_put(s->mm);
	if (s->task)
		task_put(s->task);
	process_put(s->process);
}

/* --- stat, status, statm --- */

typedef unsigned long long ull;

static void add_stat(const struct seen *s, const struct synth_target *target, struct text *text)
{
	const struct process_times *t = &s->times, *c = &s->process->child_times;
	text_add(text, "%d (%s) %c %d %d %d %u %d 0 0 0 0 0 ", target->tid, s->name, s->state,
	         s->parent, s->group, s->session, (uint32_t)s->tty_device, s->tty_group);
	text_add(text, "%llu %llu %llu %llu ", (ull)t->user_ns / TICK_NS,
	         (ull)t->system_ns / TICK_NS, (ull)c->user_ns / TICK_NS,
	         (ull)c->system_ns / TICK_NS);
	text_add(text, "%d %d %u 0 %llu %llu %llu %llu ", 20 + s->process->nice, s->process->nice,
	         s->process->task_count, (ull)s->process->start_ns / TICK_NS,
	         (ull)s->usage.total_pages * 4096, (ull)s->usage.resident_pages,
	         (ull)s->process->limits[RLIMIT_RSS].current);
	text_add(text, "%llu %llu %llu 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 ",
	         (ull)(s->mm ? s->mm->code_start : 0), (ull)(s->mm ? s->mm->code_end : 0),
	         (ull)(s->mm ? s->mm->stack_start : 0));
	text_add(text, "%llu %llu %llu %llu %llu %llu %llu %d\n",
	         (ull)(s->mm ? s->mm->data_start : 0), (ull)(s->mm ? s->mm->data_end : 0),
	         (ull)(s->mm ? s->mm->brk_start : 0), (ull)(s->mm ? s->mm->arguments_start : 0),
	         (ull)(s->mm ? s->mm->arguments_end : 0),
	         (ull)(s->mm ? s->mm->environment_start : 0),
	         (ull)(s->mm ? s->mm->environment_end : 0), 0);
}

static int64_t show_stat(struct task *reader, const struct synth_target *target, struct text *text)
{
	struct seen s;
	(void)reader;
	int64_t result = see(target, &s);
	if (result != 0)
		return result;
	add_stat(&s, target, text);
	unsee(&s);
	return 0;
}

static const char *state_word(char state)
{
	switch (state) {
	case 'R': return "R (running)";
	case 'S': return "S (sleeping)";
	case 'D': return "D (disk sleep)";
	case 'T': return "T (stopped)";
	case 'Z': return "Z (zombie)";
	default: return "X (dead)";
	}
}

static void add_credentials(const struct cred *c, struct text *text)
{
	text_add(text, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	text_add(text, "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t64\nGroups:\t", c->gid, c->egid, c->sgid,
	         c->fsgid);
	for (uint32_t i = 0; i < c->group_count; i++)
		text_add(text, "%u ", c->groups[i]);
	text_add(text, "\n");
}

static void add_signals(const struct seen *s, struct text *text)
{
	sigset_t64 ignored = 0, caught = 0;
	mutex_lock(&s->process->lock);
	for (int i = 0; s->process->sighand && i < SIGNAL_COUNT; i++) {
		uint64_t handler = s->process->sighand->actions[i].handler;
		if (handler == SIG_IGN)
			ignored |= signal_bit(i + 1);
		else if (handler != SIG_DFL)
			caught |= signal_bit(i + 1);
	}
	sigset_t64 shared = s->process->pending.set, own = s->task ? s->task->pending.set : 0;
	sigset_t64 blocked = s->task ? s->task->blocked : 0;
	mutex_unlock(&s->process->lock);
	text_add(text, "SigQ:\t0/4096\nSigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n",
	         (ull)own, (ull)shared, (ull)blocked);
	text_add(text, "SigIgn:\t%016llx\nSigCgt:\t%016llx\n", (ull)ignored, (ull)caught);
}

static int64_t show_status(struct task *reader, const struct synth_target *target,
                           struct text *text)
{
	struct seen s;
	(void)reader;
	int64_t result = see(target, &s);
	if (result != 0)
		return result;
	text_add(text,
	         "Name:\t%s\nUmask:\t0022\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n"
	         "TracerPid:\t0\n",
	         s.name, state_word(s.state), target->pid, target->tid, s.parent);
	add_credentials(&s.cred, text);
	if (s.mm)
		text_add(
			text,
			"VmPeak:\t%8llu kB\nVmSize:\t%8llu kB\nVmLck:\t       0 kB\nVmHWM:\t%8llu kB\n"
			"VmRSS:\t%8llu kB\nVmData:\t%8llu kB\nVmStk:\t%8llu kB\nVmExe:\t%8llu kB\n"
			"VmLib:\t       0 kB\nVmSwap:\t       0 kB\n",
			(ull)s.usage.total_pages * 4, (ull)s.usage.total_pages * 4,
			(ull)s.usage.resident_pages * 4, (ull)s.usage.resident_pages * 4,
			(ull)s.usage.data_pages * 4, (ull)s.usage.stack_pages * 4,
			(ull)s.usage.text_pages * 4);
	text_add(text, "Threads:\t%u\n", s.process->task_count);
	add_signals(&s, text);
	text_add(text,
	         "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\n"
	         "CapAmb:\t%016llx\nNoNewPrivs:\t%d\nSeccomp:\t0\n",
	         (ull)s.cred.cap_inheritable, (ull)s.cred.cap_permitted, (ull)s.cred.cap_effective,
	         (ull)s.cred.cap_bounding, (ull)s.cred.cap_ambient, s.cred.no_new_privileges);
	affinity_show(s.task ? affinity_of(s.task) : 0, text);
	text_add(text, "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
	unsee(&s);
	return 0;
}

static int64_t show_statm(struct task *reader, const struct synth_target *target, struct text *text)
{
	struct seen s;
	(void)reader;
	int64_t result = see(target, &s);
	if (result != 0)
		return result;
	const struct mm_usage *u = &s.usage;
	text_add(text, "%llu %llu %llu %llu 0 %llu 0\n", (ull)u->total_pages,
	         (ull)u->resident_pages, (ull)u->shared_pages, (ull)u->text_pages,
	         (ull)u->data_pages);
	unsee(&s);
	return 0;
}

static int64_t show_comm(struct task *reader, const struct synth_target *target, struct text *text)
{
	struct seen s;
	(void)reader;
	int64_t result = see(target, &s);
	if (result != 0)
		return result;
	text_add(text, "%s\n", s.name);
	unsee(&s);
	return 0;
}

static int64_t store_comm(struct task *writer, const struct synth_target *target, const char *text,
                          size_t len)
{
	char name[TASK_NAME_BYTES];
	if (!writer || writer->process->pid != target->pid)
		return -EINVAL;
	struct task *task = task_find(target->tid);
	if (!task)
		return -ESRCH;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	string_copy_len(name, text, len, sizeof(name));
	task_set_name(task, name);
	task_put(task);
	return 0;
}

/* --- memory --- */

static struct mm *mm_of(const struct synth_target *target)
{
	struct task *task = task_find(target->tid);
	struct mm *mm = task ? task_mm_get(task) : NULL;
	if (task)
		task_put(task);
	return mm;
}

static void add_memory(struct mm *mm, uint64_t start, uint64_t end, struct text *text)
{
	char chunk[1024];
	end = MIN(end, start + ARGUMENTS_MAX);
	while (start < end) {
		int64_t got = mm_read(mm, start, chunk, MIN(end - start, sizeof(chunk)));
		if (got <= 0)
			return;
		text_add_bytes(text, chunk, (size_t)got);
		start += (uint64_t)got;
	}
}

int64_t proc_may_look(struct task *reader, const struct synth_target *target)
{
	struct task *task = task_find(target->tid);
	if (!task)
		return -ESRCH;
	struct cred cred = task_cred(task);
	bool is_open = task->process->is_dumpable;
	task_put(task);
	if (!reader)
		return -EACCES;
	is_open = is_open && cred_is_wholly(&cred, reader->cred.fsuid, reader->cred.fsgid);
	return is_open || reader->process->pid == target->pid || capable(reader, CAP_SYS_PTRACE)
	               ? 0
	               : -EACCES;
}

static int64_t show_cmdline(struct task *reader, const struct synth_target *target,
                            struct text *text)
{
	struct mm *mm = mm_of(target);
	(void)reader;
	if (!mm)
		return 0;
	add_memory(mm, mm->arguments_start, mm->arguments_end, text);
	mm_put(mm);
	return 0;
}

static int64_t show_environ(struct task *reader, const struct synth_target *target,
                            struct text *text)
{
	int64_t result = proc_may_look(reader, target);
	struct mm *mm = result == 0 ? mm_of(target) : NULL;
	if (!mm)
		return result;
	add_memory(mm, mm->environment_start, mm->environment_end, text);
	mm_put(mm);
	return 0;
}

static int64_t show_auxv(struct task *reader, const struct synth_target *target, struct text *text)
{
	int64_t result = proc_may_look(reader, target);
	struct mm *mm = result == 0 ? mm_of(target) : NULL;
	if (!mm)
		return result;
	unsigned count = 0;
	while (count + 2 < ARRAY_SIZE(mm->auxv) && mm->auxv[count] != 0)
		count += 2;
	text_add_bytes(text, mm->auxv, (count + 2) * sizeof(mm->auxv[0]));
	mm_put(mm);
	return 0;
}

static void add_mapping(const struct mm_mapping *m, struct text *text)
{
	char name[PATH_MAX];
	struct file_owner owner = {0};
	name[0] = 0;
	if (m->file) {
		if (file_path(m->file, name, sizeof(name)) < 0)
			name[0] = 0;
		(void)file_owner(m->file, &owner);
	} else if (m->kind == MAPPING_STACK) {
		string_copy(name, "[stack]", sizeof(name));
	} else if (m->kind == MAPPING_HEAP) {
		string_copy(name, "[heap]", sizeof(name));
	} else if (m->kind == MAPPING_VDSO) {
		string_copy(name, "[vdso]", sizeof(name));
	} else if (m->kind == MAPPING_VVAR) {
		string_copy(name, "[vvar]", sizeof(name));
	}
	text_add(text, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu", (ull)m->start, (ull)m->end,
	         m->protection & PROT_READ ? 'r' : '-', m->protection & PROT_WRITE ? 'w' : '-',
	         m->protection & PROT_EXEC ? 'x' : '-', m->is_shared ? 's' : 'p', (ull)m->offset,
	         dev_major(owner.device), dev_minor(owner.device), (ull)owner.inode);
	text_add(text, name[0] ? "                    %s\n" : "%s\n", name);
}

/* What has become one with its neighbour since that was shown: what is left of it, so that no two lines overlap. */
static void cut_before(struct mm_mapping *m, uint64_t at)
{
	if (m->start >= at)
		return;
	m->offset += m->file ? at - m->start : 0;
	m->start = at;
}

static int64_t show_maps(struct task *reader, const struct synth_target *target, struct text *text)
{
	int64_t result = proc_may_look(reader, target);
	struct mm *mm = result == 0 ? mm_of(target) : NULL;
	struct mm_mapping mapping;
	if (!mm)
		return result;
	for (uint64_t at = 0; !text->has_failed && mm_mapping_at(mm, at, &mapping);
	     at = mapping.end) {
		cut_before(&mapping, at);
		add_mapping(&mapping, text);
		if (mapping.file)
			file_put(mapping.file);
	}
	mm_put(mm);
	return 0;
}

/* --- small ones --- */

static int64_t show_limits(struct task *reader, const struct synth_target *target,
                           struct text *text)
{
	static const char *const names[RLIMIT_COUNT] = {
		"Max cpu time",        "Max file size",      "Max data size",
		"Max stack size",      "Max core file size", "Max resident set",
		"Max processes",       "Max open files",     "Max locked memory",
		"Max address space",   "Max file locks",     "Max pending signals",
		"Max msgqueue size",   "Max nice priority",  "Max realtime priority",
		"Max realtime timeout"};
	struct process *process = process_find(target->pid);
	(void)reader;
	if (!process)
		return -ESRCH;
	text_add(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (unsigned i = 0; i < RLIMIT_COUNT; i++) {
		struct rlimit limit = process->limits[i];
		char soft[24] = "unlimited", hard[24] = "unlimited";
		if (limit.current != RLIM_INFINITY)
			format_string(soft, sizeof(soft), "%llu", (ull)limit.current);
		if (limit.maximum != RLIM_INFINITY)
			format_string(hard, sizeof(hard), "%llu", (ull)limit.maximum);
		text_add(text, "%-25s %-20s %-20s\n", names[i], soft, hard);
	}
	process_put(process);
	return 0;
}

static int64_t show_nobody(struct task *reader, const struct synth_target *target,
                           struct text *text)
{
	(void)reader, (void)target;
	text_add(text, "4294967295"); /* no login session is recorded */
	return 0;
}

static int64_t show_zero(struct task *reader, const struct synth_target *target, struct text *text)
{
	(void)reader, (void)target;
	text_add(text, "0\n");
	return 0;
}

static int64_t show_cgroup(struct task *reader, const struct synth_target *target,
                           struct text *text)
{
	(void)reader, (void)target;
	text_add(text, "0::/\n");
	return 0;
}

/* --- threads --- */

static const struct synth_entry task_entry;

static int64_t lookup_task(const struct synth_target *target, const char *name,
                           const struct synth_entry **out_entry, struct synth_target *out_target)
{
	uint64_t tid;
	if (!parse_u64(name, &tid) || tid > INT32_MAX)
		return -ENOENT;
	struct task *task = task_find((int32_t)tid);
	if (!task)
		return -ENOENT;
	bool is_ours = task->process->pid == target->pid;
	task_put(task);
	*out_target = (struct synth_target){.pid = target->pid, .tid = (int32_t)tid};
	*out_entry = &task_entry;
	return is_ours ? 0 : -ENOENT;
}

static bool next_task(const struct synth_target *target, uint64_t *cursor, char name[32],
                      uint8_t *type)
{
	struct process *process = process_find(target->pid);
	struct task *task = process && *cursor <= INT32_MAX
	                            ? process_task_next(process, (int32_t)*cursor - 1)
	                            : NULL;
	bool is_found = task;
	if (task) {
		*cursor = (uint64_t)task->tid;
		*type = DT_DIR;
		format_string(name, 32, "%d", task->tid);
		task_put(task);
	}
	if (process)
		process_put(process);
	return is_found;
}

#define TEXT_FILE(n, s) \
	{ \
		.name = (n), .mode = S_IFREG | 0444, .show = (s) \
	}
#define PRIVATE_FILE(n, s) \
	{ \
		.name = (n), .mode = S_IFREG | 0400, .show = (s) \
	}

#define COMMON_ENTRIES \
	PRIVATE_FILE("auxv", show_auxv), TEXT_FILE("cgroup", show_cgroup), \
		TEXT_FILE("cmdline", show_cmdline), \
		{.name = "comm", .mode = S_IFREG | 0644, .show = show_comm, .store = store_comm}, \
		{.name = "cwd", \
	         .mode = S_IFLNK | 0777, \
	         .link = proc_link_cwd, \
	         .follow = proc_cwd_path}, \
		PRIVATE_FILE("environ", show_environ), \
		{.name = "exe", \
	         .mode = S_IFLNK | 0777, \
	         .link = proc_link_exe, \
	         .follow = proc_exe_path}, \
		{.name = "fd", \
	         .mode = S_IFDIR | 0500, \
	         .lookup = proc_lookup_fd, \
	         .next = proc_next_fd}, \
		{.name = "fdinfo", \
	         .mode = S_IFDIR | 0555, \
	         .lookup = proc_lookup_fdinfo, \
	         .next = proc_next_fd}, \
		TEXT_FILE("limits", show_limits), TEXT_FILE("loginuid", show_nobody), \
		TEXT_FILE("maps", show_maps), TEXT_FILE("mountinfo", proc_show_mountinfo), \
		TEXT_FILE("mounts", proc_show_mounts), \
		{.name = "net", .mode = S_IFDIR | 0555, .children = proc_net_entries}, \
		TEXT_FILE("oom_score", show_zero), TEXT_FILE("oom_score_adj", show_zero), \
		{.name = "root", \
	         .mode = S_IFLNK | 0777, \
	         .link = proc_link_root, \
	         .follow = proc_root_path}, \
		TEXT_FILE("sessionid", show_nobody), TEXT_FILE("stat", show_stat), \
		TEXT_FILE("statm", show_statm), TEXT_FILE("status", show_status)

static const struct synth_entry task_entries[] = {COMMON_ENTRIES, {0}};
static const struct synth_entry task_entry = {
	.name = "tid",
	.mode = S_IFDIR | 0555,
	.children = task_entries,
};

const struct synth_entry proc_pid_entries[] = {
	COMMON_ENTRIES,
	{.name = "task", .mode = S_IFDIR | 0555, .lookup = lookup_task, .next = next_task},
	{0},
};
