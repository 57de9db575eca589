/*
 * Jobs: starting processes and keeping account of them. With job control (set -m) each job is a process group of its
 * own; without it, all stay in the shell's.
 */
#include "jobs.h"
#include "exec.h"
#include "message.h"
#include "print.h"
#include "readahead.h"
#include "shell.h"
#include "traps.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMEMBERED_JOBS 1024 /* that nobody has waited for */

struct job *job_new(struct shell *sh)
{
	struct job *job = memory_new(sizeof(*job));

	memset(job, 0, sizeof(*job));
	job->next = sh->jobs;
	sh->jobs = job;
	return job;
}

void job_remove(struct shell *sh, struct job *job)
{
	struct job **link = &sh->jobs;

	while (*link && *link != job)
		link = &(*link)->next;
	if (*link)
		*link = job->next;
	free(job->processes);
	free(job->text);
	free(job->modes);
	free(job);
}

void jobs_forget(struct shell *sh)
{
	while (sh->jobs)
		job_remove(sh, sh->jobs);
}

void jobs_trim(struct shell *sh)
{
	struct job *oldest = NULL;
	unsigned ended = 0;

	for (struct job *job = sh->jobs; job; job = job->next) {
		if (!(job->number || job->is_told) || job_state(job) != PROCESS_DONE)
			continue;
		ended++;
		if (!oldest || job->order < oldest->order)
			oldest = job;
	}
	if (ended > REMEMBERED_JOBS)
		job_remove(sh, oldest);
}

void jobs_inherit(struct shell *sh)
{
	for (struct job *job = sh->jobs; job; job = job->next)
		job->is_inherited = true;
}

static void job_add(struct job *job, int pid)
{
	if (job->count == job->cap) {
		job->cap = job->cap ? job->cap * 2 : 2;
		job->processes = memory_resize(job->processes, job->cap * sizeof(*job->processes));
	}
	job->processes[job->count++] = (struct process){pid, 0, PROCESS_RUNNING};
}

static void child_group(struct shell *sh, int group, enum fork_mode mode)
{
	if (!group)
		group = getpid();
	setpgid(0, group);
	if (mode == FORK_FOREGROUND && sh->subshell_depth == 0)
		job_terminal_give(sh, group);
}

/* In a new child: its group, the terminal, its signals. */
static void child_begin(struct shell *sh, int group, enum fork_mode mode)
{
	bool controls = sh->options[OPT_MONITOR] && mode != FORK_HELPER;

	if (controls)
		child_group(sh, group, mode);
	traps_child(sh, mode == FORK_BACKGROUND && !controls);
}

static int fork_any(struct shell *sh, int group, enum fork_mode mode)
{
	int pid;

	out_flush(sh);
	readahead_sync(sh);
	pid = fork();
	if (pid < 0)
		sh_error(sh, "cannot fork: %s", strerror(errno));
	if (pid == 0)
		child_begin(sh, group, mode);
	return pid;
}

/*
 * In the shell: the new process belongs to the job. Both sides set the group, so that neither can be too late; the
 * terminal is taken by the child alone: it may have given it on, to a job of its own, before we get here.
 */
static void job_started(struct shell *sh, struct job *job, int pid)
{
	if (sh->options[OPT_MONITOR]) {
		setpgid(pid, job->group ? job->group : pid);
		if (!job->group)
			job->group = pid;
	}
	job_add(job, pid);
}

int job_fork(struct shell *sh, struct job *job, enum fork_mode mode)
{
	int pid = fork_any(sh, job->group, mode);

	if (pid > 0)
		job_started(sh, job, pid);
	return pid;
}

/*
 * The child may share our memory until it executes, so it must change none of it that counts: what an error message
 * takes from the temp arena does not. Signals wait, lest a handler run in the child. With job control it has a copy:
 * a child that is stopped before it executes would keep us with it.
 */
int job_spawn(struct shell *sh, struct job *job, const char *path, char **argv)
{
	char **environment = var_environment(sh);
	sigset_t all, old;
	int pid;

	out_flush(sh);
	readahead_sync(sh);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = sh->options[OPT_MONITOR] ? fork() : vfork();
	if (pid == 0) {
		if (sh->options[OPT_MONITOR])
			child_group(sh, job->group, FORK_FOREGROUND);
		traps_before_exec(sh);
		sigprocmask(SIG_SETMASK, &old, NULL);
		_exit(exec_program(sh, path, argv, environment));
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		sh_error(sh, "cannot fork: %s", strerror(errno));
	else
		job_started(sh, job, pid);
	return pid;
}

/* A process that feeds a pipe: nobody waits for it. */
int fork_helper(struct shell *sh)
{
	return fork_any(sh, 0, FORK_HELPER);
}

static unsigned next_order(struct shell *sh)
{
	unsigned order = 0;

	for (struct job *job = sh->jobs; job; job = job->next)
		if (job->order > order)
			order = job->order;
	return order + 1;
}

static int next_number(struct shell *sh)
{
	int number = 0;

	for (struct job *job = sh->jobs; job; job = job->next)
		if (job->number > number)
			number = job->number;
	return number + 1;
}

/* Moves the job to its place by number. */
static void job_sort(struct shell *sh, struct job *job)
{
	struct job **link = &sh->jobs;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	link = &sh->jobs;
	while (*link && (*link)->number < job->number)
		link = &(*link)->next;
	job->next = *link;
	*link = job;
}

void job_set_text(struct shell *sh, struct job *job, const struct node *command)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *text;

	if (job->text || !command)
		return;
	text = print_command(&sh->temp, command);
	job->text = memory_text(text, strlen(text));
	arena_release(&sh->temp, mark);
}

static void forget_inherited(struct shell *sh)
{
	struct job *next;

	for (struct job *job = sh->jobs; job; job = next) {
		next = job->next;
		if (job->is_inherited)
			job_remove(sh, job);
	}
}

void job_background(struct shell *sh, struct job *job, const struct node *command)
{
	forget_inherited(sh);
	job_set_text(sh, job, command);
	job->order = next_order(sh);
	if (!job->number)
		job->number = next_number(sh);
	job_sort(sh, job);
}

enum process_state job_state(const struct job *job)
{
	enum process_state state = PROCESS_DONE;

	for (unsigned i = 0; i < job->count; i++) {
		if (job->processes[i].state == PROCESS_RUNNING)
			return PROCESS_RUNNING;
		if (job->processes[i].state == PROCESS_STOPPED)
			state = PROCESS_STOPPED;
	}
	return state;
}

int wait_status(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return 128 + (WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
}

/* With pipefail the status of the last process that failed, else of the last one. */
int job_status(struct shell *sh, const struct job *job)
{
	int status = 0;

	if (job->count == 0)
		return 0;
	for (unsigned i = job->count; i-- > 0;) {
		status = wait_status(job->processes[i].status);
		if (status != 0 || !sh->options[OPT_PIPEFAIL])
			return status;
	}
	return status;
}

static void process_changed(struct job *job, struct process *process, int status)
{
	enum process_state before = job_state(job);

	process->status = status;
	process->state = WIFSTOPPED(status)     ? PROCESS_STOPPED
	                 : WIFCONTINUED(status) ? PROCESS_RUNNING
	                                        : PROCESS_DONE;
	if (job_state(job) != before)
		job->changed = true;
}

static void child_changed(struct shell *sh, int pid, int status)
{
	for (struct job *job = sh->jobs; job; job = job->next) {
		for (unsigned i = 0; i < job->count; i++) {
			struct process *process = &job->processes[i];

			if (process->pid == pid && process->state != PROCESS_DONE) {
				process_changed(job, process, status);
				return;
			}
		}
	}
}

bool jobs_collect(struct shell *sh, bool waits)
{
	int flags = sh->options[OPT_MONITOR] ? WUNTRACED | WCONTINUED : 0;
	int status, pid = waitpid(-1, &status, flags | (waits ? 0 : WNOHANG));

	if (pid <= 0)
		return pid < 0 && errno == EINTR && waits;
	child_changed(sh, pid, status);
	return true;
}

struct job *job_of_pid(struct shell *sh, int pid)
{
	for (struct job *job = sh->jobs; job; job = job->next)
		for (unsigned i = 0; i < job->count; i++)
			if (job->processes[i].pid == pid)
				return job;
	return NULL;
}

/* What the end of a foreground job means for the shell and its user. */
static void foreground_ended(struct shell *sh, struct job *job)
{
	int last = job->processes[job->count - 1].status;

	if (!WIFSIGNALED(last))
		return;
	if (WTERMSIG(last) == SIGINT) {
		if (sh->interactive && sh->options[OPT_MONITOR]) {
			sh_write_errors(sh, "\n", 1);
			sh_unwind_error(sh, 128 + SIGINT);
		}
		return;
	}
	if (WTERMSIG(last) != SIGPIPE)
		sh_tell(sh, "%s%s", job_signal_text(WTERMSIG(last)),
		        WCOREDUMP(last) ? " (core dumped)" : "");
}

int job_wait(struct shell *sh, struct job *job)
{
	int status;

	while (job_state(job) == PROCESS_RUNNING)
		if (!jobs_collect(sh, true))
			break;
	if (sh->options[OPT_MONITOR] && sh->subshell_depth == 0) {
		if (job_state(job) == PROCESS_STOPPED)
			job_terminal_save(sh, job);
		job_terminal_give(sh, sh->own_group);
		if (sh->interactive)
			job_terminal_restore(sh, NULL);
	}
	status = job_status(sh, job);
	if (job_state(job) == PROCESS_STOPPED) {
		if (sh->interactive)
			sh_write_errors(sh, "\n", 1); /* after the ^Z */
		job_background(sh, job, NULL);
		job->changed = true;
		for (unsigned i = 0; i < job->count; i++)
			if (job->processes[i].state == PROCESS_STOPPED)
				status = wait_status(job->processes[i].status);
		return status;
	}
	if (job_state(job) == PROCESS_DONE && job->count > 0)
		foreground_ended(sh, job);
	job_remove(sh, job);
	return status;
}
