/*
 * The shell's whole state. Every part is looked after by the file of its name; all of them get the one struct shell.
 *
 * Nothing here jumps out of a function: what ends commands early (break, return, exit, an error) is noted in
 * `unwind`, and whoever runs commands stops when it is not UNWIND_NONE.
 */
#pragma once
#include "arena.h"
#include "options.h"
#include "out.h"
#include "params.h"
#include "vars.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unwind {
	UNWIND_NONE,
	UNWIND_BREAK,
	UNWIND_CONTINUE,
	UNWIND_RETURN,
	UNWIND_ERROR, /* of an interactive shell: back to the prompt */
	UNWIND_EXIT,
};

struct alias;
struct at_command;
struct builtin;
struct command;
struct editor;
struct command_history;
struct job;
struct node;
struct redir_save;

#define COMMAND_BUCKETS 256
#define ALIAS_BUCKETS 32
#define SIGNAL_COUNT 65
#define PROCESS_FDS 32

struct shell {
	/* Who we are. */
	const char *name;   /* begins messages */
	const char *script; /* file being read; NULL for -c and standard input */
	const char *arg0;
	int pid, subshell_depth;
	bool interactive, login, is_subshell;
	bool silent; /* no messages, for those who want only results */
	bool options[OPT_COUNT];

	/* The command that runs. */
	int status, substitution_status;
	int line;
	enum unwind unwind;
	int unwind_count;
	unsigned loops, functions, sourced;
	const char *builtin_name;
	bool builtin_failed;   /* an error which ends a shell when a special built-in has it */
	unsigned tested;       /* EXEC_TESTED: a failure of the built-in that runs is looked at */
	bool has_own_mounts;   /* ns */
	bool keeps_redirs;     /* of the command that runs: exec */
	uintptr_t stack_limit; /* calls do not go deeper than this */

	struct arena temp; /* what an expansion makes, until its command is done */
	struct out out;
	struct params params;

	/* Names. */
	struct var_table vars;
	struct scope *scope;
	struct command *commands[COMMAND_BUCKETS];
	unsigned path_generation;
	struct alias *aliases[ALIAS_BUCKETS];
	unsigned alias_count;

	/* What IFS says: a class per byte, and characters beyond ASCII. */
	unsigned char ifs[256];
	bool ifs_wide;
	bool utf8;
	char ifs_first[8];

	/* Redirections to undo, and the input that was read ahead. */
	struct redir_save *redirs;
	struct readahead *readahead;

	/* Pipes of process substitutions, until their command is done. */
	int process_fds[PROCESS_FDS];
	unsigned process_count;

	/* Jobs. */
	struct job *jobs;
	int last_background; /* $! */
	bool has_background;
	int terminal, own_group, first_group;
	bool has_modes;
	void *modes; /* the terminal's, as the shell wants them */

	/* Traps: what is to be done for each signal; [0] is EXIT. */
	char *traps[SIGNAL_COUNT];
	unsigned char signal_state[SIGNAL_COUNT];
	bool in_trap;
	int trap_status; /* $? when the trap began, and how deep in functions that was */
	unsigned trap_functions;
	bool unwinds_error;
	bool traps_inherited; /* listed by trap, though no longer ours */

	/* getopts: where in the word it is. */
	int option_index, option_offset;

	/* A user at a terminal. */
	struct editor *editor;
	struct history *history;
	struct at_command *at_commands;
};

/* Notes a status and gives it back. */
static inline int shell_status(struct shell *sh, int status)
{
	sh->status = status;
	return status;
}

/* Calls that would use up the stack end with an error instead. */
static inline bool shell_is_too_deep(const struct shell *sh)
{
	char here;

	return (uintptr_t)&here < sh->stack_limit;
}

void shell_init(struct shell *sh, const char *arg0);
void shell_free(struct shell *sh);

/* Runs the EXIT trap and ends the process. */
void shell_exit(struct shell *sh, int status) __attribute__((noreturn));

/* Forgets what belongs to the parent, in a child that was just forked and will go on as a shell. */
void shell_enter_subshell(struct shell *sh);

/* All of the program; only comes back from a command line that is wrong. */
int shell_program(int argc, char **argv);
