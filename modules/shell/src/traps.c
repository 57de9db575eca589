/*
 * Signals and traps. A handler only notes that its signal came; commands of traps run between the commands of the
 * script. A signal that was ignored when the shell started stays ignored, except for an interactive shell.
 */
#include "traps.h"
#include "exec.h"
#include "jobs.h"
#include "message.h"
#include "shell.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum signal_state {
	SIGNAL_UNKNOWN,
	SIGNAL_DEFAULT,
	SIGNAL_CAUGHT,
	SIGNAL_IGNORED,
	SIGNAL_FIXED, /* ignored from the start */
};

volatile int signals_pending;
static volatile int pending[SIGNAL_COUNT];

static void on_signal(int signal)
{
	pending[signal] = 1;
	signals_pending = 1;
}

void traps_init(struct shell *sh)
{
	memset(sh->signal_state, SIGNAL_UNKNOWN, sizeof(sh->signal_state));
}

void traps_free(struct shell *sh)
{
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		free(sh->traps[i]);
		sh->traps[i] = NULL;
	}
}

static enum signal_state state_now(struct shell *sh, int signal)
{
	struct sigaction action;

	if (sh->signal_state[signal] == SIGNAL_UNKNOWN) {
		sh->signal_state[signal] = SIGNAL_DEFAULT;
		if (sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			sh->signal_state[signal] = SIGNAL_FIXED;
	}
	return sh->signal_state[signal];
}

static void set_handler(struct shell *sh, int signal, enum signal_state state)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = state == SIGNAL_CAUGHT    ? on_signal
	                    : state == SIGNAL_IGNORED ? SIG_IGN
	                                              : SIG_DFL;
	sigfillset(&action.sa_mask);
	sigaction(signal, &action, NULL);
	sh->signal_state[signal] = (unsigned char)state;
}

/* What a signal without a trap does to this shell. */
static enum signal_state usual_state(const struct shell *sh, int signal)
{
	bool user = sh->interactive && sh->subshell_depth == 0;

	if (user && signal == SIGINT)
		return SIGNAL_CAUGHT;
	if (user && (signal == SIGQUIT || signal == SIGTERM))
		return SIGNAL_IGNORED;
	if (sh->options[OPT_MONITOR] && sh->subshell_depth == 0 &&
	    (signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU))
		return SIGNAL_IGNORED;
	return SIGNAL_DEFAULT;
}

static void apply(struct shell *sh, int signal)
{
	enum signal_state wanted = usual_state(sh, signal), now = state_now(sh, signal);

	if (signal == SIGKILL || signal == SIGSTOP)
		return;
	if (sh->traps[signal])
		wanted = sh->traps[signal][0] ? SIGNAL_CAUGHT : SIGNAL_IGNORED;
	if (now == wanted ||
	    (now == SIGNAL_FIXED && !(sh->interactive && wanted != SIGNAL_DEFAULT)))
		return;
	set_handler(sh, signal, wanted);
}

bool trap_is_fixed(const struct shell *sh, int signal)
{
	return signal && !sh->interactive && state_now((struct shell *)sh, signal) == SIGNAL_FIXED;
}

/* Drops the commands that were the parent's. */
static void forget_inherited(struct shell *sh)
{
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		if (sh->traps[i] && sh->traps[i][0]) {
			free(sh->traps[i]);
			sh->traps[i] = NULL;
		}
	}
	sh->traps_inherited = false;
}

void trap_set(struct shell *sh, int signal, const char *action)
{
	if (sh->traps_inherited)
		forget_inherited(sh);
	free(sh->traps[signal]);
	sh->traps[signal] = action ? memory_text(action, strlen(action)) : NULL;
	if (signal)
		apply(sh, signal);
}

const char *trap_action(const struct shell *sh, int signal)
{
	return sh->traps[signal];
}

bool traps_any(const struct shell *sh)
{
	if (sh->traps_inherited)
		return false;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (sh->traps[i] && sh->traps[i][0])
			return true;
	return false;
}

int traps_due_signal(const struct shell *sh)
{
	for (int i = 1; i < SIGNAL_COUNT; i++)
		if (pending[i] &&
		    ((sh->traps[i] && sh->traps[i][0]) || (i == SIGINT && sh->interactive)))
			return i;
	return 0;
}

bool traps_due(const struct shell *sh)
{
	return signals_pending && traps_due_signal(sh) != 0;
}

/* Runs a trap's commands; the status they found is there again afterwards. */
static void run_action(struct shell *sh, int signal)
{
	char *action = memory_text(sh->traps[signal], strlen(sh->traps[signal]));
	int status = sh->status, outer_status = sh->trap_status;
	unsigned outer_functions = sh->trap_functions;
	bool outer = sh->in_trap;

	sh->in_trap = true;
	sh->trap_status = status;
	sh->trap_functions = sh->functions;
	exec_text(sh, action, strlen(action), sh->line, 0);
	sh->in_trap = outer;
	sh->trap_status = outer_status;
	sh->trap_functions = outer_functions;
	if (!sh->unwind)
		sh->status = status;
	free(action);
}

void traps_run(struct shell *sh)
{
	signals_pending = 0;
	for (int i = 1; i < SIGNAL_COUNT && !sh->unwind; i++) {
		if (!pending[i])
			continue;
		pending[i] = 0;
		if (sh->traps[i] && sh->traps[i][0] && !sh->traps_inherited)
			run_action(sh, i);
		else if (i == SIGINT && sh->interactive && sh->subshell_depth == 0)
			sh_unwind_error(sh, 128 + SIGINT);
	}
}

void traps_run_between(struct shell *sh)
{
	enum unwind unwind = sh->unwind;
	int count = sh->unwind_count;

	sh->unwind = UNWIND_NONE;
	traps_run(sh);
	if (sh->unwind)
		return;
	sh->unwind = unwind;
	sh->unwind_count = count;
}

void traps_run_exit(struct shell *sh)
{
	char *action = sh->traps[0];

	if (!action || !*action || sh->traps_inherited)
		return;
	sh->traps[0] = NULL;
	sh->unwind = UNWIND_NONE;
	exec_text(sh, action, strlen(action), sh->line, 0);
	free(action);
}

void traps_interactive(struct shell *sh)
{
	apply(sh, SIGINT);
	apply(sh, SIGQUIT);
	apply(sh, SIGTERM);
}

void traps_job_control(struct shell *sh, bool on)
{
	bool now = sh->options[OPT_MONITOR];

	sh->options[OPT_MONITOR] = on;
	apply(sh, SIGTSTP);
	apply(sh, SIGTTIN);
	apply(sh, SIGTTOU);
	sh->options[OPT_MONITOR] = now;
}

/* A program does not do what our traps say, but goes on ignoring what is ignored. Changes no memory. */
void traps_before_exec(const struct shell *sh)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	for (int i = 1; i < SIGNAL_COUNT; i++) {
		unsigned char state = sh->signal_state[i];
		bool by_trap = sh->traps[i] && !sh->traps[i][0];

		if (state == SIGNAL_CAUGHT || (state == SIGNAL_IGNORED && !by_trap))
			sigaction(i, &action, NULL);
	}
}

void traps_child(struct shell *sh, bool background)
{
	traps_before_exec(sh);
	for (int i = 1; i < SIGNAL_COUNT; i++) {
		bool by_trap = sh->traps[i] && !sh->traps[i][0];

		pending[i] = 0;
		if (sh->signal_state[i] == SIGNAL_CAUGHT ||
		    (sh->signal_state[i] == SIGNAL_IGNORED && !by_trap))
			sh->signal_state[i] = SIGNAL_DEFAULT;
	}
	if (!background)
		return;
	if (!sh->traps[SIGINT])
		set_handler(sh, SIGINT, SIGNAL_IGNORED);
	if (!sh->traps[SIGQUIT])
		set_handler(sh, SIGQUIT, SIGNAL_IGNORED);
}

/* Around an exec: what a caught or ignored signal is set to must not be inherited. */
void traps_exec(struct shell *sh, bool begins)
{
	if (begins) {
		traps_child(sh, false);
		return;
	}
	for (int i = 1; i < SIGNAL_COUNT; i++)
		if (sh->signal_state[i] != SIGNAL_UNKNOWN)
			apply(sh, i);
}

void traps_enter_subshell(struct shell *sh)
{
	sh->traps_inherited = true;
}

static void on_child(int signal)
{
	(void)signal;
}

/* Waits for SIGCHLD or a signal that is caught, without missing one that comes just before. */
void traps_suspend(struct shell *sh)
{
	struct sigaction action, old;
	sigset_t all, mask;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	memset(&action, 0, sizeof(action));
	action.sa_handler = sh->signal_state[SIGCHLD] == SIGNAL_CAUGHT ? on_signal : on_child;
	sigaction(SIGCHLD, &action, &old);
	if (!jobs_collect(sh, false) && !traps_due(sh))
		sigsuspend(&mask);
	sigaction(SIGCHLD, &old, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* Whoever traps CHLD is interrupted by it as things are, also when that begins or ends in between. */
void traps_watch_children(struct shell *sh, bool on)
{
	static struct sigaction before;
	static bool is_watching;
	bool is_caught = sh->signal_state[SIGCHLD] == SIGNAL_CAUGHT;
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_child;
	if (on && !is_caught)
		is_watching = sigaction(SIGCHLD, &action, &before) == 0;
	else if (!on && is_watching && !is_caught)
		sigaction(SIGCHLD, &before, NULL);
	if (!on)
		is_watching = false;
}
