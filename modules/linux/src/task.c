/*
 * The tables of tasks and processes: pids, look-ups, references, and what other features may ask about
 * a task that is not their caller. Making tasks is fork.c's, ending them exit.c's.
 */
#include "task.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/thread.h>
#include "fork.h"
#include "mm.h"
#include "errno.h"
#include "file_api.h"
#include "object_view.h"
#include "signal_queue.h"
#include "task_table.h"

#define PID_MAX 32768
#define HASH_SIZE 256

struct mutex tasks_lock = MUTEX_RANKED(RANK_TASKS);
static struct task *by_tid[HASH_SIZE];     /* [tasks_lock] */
static struct process *processes;          /* [tasks_lock] by pid, rising */
static uint32_t process_total, task_total; /* [tasks_lock] */
static int32_t last_pid;                   /* [tasks_lock] */

/* --- numbers --- */

static struct task *find_locked(int32_t tid)
{
	struct task *task = by_tid[(uint32_t)tid % HASH_SIZE];

	while (task && task->tid != tid)
		task = task->hash_next;
	return task;
}

static struct process *process_find_locked(int32_t pid)
{
	struct process *process = processes;

	while (process && process->pid < pid)
		process = process->next;
	return process && process->pid == pid ? process : 0;
}

/* A number is free when no task, process, group or session has it. */
static bool number_is_used_locked(int32_t number)
{
	if (find_locked(number))
		return true;
	for (struct process *process = processes; process; process = process->next) {
		if (process->pid == number || process->pgid == number ||
		    process->session->sid == number)
			return true;
	}
	return false;
}

int32_t pid_alloc_locked(void)
{
	for (int32_t tries = 0; tries < PID_MAX; tries++) {
		last_pid = last_pid + 1 < PID_MAX ? last_pid + 1 : 2;
		if (!number_is_used_locked(last_pid))
			return last_pid;
	}
	return -EAGAIN;
}

int32_t task_last_pid(void)
{
	return __atomic_load_n(&last_pid, __ATOMIC_RELAXED);
}

/* --- membership --- */

void task_link_locked(struct task *task)
{
	struct process *process = task->process;
	struct task **bucket = &by_tid[(uint32_t)task->tid % HASH_SIZE];
	struct task **end = &process->tasks;

	task->hash_next = *bucket;
	*bucket = task;
	mutex_lock(&process->lock);
	while (*end)
		end = &(*end)->next;
	*end = task;
	process->task_count++;
	mutex_unlock(&process->lock);
	task_total++;
	task_get(task);
}

void task_unlink_locked(struct task *task)
{
	struct process *process = task->process;
	struct task **at = &by_tid[(uint32_t)task->tid % HASH_SIZE];

	while (*at != task)
		at = &(*at)->hash_next;
	*at = task->hash_next;
	mutex_lock(&process->lock);
	for (at = &process->tasks; *at != task; at = &(*at)->next)
		;
	*at = task->next;
	process->task_count--;
	mutex_unlock(&process->lock);
	task_total--;
}

void process_link_locked(struct process *process)
{
	struct process **at = &processes;

	while (*at && (*at)->pid < process->pid)
		at = &(*at)->next;
	process->next = *at;
	*at = process;
	process_total++;
	process_get(process);
}

void process_unlink_locked(struct process *process)
{
	struct process **at = &processes;

	while (*at != process)
		at = &(*at)->next;
	*at = process->next;
	process_total--;
}

/* --- look-ups and references --- */

/* Only guest threads have a state page; fork.c starts them with their task. */
struct task *task_current(void)
{
	const struct anon_thread *self = thread_self();

	return self->state ? self->argument : 0;
}

struct task *task_find(int32_t tid)
{
	mutex_lock(&tasks_lock);
	struct task *task = find_locked(tid);

	if (task)
		task_get(task);
	mutex_unlock(&tasks_lock);
	return task;
}

struct process *process_find(int32_t pid)
{
	mutex_lock(&tasks_lock);
	struct process *process = process_find_locked(pid);

	if (process)
		process_get(process);
	mutex_unlock(&tasks_lock);
	return process;
}

struct process *process_next_locked(struct process *process)
{
	return process ? process->next : processes;
}

struct process *process_next(int32_t after_pid)
{
	mutex_lock(&tasks_lock);
	struct process *process = processes;

	while (process && process->pid <= after_pid)
		process = process->next;
	if (process)
		process_get(process);
	mutex_unlock(&tasks_lock);
	return process;
}

struct task *process_task_next(struct process *process, int32_t after_tid)
{
	struct task *best = 0;

	mutex_lock(&tasks_lock);
	for (struct task *task = process->tasks; task; task = task->next) {
		if (task->tid > after_tid && (!best || task->tid < best->tid))
			best = task;
	}
	if (best)
		task_get(best);
	mutex_unlock(&tasks_lock);
	return best;
}

void task_get(struct task *task)
{
	__atomic_fetch_add(&task->references, 1, __ATOMIC_RELAXED);
}

void task_put(struct task *task)
{
	if (__atomic_sub_fetch(&task->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	pending_clear(&task->pending);
	process_put(task->process);
	object_view_put(task->object_view);
	heap_free(task->fpu);
	heap_free(task);
}

void process_get(struct process *process)
{
	__atomic_fetch_add(&process->references, 1, __ATOMIC_RELAXED);
}

void process_put(struct process *process)
{
	if (__atomic_sub_fetch(&process->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	pending_clear(&process->pending);
	sighand_put(process->sighand);
	if (process->executable_file)
		file_put(process->executable_file);
	heap_free(process->executable);
	heap_free(process);
}

uint32_t process_count(void)
{
	return __atomic_load_n(&process_total, __ATOMIC_RELAXED);
}

uint32_t task_count_all(void)
{
	return __atomic_load_n(&task_total, __ATOMIC_RELAXED);
}

/* --- another task's state --- */

struct cred task_cred(struct task *task)
{
	mutex_lock(&task->process->lock);
	struct cred cred = task->cred;

	mutex_unlock(&task->process->lock);
	return cred;
}

struct mm *task_mm_get(struct task *task)
{
	mutex_lock(&task->process->lock);
	struct mm *mm = task->mm;

	if (mm)
		mm_get(mm);
	mutex_unlock(&task->process->lock);
	return mm;
}

struct files *task_files_get(struct task *task)
{
	mutex_lock(&task->process->lock);
	struct files *files = task->files;

	if (files)
		files_get(files);
	mutex_unlock(&task->process->lock);
	return files;
}

struct fs *task_fs_get(struct task *task)
{
	mutex_lock(&task->process->lock);
	struct fs *fs = task->fs;

	if (fs)
		fs_get(fs);
	mutex_unlock(&task->process->lock);
	return fs;
}

/* For whatever; a futex, for one, of which only the kernel knows. */
static bool is_waiting(struct task *task)
{
	struct thread_info info;

	return sys_thread_info(task->thread, &info) == OK && info.is_waiting;
}

char task_state_letter(struct task *task)
{
	struct process *process = task->process;

	if (task->is_exited)
		return 'Z';
	if (__atomic_load_n(&process->is_stopped, __ATOMIC_RELAXED))
		return 'T';
	return __atomic_load_n(&task->is_sleeping, __ATOMIC_RELAXED) || is_waiting(task) ? 'S'
	                                                                                 : 'R';
}

void task_set_name(struct task *task, const char *name)
{
	mutex_lock(&task->process->lock);
	string_copy(task->name, name, sizeof(task->name));
	mutex_unlock(&task->process->lock);
}

int32_t process_parent_pid(struct process *process)
{
	mutex_lock(&tasks_lock);
	int32_t pid = process->parent ? process->parent->pid : 0;

	mutex_unlock(&tasks_lock);
	return pid;
}

int32_t process_sid(struct process *process)
{
	mutex_lock(&tasks_lock);
	int32_t sid = process->session->sid;

	mutex_unlock(&tasks_lock);
	return sid;
}

struct tty *session_tty(struct process *process)
{
	mutex_lock(&tasks_lock);
	struct tty *tty = process->session->tty;

	mutex_unlock(&tasks_lock);
	return tty;
}

struct tty *task_tty(struct task *task)
{
	return session_tty(task->process);
}

void session_set_tty(struct process *process, struct tty *tty)
{
	mutex_lock(&tasks_lock);
	process->session->tty = tty;
	mutex_unlock(&tasks_lock);
}

uint64_t task_cpu_ns(struct task *task)
{
	struct thread_info info;

	if (task->is_exited)
		return task->cpu_ns;
	if (task->thread.value == 0 || sys_thread_info(task->thread, &info) != OK)
		return 0;
	return info.cpu_ns;
}

struct process_times process_cpu_times(struct process *process)
{
	mutex_lock(&tasks_lock);
	struct process_times times = process->times;

	for (struct task *task = process->tasks; task; task = task->next)
		times.user_ns += task_cpu_ns(task);
	mutex_unlock(&tasks_lock);
	return times;
}

uint64_t task_rlimit(struct task *task, uint32_t which)
{
	return __atomic_load_n(&task->process->limits[which].current, __ATOMIC_RELAXED);
}
