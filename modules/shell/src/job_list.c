/*
 * Jobs as their user sees them: the current and the previous one, names that begin with %, and the lines of `jobs`.
 */
#include "jobs.h"
#include "message.h"
#include "shell.h"
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* A stopped job comes before one that runs; then the later one. */
static bool is_before(const struct job *a, const struct job *b)
{
	bool a_stopped = job_state(a) == PROCESS_STOPPED,
	     b_stopped = job_state(b) == PROCESS_STOPPED;

	if (a_stopped != b_stopped)
		return a_stopped;
	return a->order > b->order;
}

struct job *job_current(struct shell *sh, bool previous)
{
	struct job *first = NULL, *second = NULL;

	for (struct job *job = sh->jobs; job; job = job->next) {
		if (!job->number)
			continue;
		if (!first || is_before(job, first)) {
			second = first;
			first = job;
		} else if (!second || is_before(job, second)) {
			second = job;
		}
	}
	return previous ? second : first;
}

char job_mark(struct shell *sh, const struct job *job)
{
	if (job == job_current(sh, false))
		return '+';
	return job == job_current(sh, true) ? '-' : ' ';
}

static struct job *job_by_number(struct shell *sh, int number)
{
	for (struct job *job = sh->jobs; job; job = job->next)
		if (job->number == number && number > 0)
			return job;
	return NULL;
}

/* A job whose text begins with (or has in it) the given one; *out_more: there are several. */
static struct job *job_by_text(struct shell *sh, const char *text, bool anywhere, bool *out_more)
{
	struct job *found = NULL;
	size_t len = strlen(text);

	*out_more = false;
	for (struct job *job = sh->jobs; job; job = job->next) {
		if (!job->number || !job->text)
			continue;
		if (anywhere ? !strstr(job->text, text) : strncmp(job->text, text, len) != 0)
			continue;
		*out_more = found != NULL;
		found = job;
	}
	return found;
}

struct job *job_find(struct shell *sh, const char *text)
{
	const char *name = *text == '%' ? text + 1 : text;
	bool more = false;
	struct job *job;

	if (!*name || strcmp(name, "%") == 0 || strcmp(name, "+") == 0)
		job = job_current(sh, false);
	else if (strcmp(name, "-") == 0)
		job = job_current(sh, true);
	else if (isdigit((unsigned char)*name) && !name[strspn(name, "0123456789")])
		job = *text == '%' ? job_by_number(sh, atoi(name)) : job_of_pid(sh, atoi(name));
	else
		job = job_by_text(sh, name + (*name == '?'), *name == '?', &more);
	if (more)
		builtin_error(sh, "%s: ambiguous", text);
	else if (!job)
		builtin_error(sh, "%s: no such job", text);
	return more ? NULL : job;
}

const char *job_signal_text(int signal)
{
	const char *text = strsignal(signal);

	return text ? text : "Unknown signal";
}

static void state_text(char *text, size_t size, const struct job *job)
{
	const struct process *last = &job->processes[job->count - 1];
	int status = last->status;

	for (unsigned i = 0; i < job->count; i++)
		if (job->processes[i].state == PROCESS_STOPPED)
			status = job->processes[i].status;
	if (job_state(job) == PROCESS_RUNNING)
		snprintf(text, size, "Running");
	else if (job_state(job) == PROCESS_STOPPED && WSTOPSIG(status) == SIGTSTP)
		snprintf(text, size, "Stopped");
	else if (job_state(job) == PROCESS_STOPPED)
		snprintf(text, size, "Stopped (%s)", job_signal_text(WSTOPSIG(status)));
	else if (WIFSIGNALED(status))
		snprintf(text, size, "%s%s", job_signal_text(WTERMSIG(status)),
		         WCOREDUMP(status) ? " (core dumped)" : "");
	else if (WEXITSTATUS(status) == 0)
		snprintf(text, size, "Done");
	else
		snprintf(text, size, "Done(%d)", WEXITSTATUS(status));
}

void job_print(struct shell *sh, struct job *job, enum job_style style)
{
	int leader = job->group ? job->group : job->processes[0].pid;
	char state[80];

	job->changed = false;
	if (style == JOB_GROUP) {
		out_format(sh, "%d\n", leader);
		return;
	}
	state_text(state, sizeof(state), job);
	out_format(sh, "[%d] %c ", job->number, job_mark(sh, job));
	if (style == JOB_LONG)
		out_format(sh, "%d ", leader);
	out_format(sh, "%-24s%s\n", state, job->text ? job->text : "");
}

bool jobs_have_news(struct shell *sh)
{
	while (jobs_collect(sh, false))
		;
	for (struct job *job = sh->jobs; job; job = job->next)
		if (job->number && job->changed && job_state(job) != PROCESS_RUNNING)
			return true;
	return false;
}

/* Lines about all jobs whose state changed go to standard error; jobs that ended lose their number. */
void jobs_notify(struct shell *sh)
{
	while (jobs_collect(sh, false))
		;
	for (struct job *job = sh->jobs; job; job = job->next) {
		if (!job->number || !job->changed)
			continue;
		if (sh->interactive && job_state(job) != PROCESS_RUNNING) {
			struct out saved = sh->out;

			sh->out = (struct out){.captures = true};
			job_print(sh, job, JOB_NORMAL);
			sh_write_errors(sh, sh->out.buffer, sh->out.len);
			free(sh->out.buffer);
			sh->out = saved;
		}
		job->changed = false;
		if (job_state(job) == PROCESS_DONE && sh->interactive) {
			job->number = 0;
			job->is_told = true;
		}
	}
}
