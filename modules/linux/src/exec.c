/*
 * execve and execveat. Everything that can fail is done first, on the side: the file is opened and read,
 * strings are gathered, a new address space is filled. Then the caller becomes the only thread of its process and
 * changes over, which cannot fail any more.
 *
 * "#!" scripts are followed up to four deep; ELF programs may name an interpreter.
 */
#include "exec.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/syscall.h>
#include "binfmt_script.h"
#include "cpu.h"
#include "exec_load.h"
#include "exec_stack.h"
#include "file_api.h"
#include "fork.h"
#include "fpu.h"
#include "futex.h"
#include "guest.h"
#include "mm_map.h"
#include "random_bytes.h"
#include "rseq.h"
#include "signal_frame.h"
#include "signal_queue.h"
#include "syscall.h"
#include "task_table.h"
#include "timers.h"
#include "vdso.h"

#define PATH_BYTES 4096
#define SCRIPT_DEPTH_MAX 4
#define PIE_BASE 0x0000555555554000ul
#define STACK_MINIMUM (2ul << 20)
#define STACK_MAXIMUM (64ul << 20)
#define S_ISUID 04000u
#define S_ISGID 02000u
#define S_IXGRP 00010u
#define AT_EMPTY_PATH_FLAG 0x1000u
#define AT_FDCWD_VALUE (-100)

struct exec {
	struct task *task;
	struct exec_args *args;
	char *filename;    /* as given: AT_EXECFN */
	struct file *file; /* the program itself, behind any script */
	struct file *interpreter;
	struct binfmt_plan plan, interpreter_plan;
	struct mm *mm;
	struct exec_image image, interpreter_image;
	uint64_t vdso; /* 0: none */
	uint64_t sp;
	struct cred cred; /* with set-uid applied */
	bool is_rising;   /* it becomes another user, or of another group, by that */
	bool is_secure;
};

/* --- finding the program --- */

/* exec->file is a script: its interpreter takes its place. 1: it was no script. */
static int64_t follow_script(struct exec *exec, const char *path)
{
	char head[SCRIPT_HEAD_BYTES + 1];
	struct script_line line;
	int64_t bytes = file_pread(exec->file, head, SCRIPT_HEAD_BYTES, 0);

	if (bytes < 0)
		return bytes;
	head[bytes] = 0;
	int64_t result = binfmt_script_parse(head, (size_t)bytes, &line);

	if (result != 0)
		return result;
	exec_strings_drop_first(&exec->args->arguments);
	result = exec_strings_prepend(&exec->args->arguments, path);
	if (result == 0 && line.argument)
		result = exec_strings_prepend(&exec->args->arguments, line.argument);
	if (result == 0)
		result = exec_strings_prepend(&exec->args->arguments, line.interpreter);
	if (result != 0)
		return result;
	file_put(exec->file);
	exec->file = 0;
	return vfs_open_exec(exec->task, line.interpreter, &exec->file);
}

static int64_t find_program(struct exec *exec)
{
	char *path = heap_strdup(exec->filename);
	int64_t result = path ? 0 : -ENOMEM;

	for (int depth = 0; result == 0; depth++) {
		result = follow_script(exec, path);
		if (result == 0 && depth == SCRIPT_DEPTH_MAX)
			result = -ELOOP;
		if (result != 0)
			break;
		/* The first argument is now the interpreter's own path. */
		heap_free(path);
		path = heap_strdup(exec->args->arguments.text);
		result = path ? 0 : -ENOMEM;
	}
	heap_free(path);
	return result == 1 ? 0 : result;
}

static int64_t read_plans(struct exec *exec)
{
	int64_t result = exec_read_plan(exec->file, &exec->plan);

	if (result != 0 || exec->plan.interpreter[0] == 0)
		return result;
	result = vfs_open_exec(exec->task, exec->plan.interpreter, &exec->interpreter);
	if (result != 0)
		return result;
	result = exec_read_plan(exec->interpreter, &exec->interpreter_plan);
	return result == 0 && !exec->interpreter_plan.is_relocatable ? -ENOEXEC : result;
}

/* Set-uid and set-gid, unless the task has given them up; what exec does to capabilities. */
static int64_t decide_credentials(struct exec *exec)
{
	struct file_owner owner;
	struct cred *cred = &exec->cred;
	int64_t error = file_owner(exec->file, &owner);

	*cred = exec->task->cred;
	if (error)
		return error;
	bool may_rise = owner.may_set_ids && !cred->no_new_privileges;

	if (may_rise && (owner.mode & S_ISUID))
		cred->euid = owner.uid;
	if (may_rise && (owner.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		cred->egid = owner.gid;
	exec->is_rising = cred->euid != exec->task->cred.euid ||
	                  cred->egid != exec->task->cred.egid;
	cred->suid = cred->fsuid = cred->euid;
	cred->sgid = cred->fsgid = cred->egid;
	cred->keep_capabilities = false;
	cred->cap_permitted = cred->euid == 0 ? cred->cap_bounding | cred->cap_inheritable
	                                      : cred->cap_ambient;
	cred->cap_effective = cred->cap_permitted;
	exec->is_secure = cred->euid != cred->uid || cred->egid != cred->gid;
	return 0;
}

/* --- the new memory --- */

static int64_t map_stack(struct exec *exec)
{
	uint64_t limit = task_rlimit(exec->task, RLIMIT_STACK);
	uint64_t bytes = align_up(MIN(MAX(limit, STACK_MINIMUM), STACK_MAXIMUM), PAGE_SIZE);
	struct mm_request request = {
		.address = MM_STACK_TOP - bytes,
		.bytes = bytes,
		.protection = PROT_READ | PROT_WRITE |
	                      (exec->plan.has_executable_stack ? PROT_EXEC : 0),
		.is_fixed = true,
		.kind = MAPPING_STACK,
	};
	int64_t result = mm_map(exec->mm, &request);

	return result < 0 ? result : 0;
}

static void add(struct exec_stack *stack, uint64_t type, uint64_t value)
{
	stack->auxv[stack->auxv_count][0] = type;
	stack->auxv[stack->auxv_count][1] = value;
	stack->auxv_count++;
}

static void fill_auxv(const struct exec *exec, struct exec_stack *stack)
{
	const struct binfmt_plan *plan = &exec->plan;
	uint64_t headers = plan->header_address ? plan->header_address + exec->image.bias : 0;

	if (exec->vdso)
		add(stack, AT_SYSINFO_EHDR, exec->vdso);
	add(stack, AT_HWCAP, cpu_hwcap());
	add(stack, AT_PAGESZ, PAGE_SIZE);
	add(stack, AT_CLKTCK, 100);
	add(stack, AT_PHDR, headers);
	add(stack, AT_PHENT, 56);
	add(stack, AT_PHNUM, plan->header_count);
	add(stack, AT_BASE, exec->interpreter ? exec->interpreter_image.bias : 0);
	add(stack, AT_FLAGS, 0);
	add(stack, AT_ENTRY, exec->image.entry);
	add(stack, AT_UID, exec->cred.uid);
	add(stack, AT_EUID, exec->cred.euid);
	add(stack, AT_GID, exec->cred.gid);
	add(stack, AT_EGID, exec->cred.egid);
	add(stack, AT_SECURE, exec->is_secure);
	add(stack, AT_HWCAP2, 0);
	add(stack, AT_MINSIGSTKSZ, 1024 + fpu_bytes());
	add(stack, AT_RSEQ_FEATURE_SIZE, RSEQ_FEATURE_BYTES);
	add(stack, AT_RSEQ_ALIGN, RSEQ_ALIGNMENT);
}

static int64_t write_stack(struct exec *exec)
{
	struct exec_stack stack = {
		.args = exec->args,
		.filename = exec->filename,
		.top = MM_STACK_TOP,
	};
	struct mm *mm = exec->mm;

	random_bytes(stack.random, sizeof(stack.random));
	fill_auxv(exec, &stack);
	int64_t result = exec_stack_build(&stack, EXEC_STRINGS_MAX * 2);

	if (result != 0)
		return result;
	if (mm_write(mm, stack.sp, stack.image, stack.image_bytes) != (int64_t)stack.image_bytes)
		result = -ENOMEM;
	heap_free(stack.image);
	memcpy(mm->auxv, stack.auxv, sizeof(stack.auxv));
	exec->sp = mm->stack_start = stack.sp;
	mm->arguments_start = stack.arguments_start;
	mm->arguments_end = stack.arguments_end;
	mm->environment_start = stack.environment_start;
	mm->environment_end = stack.environment_end;
	return result;
}

static void note_layout(struct exec *exec)
{
	struct mm *mm = exec->mm;

	for (unsigned i = 0; i < exec->plan.segment_count; i++) {
		const struct binfmt_segment *segment = &exec->plan.segments[i];
		uint64_t start = segment->address + exec->image.bias;

		if (segment->protection & PROT_EXEC) {
			mm->code_start = start;
			mm->code_end = start + segment->file_bytes;
		} else if (segment->protection & PROT_WRITE) {
			mm->data_start = start;
			mm->data_end = start + segment->file_bytes;
		}
	}
	mm->brk_start = mm->brk = exec->image.end;
}

static int64_t build_memory(struct exec *exec)
{
	int64_t result = mm_create(&exec->mm);

	if (result == 0)
		result = map_stack(exec);
	if (result == 0)
		result = exec_load(exec->mm, exec->file, &exec->plan, PIE_BASE, &exec->image);
	if (result == 0 && exec->interpreter)
		result = exec_load(exec->mm, exec->interpreter, &exec->interpreter_plan, 0,
		                   &exec->interpreter_image);
	if (result != 0)
		return result;
	note_layout(exec);
	exec->vdso = vdso_map(exec->mm);
	return write_stack(exec);
}

/* --- being alone --- */

void exec_thread_gone(struct process *process)
{
	mutex_lock(&process->lock);
	if (process->exec_task)
		task_wake(process->exec_task);
	mutex_unlock(&process->lock);
}

static bool is_alone(struct process *process)
{
	mutex_lock(&tasks_lock);
	bool is_last = process->live_count == 1;

	mutex_unlock(&tasks_lock);
	return is_last;
}

/* All other threads end. Fails only when another thread execs or the process is ending. */
static int64_t become_alone(struct task *task)
{
	struct process *process = task->process;

	mutex_lock(&process->lock);
	bool is_refused = process->is_exiting || process->exec_task;

	if (!is_refused) {
		process->exec_task = task;
		for (struct task *other = process->tasks; other; other = other->next) {
			if (other == task)
				continue;
			__atomic_store_n(&other->attention, 1, __ATOMIC_SEQ_CST);
			task_wake(other);
		}
	}
	mutex_unlock(&process->lock);
	while (!is_refused) {
		uint32_t sequence = wait_sequence(task);

		if (is_alone(process))
			break;
		is_refused = wait_sleep_killable(task, sequence, 0) != 0;
	}
	mutex_lock(&process->lock);
	if (process->exec_task == task)
		process->exec_task = 0;
	mutex_unlock(&process->lock);
	return is_refused ? -EINTR : 0;
}

/* A thread that is not the leader takes the leader's number; the leader has exited already. */
static void become_leader(struct task *task)
{
	struct process *process = task->process;

	if (task->tid == process->pid)
		return;
	mutex_lock(&tasks_lock);
	struct task *leader = process->tasks;

	while (leader->tid != process->pid)
		leader = leader->next;
	process->times.user_ns += leader->cpu_ns;
	task_unlink_locked(leader);
	task_unlink_locked(task);
	task->tid = process->pid;
	task_link_locked(task);
	mutex_unlock(&tasks_lock);
	task_put(task); /* linked again: one table reference too many */
	task_put(leader);
}

/* --- changing over --- */

static void reset_signals(struct task *task)
{
	struct process *process = task->process;
	struct sighand *own = 0;

	if (__atomic_load_n(&process->sighand->references, __ATOMIC_ACQUIRE) > 1)
		own = sighand_copy(process->sighand);
	mutex_lock(&process->lock);
	struct sighand *old = own ? process->sighand : 0;

	if (own)
		process->sighand = own;
	sighand_reset(process->sighand);
	mutex_unlock(&process->lock);
	sighand_put(old);
	task->alternate_stack = (struct linux_stack){.flags = SS_DISABLE};
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void change_identity(struct exec *exec)
{
	struct task *task = exec->task;
	struct process *process = task->process;
	char *path = heap_alloc(PATH_BYTES);

	if (path && file_path(exec->file, path, PATH_BYTES) < 0) {
		heap_free(path);
		path = 0;
	}
	task_set_name(task, base_name(exec->filename));
	mutex_lock(&process->lock);
	struct file *old_file = process->executable_file;
	char *old_path = process->executable;

	process->executable_file = exec->file;
	process->executable = path;
	process->is_dumpable = !exec->is_secure;
	task->cred = exec->cred;
	mutex_unlock(&process->lock);
	exec->file = 0;
	heap_free(old_path);
	if (old_file)
		file_put(old_file);
	mutex_lock(&tasks_lock);
	process->did_exec = true;
	process->exit_signal = SIGCHLD;
	mutex_unlock(&tasks_lock);
}

static void change_memory(struct exec *exec)
{
	struct task *task = exec->task;
	struct mm *old;

	if (task->mm)
		futex_exit(task);
	fork_vfork_done(task);
	mutex_lock(&task->process->lock);
	old = task->mm;
	task->mm = exec->mm;
	mutex_unlock(&task->process->lock);
	exec->mm = 0;
	sys_space_bind(task->mm->space);
	if (old)
		mm_put(old);
	task->clear_tid = 0;
	task->robust_list = 0;
	rseq_forget(task);
}

static void set_registers(struct exec *exec)
{
	struct guest_registers *regs = &exec->task->state->regs;

	*regs = (struct guest_registers){
		.rip = exec->interpreter ? exec->interpreter_image.entry : exec->image.entry,
		.rsp = exec->sp,
		.rflags = 0x202,
	};
	fpu_reset();
}

static void change_over(struct exec *exec)
{
	struct task *task = exec->task;

	become_leader(task);
	timers_exec(task->process);
	change_identity(exec); /* before there is memory to look into */
	change_memory(exec);
	reset_signals(task);
	files_close_on_exec(task->files);
	set_registers(exec);
	task->call_number = ~0ull;
}

static void exec_clean(struct exec *exec)
{
	if (exec->mm)
		mm_put(exec->mm);
	if (exec->file)
		file_put(exec->file);
	if (exec->interpreter)
		file_put(exec->interpreter);
}

/* exec->file is open. */
static int64_t run(struct exec *exec)
{
	int64_t result = 0;

	if (exec->args->arguments.count == 0)
		result = exec_strings_add(&exec->args->arguments, "");
	if (result == 0)
		result = find_program(exec);
	if (result == 0)
		result = read_plans(exec);
	if (result == 0)
		result = decide_credentials(exec);
	if (result == 0)
		result = build_memory(exec);
	/* vfork children and threads share descriptors: close-on-exec must not reach the others. */
	if (result == 0)
		result = files_unshare(exec->task);
	/* Nor may they move a program with more rights about. */
	if (result == 0 && exec->is_rising)
		result = fs_unshare(exec->task, FS_MOUNTS_SHARED);
	if (result == 0)
		result = become_alone(exec->task);
	if (result == 0)
		change_over(exec);
	return result;
}

static int64_t run_opened(struct task *task, const char *filename, struct file *file,
                          struct exec_args *args)
{
	/* Too long for the stack's taste: two plans of a kilobyte each. */
	struct exec *exec = heap_zalloc(sizeof(*exec));
	int64_t result = -ENOMEM;

	if (!exec) {
		file_put(file);
		return result;
	}
	exec->task = task;
	exec->args = args;
	exec->file = file;
	exec->filename = heap_strdup(filename);
	if (exec->filename)
		result = run(exec);
	exec_clean(exec);
	heap_free(exec->filename);
	heap_free(exec);
	return result;
}

int64_t exec_file(struct task *task, const char *filename, struct exec_args *args)
{
	struct file *file;
	int64_t result = vfs_open_exec(task, filename, &file);

	return result == 0 ? run_opened(task, filename, file, args) : result;
}

/* --- calls --- */

static int64_t exec_at(struct task *task, int32_t dir_fd, const char *path, uint64_t u_argv,
                       uint64_t u_envp, uint32_t flags)
{
	struct exec_args args = {0};
	struct file *file = 0;
	int64_t result = exec_strings_from_guest(task, &args.arguments, u_argv);

	if (result == 0)
		result = exec_strings_from_guest(task, &args.environment, u_envp);
	if (result == 0 && dir_fd == AT_FDCWD_VALUE && flags == 0)
		result = vfs_open_exec(task, path, &file);
	else if (result == 0)
		result = vfs_open_exec_at(task, dir_fd, path, flags, &file);
	if (result == 0)
		result = run_opened(task, path, file, &args);
	exec_strings_free(&args.arguments);
	exec_strings_free(&args.environment);
	return result;
}

static int64_t exec_guest_path(struct task *task, int32_t dir_fd, uint64_t u_path, uint64_t u_argv,
                               uint64_t u_envp, uint32_t flags)
{
	char *path = heap_alloc(PATH_BYTES);

	if (!path)
		return -ENOMEM;
	int64_t result = strncpy_from_guest(task, path, u_path, PATH_BYTES);

	if (result == 0 && !(flags & AT_EMPTY_PATH_FLAG))
		result = -ENOENT;
	if (result >= 0)
		result = exec_at(task, dir_fd, path, u_argv, u_envp, flags);
	heap_free(path);
	return result;
}

SYSCALL3(execve, uint64_t, u_path, uint64_t, u_argv, uint64_t, u_envp)
{
	return exec_guest_path(task, AT_FDCWD_VALUE, u_path, u_argv, u_envp, 0);
}

SYSCALL5(execveat, int32_t, dir_fd, uint64_t, u_path, uint64_t, u_argv, uint64_t, u_envp, uint32_t,
         flags)
{
	return exec_guest_path(task, dir_fd, u_path, u_argv, u_envp, flags);
}
