/*
 * Built-ins about jobs: jobs, fg, bg, wait, kill.
 */
#include "builtins.h"
#include "jobs.h"
#include "message.h"
#include "shell.h"
#include "traps.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void list_job(struct shell *sh, struct job *job, enum job_style style)
{
	job_print(sh, job, style);
	if (job_state(job) == PROCESS_DONE && style != JOB_GROUP)
		job_remove(sh, job);
}

BUILTIN(jobs)
{
	enum job_style style = JOB_NORMAL;
	struct job *job, *next;
	struct scan scan;
	int option;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "lp")) > 0)
		style = option == 'l' ? JOB_LONG : JOB_GROUP;
	if (option < 0)
		return 2;
	while (jobs_collect(sh, false))
		;
	for (int i = scan.index; i < argc; i++) {
		job = job_find(sh, argv[i]);
		if (!job)
			return 2;
		list_job(sh, job, style);
	}
	for (job = sh->jobs; job && scan.index == argc; job = next) {
		next = job->next;
		if (job->number)
			list_job(sh, job, style);
	}
	return 0;
}

/* fg and bg of one job. */
static int continue_job(struct shell *sh, const char *name, bool foreground)
{
	struct job *job = job_find(sh, name);

	if (!job)
		return 2;
	if (!job->group)
		return builtin_error(sh, "%s: was not started under job control", name);
	while (jobs_collect(sh, false))
		;
	if (foreground)
		out_format(sh, "%s\n", job->text ? job->text : "");
	else
		out_format(sh, "[%d] %s\n", job->number, job->text ? job->text : "");
	out_flush(sh);
	return job_continue(sh, job, foreground);
}

static int continue_jobs(struct shell *sh, int argc, char **argv, bool foreground)
{
	int status = 0, first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	if (!sh->options[OPT_MONITOR])
		return builtin_error(sh, "job control is off");
	if (first >= argc)
		return continue_job(sh, "%%", foreground);
	for (int i = first; i < argc; i++)
		status = continue_job(sh, argv[i], foreground);
	return status;
}

BUILTIN(fg)
{
	return continue_jobs(sh, argc, argv, true);
}

BUILTIN(bg)
{
	return continue_jobs(sh, argc, argv, false);
}

/* Until the job is done; 0, or the status for a signal with a trap. */
static int await_job(struct shell *sh, struct job *job)
{
	while (job_state(job) == PROCESS_RUNNING && !job->is_inherited) {
		if (traps_due(sh))
			return 128 + traps_due_signal(sh);
		traps_suspend(sh);
	}
	return 0;
}

static int wait_all(struct shell *sh)
{
	struct job *job = sh->jobs;

	while (job) {
		struct job *next = job->next;
		int interrupted = job->number ? await_job(sh, job) : 0;

		if (interrupted)
			return interrupted;
		if ((job->number || job->is_told) && job_state(job) == PROCESS_DONE)
			job_remove(sh, job);
		job = next;
	}
	return 0;
}

/* The status of one of a job's processes. */
static int process_status(struct shell *sh, const struct job *job, const char *name)
{
	for (unsigned i = 0; i < job->count && *name != '%'; i++)
		if (job->processes[i].pid == atoi(name) && i + 1 < job->count)
			return wait_status(job->processes[i].status);
	return job_status(sh, job);
}

static int wait_one(struct shell *sh, const char *name)
{
	struct job *job;
	int status;
	intmax_t pid;

	if (*name != '%') {
		if (!scan_number(name, &pid) || pid > 0x7fffffff)
			return builtin_error(sh, "%s: bad process number", name);
		job = job_of_pid(sh, (int)pid);
	} else {
		job = job_find(sh, name);
	}
	if (!job || job->is_inherited)
		return 127;
	status = await_job(sh, job);
	if (status)
		return status;
	status = process_status(sh, job, name);
	if (job_state(job) == PROCESS_DONE)
		job_remove(sh, job);
	return status;
}

BUILTIN(wait)
{
	int status = 0, first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	while (jobs_collect(sh, false))
		;
	if (first >= argc)
		return wait_all(sh);
	for (int i = first; i < argc && !traps_due(sh); i++)
		status = wait_one(sh, argv[i]);
	return status;
}

static int list_signals(struct shell *sh, int argc, char **argv, int first)
{
	for (int i = first; i < argc; i++) {
		int signal = signal_number(argv[i]);

		if (signal > 128)
			signal -= 128;
		if (signal < 0 && atoi(argv[i]) > 128)
			signal = atoi(argv[i]) - 128;
		if (signal < 0 || !signal_name(signal))
			return builtin_error(sh, "%s: bad signal", argv[i]);
		if (argv[i][0] >= '0' && argv[i][0] <= '9')
			out_format(sh, "%s\n", signal_name(signal));
		else
			out_format(sh, "%d\n", signal);
	}
	for (int i = 1; i < SIGNAL_COUNT && first == argc; i++)
		if (signal_name(i))
			out_format(sh, "%s\n", signal_name(i));
	return 0;
}

static int kill_one(struct shell *sh, const char *name, int signal)
{
	struct job *job;
	char *end;
	long pid;

	if (*name != '%') {
		pid = strtol(name, &end, 10);
		if (end == name || *end)
			return builtin_error(sh, "%s: bad process number", name);
		if (kill((int)pid, signal) < 0)
			return builtin_refuse(sh, "%s: %s", name, strerror(errno));
		return 0;
	}
	job = job_find(sh, name);
	if (!job)
		return 1;
	if (job->group) {
		if (kill(-job->group, signal) < 0)
			return builtin_refuse(sh, "%s: %s", name, strerror(errno));
		if (job_state(job) == PROCESS_STOPPED && signal != SIGSTOP && signal != SIGKILL &&
		    signal != SIGCONT)
			kill(-job->group, SIGCONT);
		return 0;
	}
	for (unsigned i = 0; i < job->count; i++)
		if (job->processes[i].state != PROCESS_DONE &&
		    kill(job->processes[i].pid, signal) < 0)
			return builtin_refuse(sh, "%s: %s", name, strerror(errno));
	return 0;
}

/* -s NAME, -NAME, -n NUMBER, -l; -1: told, -2: a list. */
static int kill_options(struct shell *sh, int argc, char **argv, int *index)
{
	const char *name;
	int signal = SIGTERM;

	if (*index >= argc || argv[*index][0] != '-')
		return signal;
	name = argv[(*index)++] + 1;
	if (strcmp(name, "-") == 0)
		return signal;
	if (strcmp(name, "l") == 0)
		return -2;
	if ((strcmp(name, "s") == 0 || strcmp(name, "n") == 0) && *index < argc)
		name = argv[(*index)++];
	else if (name[0] == 's' && name[1] && signal_number(name) < 0)
		name++;
	signal = signal_number(name);
	if (signal < 0) {
		builtin_error(sh, "%s: bad signal", name);
		return -1;
	}
	if (*index < argc && strcmp(argv[*index], "--") == 0)
		++*index;
	return signal;
}

BUILTIN(kill)
{
	int index = 1, signal = kill_options(sh, argc, argv, &index), status = 0;

	/* A child that has ended is there no more. */
	while (jobs_collect(sh, false))
		;
	if (signal == -1)
		return 2;
	if (signal == -2)
		return list_signals(sh, argc, argv, index);
	if (index == argc)
		return builtin_error(sh, "process or job expected");
	for (; index < argc; index++)
		if (kill_one(sh, argv[index], signal))
			status = 1;
	return status;
}
