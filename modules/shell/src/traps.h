/*
 * Signals and traps.
 */
#pragma once
#include <stdbool.h>

struct shell;

/* Some signal that is caught has come; a handler may write an int at once here. */
extern volatile int signals_pending;

void traps_init(struct shell *sh);
void traps_free(struct shell *sh);

/* What is to be done when a signal (0: EXIT) comes: NULL the default, "" nothing, else commands. */
void trap_set(struct shell *sh, int signal, const char *action);
const char *trap_action(const struct shell *sh, int signal);
bool trap_is_fixed(const struct shell *sh, int signal);
bool traps_any(const struct shell *sh);

/* Runs the traps of signals that came. Call when signals_pending. */
void traps_run(struct shell *sh);

/* The same while a loop is being left or begun again: that goes on after the traps. */
void traps_run_between(struct shell *sh);
void traps_run_exit(struct shell *sh);

/* Whether a signal that has a trap is waiting. */
bool traps_due(const struct shell *sh);
int traps_due_signal(const struct shell *sh);

/* Waits for any signal after which a child may have changed. */
void traps_suspend(struct shell *sh);

/* While the user edits a command: the end of a child interrupts the wait for a key. */
void traps_watch_children(struct shell *sh, bool on);

/* The dispositions of an interactive shell; those of job control; those of a new child. */
void traps_interactive(struct shell *sh);
void traps_job_control(struct shell *sh, bool on);
void traps_child(struct shell *sh, bool background);
void traps_before_exec(const struct shell *sh);

void traps_exec(struct shell *sh, bool begins);

/* The parent's traps do not run in a subshell; they are listed until it sets one itself. */
void traps_enter_subshell(struct shell *sh);

/* Names without SIG; -1: no signal. 0 is EXIT. */
int signal_number(const char *name);
const char *signal_name(int signal);
