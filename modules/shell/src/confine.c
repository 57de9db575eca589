/*
 * Running a command with less (confine.h): for `with`, `as` and `ns`. What is given up does not come back, so the shell
 * gives it up in a child, which then goes on as a subshell does: functions, built-ins, objects and files can be run.
 */
#include "confine.h"
#include "arena.h"
#include "exec.h"
#include "jobs.h"
#include "shell.h"
#include <string.h>

#define NOT_CONFINED 126

static char *joined(struct shell *sh, int argc, char **argv)
{
	struct text text;

	text_begin(&text, &sh->temp);
	for (int i = 0; i < argc; i++)
		text_format(&text, i ? " %s" : "%s", argv[i]);
	return text_end(&text);
}

static void run_confined(struct shell *sh, confine_fn *confine, void *context, int argc,
                         char **argv) __attribute__((noreturn));

static void run_confined(struct shell *sh, confine_fn *confine, void *context, int argc,
                         char **argv)
{
	int status = NOT_CONFINED;

	shell_enter_subshell(sh);
	if (confine(sh, context)) {
		sh->builtin_name = NULL;
		status = exec_words(sh, argc, argv);
	}
	shell_exit(sh, sh->unwind ? sh->status : status);
}

int confine_run(struct shell *sh, confine_fn *confine, void *context, int argc, char **argv)
{
	struct job *job = job_new(sh);
	const char *text = joined(sh, argc, argv);
	int pid;

	job->text = memory_text(text, strlen(text));
	out_flush(sh);
	pid = job_fork(sh, job, FORK_FOREGROUND);
	if (pid == 0)
		run_confined(sh, confine, context, argc, argv);
	if (pid < 0) {
		job_remove(sh, job);
		return 2;
	}
	return job_wait(sh, job);
}
