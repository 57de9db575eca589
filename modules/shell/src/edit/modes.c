/*
 * Signals while the editor has the terminal. A signal that ends or stops the process, where its action is the default
 * one, restores the modes, takes the default action, and after a stop says so. WINCH and CONT, where default, only
 * have to interrupt a wait. Whatever the host handles or ignores is left as it is, and all is undone by
 * modes_unguard.
 *
 * The handlers use only functions that are safe in them (tcsetattr, write, sigaction, raise).
 */
#include "edit/modes.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
static const int waking[] = {SIGCONT, SIGWINCH};
enum {
	ENDING = sizeof(ending) / sizeof(ending[0]),
	WAKING = sizeof(waking) / sizeof(waking[0]),
};

static struct {
	int in, out;
	struct termios before;
	bool is_ours[ENDING + WAKING];
	volatile sig_atomic_t is_guarding, was_stopped;
} guard;

static int signal_number(unsigned i)
{
	return i < ENDING ? ending[i] : waking[i - ENDING];
}

static void set_handler(int signal, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

/* Takes the default action of a signal, from inside its handler. */
static void act_by_default(int signal, void (*handler)(int))
{
	sigset_t only, before;

	set_handler(signal, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, signal);
	raise(signal);
	sigprocmask(SIG_UNBLOCK, &only, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	set_handler(signal, handler);
}

static void on_ending(int signal)
{
	int error = errno;

	modes_restore();
	act_by_default(signal, on_ending);
	guard.was_stopped = 1;
	errno = error;
}

static void on_waking(int signal)
{
	if (signal == SIGCONT)
		guard.was_stopped = 1;
}

/* Takes a signal over if nobody else has. */
static void take_over(unsigned i)
{
	struct sigaction action;

	guard.is_ours[i] = sigaction(signal_number(i), NULL, &action) == 0 &&
	                   !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL;
	if (guard.is_ours[i])
		set_handler(signal_number(i), i < ENDING ? on_ending : on_waking);
}

void modes_guard(int in_fd, int out_fd, const struct termios *before)
{
	guard.in = in_fd;
	guard.out = out_fd;
	guard.before = *before;
	guard.was_stopped = 0;
	if (guard.is_guarding)
		return;
	guard.is_guarding = 1;
	for (unsigned i = 0; i < ENDING + WAKING; i++)
		take_over(i);
}

void modes_restore(void)
{
	static const char paste_off[] = "\033[?2004l";
	ssize_t put;

	/* In the background the modes are somebody else's. */
	if (!guard.is_guarding || tcgetpgrp(guard.in) != getpgrp())
		return;
	put = write(guard.out, paste_off, sizeof(paste_off) - 1);
	(void)put; /* the modes matter more */
	tcsetattr(guard.in, TCSANOW, &guard.before);
}

void modes_unguard(void)
{
	for (unsigned i = 0; guard.is_guarding && i < ENDING + WAKING; i++) {
		if (guard.is_ours[i])
			set_handler(signal_number(i), SIG_DFL);
	}
	guard.is_guarding = 0;
}

bool modes_was_stopped(void)
{
	bool was_stopped = guard.was_stopped;

	guard.was_stopped = 0;
	return was_stopped;
}
