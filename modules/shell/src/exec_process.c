/*
 * Commands that become processes: pipelines, subshells, background commands, files.
 */
#include "command.h"
#include "exec.h"
#include "jobs.h"
#include "message.h"
#include "names.h"
#include "parser.h"
#include "readahead.h"
#include "redir.h"
#include "shell.h"
#include "traps.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOT_EXECUTABLE 126
#define NOT_FOUND 127

bool exec_may_replace(const struct shell *sh, unsigned flags)
{
	return (flags & EXEC_LAST) && !traps_any(sh) && !signals_pending && !sh->redirs &&
	       !(sh->options[OPT_MONITOR] && !sh->is_subshell);
}

/* A file without a format is a script for a fresh shell. */
static void exec_script(struct shell *sh, const char *path, char **argv, char **environment)
{
	struct fields fields;

	fields_begin(&fields, sh);
	fields_add(&fields, (char *)sh->name);
	fields_add(&fields, (char *)path);
	for (int i = 1; argv[0] && argv[i]; i++)
		fields_add(&fields, argv[i]);
	execve("/proc/self/exe", fields.list, environment);
	execve("/bin/sh", fields.list, environment);
}

/* What is wrong with a file that is there. */
static const char *why_denied(const char *path, int error)
{
	struct stat status;

	if (error != EACCES || stat(path, &status) != 0)
		return strerror(error);
	if (S_ISDIR(status.st_mode))
		return "is a directory";
	return status.st_mode & 0111 ? strerror(error) : "not executable (chmod +x makes it so)";
}

int exec_program(struct shell *sh, const char *path, char **argv, char **environment)
{
	int error;

	execve(path, argv, environment);
	error = errno;
	if (error == ENOEXEC)
		exec_script(sh, path, argv, environment);
	if (error == ENOENT || error == ENOTDIR) {
		sh_error(sh, "%s: not found", argv[0]);
		return NOT_FOUND;
	}
	sh_error(sh, "%s: %s", argv[0], why_denied(path, error));
	return NOT_EXECUTABLE;
}

int exec_file(struct shell *sh, const char *path, char **argv)
{
	readahead_sync(sh);
	return exec_program(sh, path, argv, var_environment(sh));
}

int exec_not_found(struct shell *sh, const char *name)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *nearest = sh->interactive && !sh->silent ? names_nearest(sh, name) : NULL;

	if (nearest)
		sh_error(sh, "%s: not found; did you mean %s?", name, nearest);
	else
		sh_error(sh, "%s: not found", name);
	arena_release(&sh->temp, mark);
	return NOT_FOUND;
}

/* In the process that is to be the program. */
static void become(struct shell *sh, struct simple_node *node, const char *path, char **argv)
	__attribute__((noreturn));

static void become(struct shell *sh, struct simple_node *node, const char *path, char **argv)
{
	sh->is_subshell = true;
	if (!redir_apply(sh, node->redirs, NULL))
		_exit(sh->unwind ? sh->status : 1);
	_exit(exec_file(sh, path, argv));
}

static int run_program(struct shell *sh, struct simple_node *node, const char *path, char **argv,
                       struct redir_save *save)
{
	struct job *job = job_new(sh);

	if (sh->options[OPT_MONITOR])
		job_set_text(sh, job, &node->node);
	job_spawn(sh, job, path, argv);
	if (save)
		redir_undo(sh, save);
	if (job->count > 0)
		return job_wait(sh, job);
	job_remove(sh, job);
	return 2;
}

/* With redirections, which the shell itself makes for so long. */
static int run_redirected(struct shell *sh, struct simple_node *node, const char *path, char **argv)
{
	struct redir_save save;
	bool made = redir_apply(sh, node->redirs, &save);
	int status = 1;

	if (made && path)
		return run_program(sh, node, path, argv, &save);
	if (made)
		status = exec_not_found(sh, argv[0]);
	redir_undo(sh, &save);
	return sh->unwind ? sh->status : status;
}

int exec_external(struct shell *sh, struct simple_node *node, const char *path, char **argv,
                  unsigned flags)
{
	if (path && exec_may_replace(sh, flags)) {
		out_flush(sh);
		if (!sh->is_subshell)
			traps_child(sh, false);
		become(sh, node, path, argv);
	}
	if (node->redirs)
		return run_redirected(sh, node, path, argv);
	return path ? run_program(sh, node, path, argv, NULL) : exec_not_found(sh, argv[0]);
}

/* In a child: goes on as a subshell with one command, and ends. */
static void run_child(struct shell *sh, struct node *node, unsigned flags)
	__attribute__((noreturn));

static void run_child(struct shell *sh, struct node *node, unsigned flags)
{
	shell_enter_subshell(sh);
	exec_node(sh, node, (flags & EXEC_TESTED) | EXEC_LAST);
	shell_exit(sh, sh->status);
}

/* Without job control a command in the background does not read what the shell reads. */
static void read_nothing(struct shell *sh)
{
	int fd;

	if (sh->options[OPT_MONITOR])
		return;
	fd = open("/dev/null", O_RDONLY);
	if (fd > 0) {
		dup2(fd, 0);
		close(fd);
	}
}

static void run_piped(struct shell *sh, struct node *node, int in, const int out[2], unsigned flags)
	__attribute__((noreturn));

static void run_piped(struct shell *sh, struct node *node, int in, const int out[2], unsigned flags)
{
	if (in >= 0) {
		dup2(in, 0);
		close(in);
	}
	if (out[1] >= 0) {
		close(out[0]);
		if (out[1] != 1) {
			dup2(out[1], 1);
			close(out[1]);
		}
	}
	run_child(sh, node, flags);
}

static bool start_pipeline(struct shell *sh, struct job *job, struct pipeline_node *node,
                           enum fork_mode mode, unsigned flags)
{
	int in = -1;

	for (unsigned i = 0; i < node->count; i++) {
		int out[2] = {-1, -1}, pid;

		if (i + 1 < node->count && pipe(out) < 0) {
			sh_error(sh, "cannot make a pipe: %s", strerror(errno));
			break;
		}
		pid = job_fork(sh, job, mode);
		if (pid == 0) {
			if (mode == FORK_BACKGROUND && i == 0)
				read_nothing(sh);
			run_piped(sh, node->commands[i], in, out, flags);
		}
		if (in >= 0)
			close(in);
		if (out[1] >= 0)
			close(out[1]);
		in = out[0];
		if (pid < 0)
			break;
	}
	if (in >= 0)
		close(in);
	return job->count == node->count;
}

int exec_pipeline(struct shell *sh, struct pipeline_node *node, unsigned flags)
{
	struct job *job = job_new(sh);
	int status;

	sh->line = node->node.line;
	if (sh->options[OPT_MONITOR])
		job_set_text(sh, job, &node->node);
	if (!start_pipeline(sh, job, node, FORK_FOREGROUND, flags)) {
		job_wait(sh, job);
		return shell_status(sh, 2);
	}
	status = job_wait(sh, job);
	return shell_status(sh, status);
}

int exec_background(struct shell *sh, struct binary_node *node)
{
	struct job *job = job_new(sh);
	int pid = 0;

	while (jobs_collect(sh, false))
		;
	jobs_trim(sh);
	if (node->left->kind == NODE_PIPELINE) {
		start_pipeline(sh, job, (struct pipeline_node *)node->left, FORK_BACKGROUND, 0);
	} else {
		pid = job_fork(sh, job, FORK_BACKGROUND);
		if (pid == 0) {
			read_nothing(sh);
			run_child(sh, node->left, 0);
		}
	}
	if (job->count == 0) {
		job_remove(sh, job);
		return shell_status(sh, 2);
	}
	sh->last_background = job->processes[job->count - 1].pid;
	sh->has_background = true;
	job_background(sh, job, node->left);
	if (sh->interactive && !sh->is_subshell)
		sh_tell(sh, "[%d] %d", job->number, sh->last_background);
	return shell_status(sh, 0);
}

int exec_subshell(struct shell *sh, struct group_node *node, unsigned flags)
{
	struct job *job;
	int pid = 0;

	sh->line = node->node.line;
	job = exec_may_replace(sh, flags) ? NULL : job_new(sh);
	if (job && sh->options[OPT_MONITOR])
		job_set_text(sh, job, &node->node);
	if (job)
		pid = job_fork(sh, job, FORK_FOREGROUND);
	if (pid == 0) {
		if (!redir_apply(sh, node->redirs, NULL))
			_exit(sh->unwind ? sh->status : 1);
		run_child(sh, node->body, flags);
	}
	if (pid < 0) {
		job_remove(sh, job);
		return shell_status(sh, 2);
	}
	return shell_status(sh, job_wait(sh, job));
}
