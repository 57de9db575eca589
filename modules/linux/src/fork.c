/*
 * fork, vfork, clone and clone3: one function makes a task from its caller by flags. The child's monitor
 * thread binds the address space, takes over the FPU state and the registers, and enters the loop; until
 * then nothing of the child can run, so a failure is undone by putting references.
 */
#include "fork.h"
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/thread.h>
#include "affinity.h"
#include "entry.h"
#include "exec.h"
#include "exit.h"
#include "file_api.h"
#include "fpu.h"
#include "guest.h"
#include "mm.h"
#include "object_view.h"
#include "signal_frame.h"
#include "signal_queue.h"
#include "syscall.h"
#include "task_table.h"
#include "uname.h"

#define CSIGNAL 0xffull
#define CLONE_VM 0x100ull
#define CLONE_FS 0x200ull
#define CLONE_FILES 0x400ull
#define CLONE_SIGHAND 0x800ull
#define CLONE_PIDFD 0x1000ull
#define CLONE_VFORK 0x4000ull
#define CLONE_PARENT 0x8000ull
#define CLONE_THREAD 0x10000ull
#define CLONE_SETTLS 0x80000ull
#define CLONE_PARENT_SETTID 0x100000ull
#define CLONE_CHILD_CLEARTID 0x200000ull
#define CLONE_CHILD_SETTID 0x1000000ull
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#define CLONE_NEWNS 0x20000ull
/* All other namespaces are the container's: none can be made inside one. */
#define CLONE_NEW_OTHERS 0x7e000080ull
#define CLONE_ARGS_MINIMUM 64

struct clone_request {
	uint64_t flags;
	uint64_t stack; /* the child's rsp, 0: as the parent's */
	uint64_t u_parent_tid, u_child_tid, tls;
	int32_t exit_signal;
};

/* Lives in the parent's frame; the child's last use of it is under tasks_lock. */
struct vfork {
	struct task *parent;
	bool is_done;
};

/* --- the parts of a child --- */

static struct process *process_new(void)
{
	struct process *process = heap_zalloc(sizeof(*process));

	if (!process)
		return 0;
	process->references = 1;
	process->is_dumpable = true;
	process->start_ns = time_monotonic_ns();
	mutex_init(&process->lock, RANK_SIGNAL);
	wait_queue_init(&process->child_wait);
	wait_queue_init(&process->signal_wait);
	return process;
}

/* Takes over the reference to process. */
static struct task *task_new(struct process *process)
{
	struct task *task = heap_zalloc(sizeof(*task));

	if (!task) {
		process_put(process);
		return 0;
	}
	task->references = 1;
	task->process = process;
	task->call_number = ~0ull;
	task->start_ns = time_monotonic_ns();
	task->timer_slack_ns = 50000;
	return task;
}

static struct process *process_copy(struct process *parent, uint64_t flags)
{
	struct process *child = process_new();

	if (!child)
		return 0;
	mutex_lock(&parent->lock);
	child->sighand = flags & CLONE_SIGHAND ? sighand_get(parent->sighand)
	                                       : sighand_copy(parent->sighand);
	memcpy(child->limits, parent->limits, sizeof(child->limits));
	child->executable = parent->executable ? heap_strdup(parent->executable) : 0;
	child->executable_file = parent->executable_file;
	if (child->executable_file)
		file_get(child->executable_file);
	child->is_dumpable = parent->is_dumpable;
	child->nice = parent->nice;
	mutex_unlock(&parent->lock);
	if (child->sighand && (flags & CLONE_CLEAR_SIGHAND))
		sighand_reset(child->sighand);
	if (child->sighand)
		return child;
	process_put(child);
	return 0;
}

static void copy_fields(struct task *child, struct task *parent,
                        const struct clone_request *request)
{
	child->cred = parent->cred;
	object_view_get(child->object_view = parent->object_view);
	child->blocked = parent->blocked;
	child->personality = parent->personality;
	child->cpus = parent->cpus;
	child->timer_slack_ns = parent->timer_slack_ns;
	memcpy(child->name, parent->name, sizeof(child->name));
	if (!(request->flags & CLONE_VM) || (request->flags & CLONE_VFORK))
		child->alternate_stack = parent->alternate_stack;
	if (!(request->flags & CLONE_VM))
		child->rseq = parent->rseq;
	if (request->flags & CLONE_CHILD_CLEARTID)
		child->clear_tid = request->u_child_tid;
	if (request->flags & CLONE_CHILD_SETTID)
		child->set_child_tid = request->u_child_tid;
}

static int64_t copy_resources(struct task *child, struct task *parent, uint64_t flags)
{
	if (flags & CLONE_FILES)
		files_get(child->files = parent->files);
	else
		child->files = files_copy(parent->files);
	if (flags & CLONE_FS)
		fs_get(child->fs = parent->fs);
	else
		child->fs = fs_copy(parent->fs);
	if (!child->files || !child->fs ||
	    ((flags & CLONE_NEWNS) && fs_copy_mounts(child->fs, false) != 0))
		return -ENOMEM;
	if (flags & CLONE_VM) {
		mm_get(child->mm = parent->mm);
		return 0;
	}
	return mm_clone(parent->mm, &child->mm);
}

/* What the child's thread starts from: kept in the child until its thread has a state page. */
static int64_t copy_registers(struct task *child, struct task *parent,
                              const struct clone_request *request)
{
	struct guest_registers *regs = &child->first_registers;

	child->fpu = fpu_copy();
	if (!child->fpu)
		return -ENOMEM;
	*regs = parent->state->regs;
	regs->rax = 0;
	if (request->stack)
		regs->rsp = request->stack;
	if (request->flags & CLONE_SETTLS)
		regs->fs_base = request->tls;
	return 0;
}

static void drop_resources(struct task *task)
{
	if (task->files)
		files_put(task->files);
	if (task->fs)
		fs_put(task->fs);
	if (task->mm)
		mm_put(task->mm);
	task_put(task);
}

static struct task *copy_task(struct task *parent, const struct clone_request *request,
                              int64_t *out_error)
{
	struct process *process = parent->process;

	*out_error = -ENOMEM;
	if (request->flags & CLONE_THREAD)
		process_get(process);
	else
		process = process_copy(process, request->flags);
	struct task *child = process ? task_new(process) : 0;

	if (!child)
		return 0;
	copy_fields(child, parent, request);
	*out_error = copy_resources(child, parent, request->flags);
	if (*out_error == 0)
		*out_error = copy_registers(child, parent, request);
	if (*out_error == 0)
		return child;
	drop_resources(child);
	return 0;
}

/* --- into the tables --- */

static void adopt_locked(struct process *child, struct process *parent)
{
	child->parent = parent;
	if (!parent)
		return;
	child->sibling = parent->children;
	parent->children = child;
}

/* RLIMIT_NPROC: threads of the same user. Root is not counted. */
static bool is_over_limit_locked(struct task *parent)
{
	uint64_t limit = task_rlimit(parent, RLIMIT_NPROC);
	uint64_t count = 0;

	if (limit == RLIM_INFINITY || parent->cred.uid == 0 || capable(parent, CAP_SYS_RESOURCE))
		return false;
	for (struct process *p = process_next_locked(0); p; p = process_next_locked(p)) {
		if (p->tasks && p->tasks->cred.uid == parent->cred.uid)
			count += p->live_count;
	}
	return count >= limit;
}

static int64_t link_child(struct task *child, struct task *parent,
                          const struct clone_request *request)
{
	struct process *process = child->process;
	struct process *own = parent->process;

	mutex_lock(&tasks_lock);
	/* A process that is ending gets no new threads, which would outlive it. */
	int32_t tid = signal_kill_pending(parent)    ? -EINTR
	              : is_over_limit_locked(parent) ? -EAGAIN
	                                             : pid_alloc_locked();

	if (tid > 0) {
		child->tid = tid;
		if (!(request->flags & CLONE_THREAD)) {
			process->pid = tid;
			process->pgid = own->pgid;
			process->session = own->session;
			process->session->references++;
			/* Nobody chooses what a sibling of his does to their parent. */
			process->exit_signal = request->flags & CLONE_PARENT ? own->exit_signal
			                                                     : request->exit_signal;
			adopt_locked(process, request->flags & CLONE_PARENT ? own->parent : own);
			process_link_locked(process);
		}
		process->live_count++;
		task_link_locked(child);
	}
	mutex_unlock(&tasks_lock);
	return tid > 0 ? 0 : tid == -EINTR ? -ERESTARTNOINTR : tid;
}

static void unlink_child(struct task *child)
{
	struct process *process = child->process;

	mutex_lock(&tasks_lock);
	process->live_count--;
	task_unlink_locked(child);
	if (process->live_count == 0) {
		struct process **at = process->parent ? &process->parent->children : 0;

		while (at && *at != process)
			at = &(*at)->sibling;
		if (at)
			*at = process->sibling;
		process_unlink_locked(process);
		session_put_locked(process->session);
		process_put(process);
	}
	mutex_unlock(&tasks_lock);
	task_put(child);
}

void task_discard(struct task *task)
{
	unlink_child(task);
	drop_resources(task);
}

void task_make_hollow(struct task *task)
{
	mutex_lock(&tasks_lock);
	task->process->live_count--;
	task_unlink_locked(task);
	mutex_unlock(&tasks_lock);
	task_put(task);
	drop_resources(task);
}

/* --- the child's thread --- */

static int64_t start_as_copy(struct task *task)
{
	task->state->regs = task->first_registers;
	if (sys_space_bind(task->mm->space) != OK)
		return -ENOMEM;
	fpu_load_copy(task->fpu);
	heap_free(task->fpu);
	task->fpu = 0;
	if (task->set_child_tid)
		(void)put_guest_u32(task, task->set_child_tid, (uint32_t)task->tid);
	return 0;
}

static void thread_main(void *argument)
{
	struct task *task = argument;

	task->thread = thread_self()->handle;
	task->state = thread_self()->state;
	/* Signals sent before now found no thread to kick: look for them. */
	__atomic_store_n(&task->attention, 1, __ATOMIC_SEQ_CST);
	affinity_start(task);
	if (task->first(task) != 0)
		exit_group(task, SIGKILL);
	entry_loop(task);
	exit_task(task);
	thread_reap(); /* the stacks of those that ended before */
}

int64_t task_start(struct task *task, int64_t (*first)(struct task *task))
{
	static const struct thread_options options = {.name = "guest", .with_state = true};

	task->first = first;
	status_t status = thread_spawn(thread_main, task, &options, 0);

	if (status == OK)
		return 0;
	task_discard(task);
	return -EAGAIN;
}

/* --- vfork --- */

void fork_vfork_done(struct task *task)
{
	mutex_lock(&tasks_lock);
	struct vfork *vfork = task->vfork;

	task->vfork = 0;
	if (vfork) {
		vfork->is_done = true;
		task_wake(vfork->parent);
	}
	mutex_unlock(&tasks_lock);
}

static bool vfork_is_done(struct vfork *vfork)
{
	mutex_lock(&tasks_lock);
	bool is_done = vfork->is_done;

	mutex_unlock(&tasks_lock);
	return is_done;
}

/* Ends early only when the parent is killed; then the child must forget the parent's frame. */
static void wait_for_vfork(struct task *task, struct task *child, struct vfork *vfork)
{
	for (;;) {
		uint32_t sequence = wait_sequence(task);

		if (vfork_is_done(vfork))
			return;
		if (wait_sleep_killable(task, sequence, 0) != 0)
			break;
	}
	mutex_lock(&tasks_lock);
	child->vfork = 0;
	mutex_unlock(&tasks_lock);
}

/* --- the calls --- */

static int64_t check_flags(struct task *task, const struct clone_request *request)
{
	uint64_t flags = request->flags;

	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if (request->exit_signal < 0 || request->exit_signal > SIGNAL_COUNT)
		return -EINVAL;
	if ((flags & CLONE_NEWNS) && (flags & CLONE_FS))
		return -EINVAL;
	if ((flags & CLONE_NEW_OTHERS) || ((flags & CLONE_NEWNS) && !capable(task, CAP_SYS_ADMIN)))
		return -EPERM;
	return flags & CLONE_PIDFD ? -EINVAL : 0;
}

static int64_t run_child(struct task *task, struct task *child, const struct clone_request *request)
{
	struct vfork vfork = {.parent = task};
	int32_t tid = child->tid;

	if (request->flags & CLONE_VFORK)
		child->vfork = &vfork;
	task_get(child);
	int64_t result = task_start(child, start_as_copy);

	if (result == 0 && (request->flags & CLONE_VFORK))
		wait_for_vfork(task, child, &vfork);
	task_put(child);
	return result == 0 ? tid : result;
}

static int64_t clone_task(struct task *task, const struct clone_request *request)
{
	int64_t error = check_flags(task, request);

	if (!error && memory_is_short(MEMORY_KEPT_FROM_PROGRAMS))
		error = request->flags & CLONE_THREAD ? -EAGAIN : -ENOMEM;
	struct task *child = error ? 0 : copy_task(task, request, &error);

	if (!child)
		return error;
	error = link_child(child, task, request);
	if (error) {
		drop_resources(child);
		return error;
	}
	if ((request->flags & CLONE_PARENT_SETTID) &&
	    put_guest_u32(task, request->u_parent_tid, (uint32_t)child->tid) != 0) {
		task_discard(child);
		return -EFAULT;
	}
	return run_child(task, child, request);
}

SYSCALL0(fork)
{
	struct clone_request request = {.exit_signal = SIGCHLD};

	return clone_task(task, &request);
}

SYSCALL0(vfork)
{
	struct clone_request request = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};

	return clone_task(task, &request);
}

SYSCALL5(clone, uint64_t, flags, uint64_t, stack, uint64_t, u_parent_tid, uint64_t, u_child_tid,
         uint64_t, tls)
{
	struct clone_request request = {
		.flags = flags & ~CSIGNAL & 0xffffffff,
		.stack = stack,
		.u_parent_tid = u_parent_tid,
		.u_child_tid = u_child_tid,
		.tls = tls,
		.exit_signal = (int32_t)(flags & CSIGNAL),
	};

	return clone_task(task, &request);
}

struct linux_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

SYSCALL2(clone3, uint64_t, u_args, uint64_t, bytes)
{
	struct linux_clone_args args;

	if (bytes < CLONE_ARGS_MINIMUM)
		return -EINVAL;
	if (bytes > sizeof(args))
		return -E2BIG;
	memset(&args, 0, sizeof(args));
	if (copy_from_guest(task, &args, u_args, bytes) != 0)
		return -EFAULT;
	if (args.set_tid_size != 0 || (args.stack == 0) != (args.stack_size == 0) ||
	    (args.flags & CSIGNAL) || args.exit_signal > SIGNAL_COUNT)
		return -EINVAL;
	struct clone_request request = {
		.flags = args.flags,
		.stack = args.stack ? args.stack + args.stack_size : 0,
		.u_parent_tid = args.parent_tid,
		.u_child_tid = args.child_tid,
		.tls = args.tls,
		.exit_signal = (int32_t)args.exit_signal,
	};

	return clone_task(task, &request);
}

SYSCALL1(set_tid_address, uint64_t, u_tid)
{
	task->clear_tid = u_tid;
	return task->tid;
}

/* --- from outside --- */

static void set_first_credentials(struct cred *cred)
{
	uint64_t all = (2ull << CAP_LAST) - 1;

	cred->cap_effective = all;
	cred->cap_permitted = all;
	cred->cap_bounding = all;
}

static void set_first_limits(struct process *process)
{
	for (int i = 0; i < RLIMIT_COUNT; i++)
		process->limits[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	process->limits[RLIMIT_STACK].current = 8ull << 20;
	process->limits[RLIMIT_CORE].current = 0;
	process->limits[RLIMIT_NOFILE] = (struct rlimit){1024, 65536};
	process->limits[RLIMIT_MEMLOCK] = (struct rlimit){8ull << 20, 8ull << 20};
}

struct task *task_create_first(struct job *job)
{
	struct process *process = process_new();
	struct task *task = process ? task_new(process) : 0;
	struct session *session = 0;

	if (!task)
		return 0;
	process->job = job;
	process->exit_signal = SIGCHLD;
	set_first_limits(process);
	set_first_credentials(&task->cred);
	process->sighand = sighand_create();
	mutex_lock(&tasks_lock);
	int32_t pid = init_process ? pid_alloc_locked() : 1;

	if (pid > 0 && process->sighand)
		session = session_create(pid);
	if (session) {
		if (!init_process)
			process_get(init_process = process);
		task->tid = process->pid = process->pgid = pid;
		process->session = session;
		process->live_count = 1;
		process_link_locked(process);
		task_link_locked(task);
	}
	mutex_unlock(&tasks_lock);
	if (session)
		return task;
	task_put(task);
	return 0;
}
