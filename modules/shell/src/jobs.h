/*
 * Jobs: the processes that a command became, and job control.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct node;
struct shell;

enum process_state {
	PROCESS_RUNNING,
	PROCESS_STOPPED,
	PROCESS_DONE,
};

struct process {
	int pid;
	int status; /* as waitpid gives it */
	enum process_state state;
};

struct job {
	struct job *next; /* by number */
	int number;       /* 0: in the foreground and never shown */
	int group;        /* 0: that of the shell */
	unsigned order;   /* the greatest is the current job */
	unsigned count, cap;
	struct process *processes;
	char *text;
	bool changed;      /* its state has not been told */
	bool is_inherited; /* of the parent */
	bool is_told; /* its end was, so it has no number any more; wait may still ask for its status */
	bool has_modes;
	void *modes; /* the terminal's, when it was stopped */
};

enum fork_mode {
	FORK_FOREGROUND,
	FORK_BACKGROUND,
	FORK_HELPER, /* no command of the script's: in no job */
};

/* A job that has no processes yet; and one more process of it. Like fork: 0 in the child. */
struct job *job_new(struct shell *sh);
int job_fork(struct shell *sh, struct job *job, enum fork_mode mode);

/* The same for a file, without a copy of the shell in between where there is no job control. */
int job_spawn(struct shell *sh, struct job *job, const char *path, char **argv);
int fork_helper(struct shell *sh);

/* In the foreground until it ends (and is forgotten) or stops. Gives its status. */
int job_wait(struct shell *sh, struct job *job);

/* It stays in the background: gets a number and a text. */
void job_background(struct shell *sh, struct job *job, const struct node *command);
void job_set_text(struct shell *sh, struct job *job, const struct node *command);
void job_remove(struct shell *sh, struct job *job);
void jobs_forget(struct shell *sh);

/* Drops the oldest job that has ended when there are very many of them. */
void jobs_trim(struct shell *sh);

/* The jobs are a parent's: not waited for, and listed only until there are own ones. */
void jobs_inherit(struct shell *sh);

/* Takes what the system knows of our children; waits for one change when told so. False: there was none. */
bool jobs_collect(struct shell *sh, bool waits);

enum process_state job_state(const struct job *job);
int job_status(struct shell *sh, const struct job *job);
int wait_status(int status);

/* Told to the user: all that changed; and whether there is such news. */
void jobs_notify(struct shell *sh);
bool jobs_have_news(struct shell *sh);
enum job_style {
	JOB_NORMAL,
	JOB_LONG,
	JOB_GROUP,
};
void job_print(struct shell *sh, struct job *job, enum job_style style);
const char *job_signal_text(int signal);
char job_mark(struct shell *sh, const struct job *job);

/* %+ %- %n %text %?text; NULL: told why. */
struct job *job_find(struct shell *sh, const char *text);
struct job *job_current(struct shell *sh, bool previous);
struct job *job_of_pid(struct shell *sh, int pid);

/* Lets a stopped job go on. */
int job_continue(struct shell *sh, struct job *job, bool foreground);

/* set -m and set +m. */
bool job_terminal_take(struct shell *sh);
void job_terminal_leave(struct shell *sh);
void job_terminal_give(struct shell *sh, int group);
void job_terminal_save(struct shell *sh, struct job *job);
void job_terminal_restore(struct shell *sh, const struct job *job);
