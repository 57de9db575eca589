/*
 * Job control's terminal: which process group is in the foreground, and the modes that programs may have changed.
 */
#include "jobs.h"
#include "message.h"
#include "redir.h"
#include "shell.h"
#include "traps.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A descriptor of our terminal, out of the way; -1: there is none. */
static int job_terminal_open(void)
{
	int fd = open("/dev/tty", O_RDWR), copy;

	for (int i = 2; fd < 0 && i >= 0; i--)
		if (isatty(i))
			fd = dup(i);
	if (fd < 0)
		return -1;
	copy = fd_move_high(fd);
	close(fd);
	return copy;
}

/* Waits until we are in the foreground, as a job of the shell that started us. */
static bool await_foreground(struct shell *sh)
{
	for (;;) {
		int foreground = tcgetpgrp(sh->terminal);

		if (foreground < 0)
			return false;
		if (foreground == getpgrp())
			return true;
		kill(0, SIGTTIN);
	}
}

bool job_terminal_take(struct shell *sh)
{
	sh->terminal = job_terminal_open();
	if (sh->terminal < 0)
		return !sh->interactive;
	sh->first_group = getpgrp();
	if (sh->interactive && !await_foreground(sh)) {
		close(sh->terminal);
		sh->terminal = -1;
		return false;
	}
	traps_job_control(sh, true);
	sh->own_group = sh->first_group;
	if (!sh->interactive)
		return true;
	if (sh->own_group != getpid()) {
		setpgid(0, 0);
		sh->own_group = getpgrp();
		job_terminal_give(sh, sh->own_group);
	}
	job_terminal_save(sh, NULL);
	return true;
}

void job_terminal_leave(struct shell *sh)
{
	if (sh->terminal < 0)
		return;
	if (sh->own_group != sh->first_group) {
		job_terminal_give(sh, sh->first_group);
		setpgid(0, sh->first_group);
	}
	traps_job_control(sh, false);
	close(sh->terminal);
	sh->terminal = -1;
}

void job_terminal_give(struct shell *sh, int group)
{
	sigset_t set, old;

	if (sh->terminal < 0 || group <= 0)
		return;
	/* From the background this would stop us. */
	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, &old);
	tcsetpgrp(sh->terminal, group);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* The modes as a stopped job left them, or (job NULL) as the shell wants them. */
void job_terminal_save(struct shell *sh, struct job *job)
{
	void **modes = job ? &job->modes : &sh->modes;
	bool *has_modes = job ? &job->has_modes : &sh->has_modes;

	if (sh->terminal < 0)
		return;
	if (!*modes)
		*modes = memory_new(sizeof(struct termios));
	*has_modes = tcgetattr(sh->terminal, *modes) == 0;
}

void job_terminal_restore(struct shell *sh, const struct job *job)
{
	bool has_modes = job ? job->has_modes : sh->has_modes;

	if (sh->terminal >= 0 && has_modes)
		tcsetattr(sh->terminal, TCSADRAIN, job ? job->modes : sh->modes);
}

int job_continue(struct shell *sh, struct job *job, bool foreground)
{
	for (unsigned i = 0; i < job->count; i++)
		if (job->processes[i].state == PROCESS_STOPPED)
			job->processes[i].state = PROCESS_RUNNING;
	job->changed = false;
	if (foreground) {
		job_terminal_restore(sh, job);
		job_terminal_give(sh, job->group);
	}
	if (job_state(job) == PROCESS_RUNNING && job->group)
		kill(-job->group, SIGCONT);
	if (!foreground) {
		job_background(sh, job, NULL);
		return 0;
	}
	return job_wait(sh, job);
}
