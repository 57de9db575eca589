/*
 * Names of signals, without SIG.
 */
#include "traps.h"
#include "shell.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const names[SIGNAL_COUNT] = {
	[0] = "EXIT",           [SIGHUP] = "HUP",   [SIGINT] = "INT",       [SIGQUIT] = "QUIT",
	[SIGILL] = "ILL",       [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",     [SIGBUS] = "BUS",
	[SIGFPE] = "FPE",       [SIGKILL] = "KILL", [SIGUSR1] = "USR1",     [SIGSEGV] = "SEGV",
	[SIGUSR2] = "USR2",     [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",     [SIGTERM] = "TERM",
	[SIGSTKFLT] = "STKFLT", [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",     [SIGSTOP] = "STOP",
	[SIGTSTP] = "TSTP",     [SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",     [SIGURG] = "URG",
	[SIGXCPU] = "XCPU",     [SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF",
	[SIGWINCH] = "WINCH",   [SIGIO] = "IO",     [SIGPWR] = "PWR",       [SIGSYS] = "SYS",
};

const char *signal_name(int signal)
{
	return signal >= 0 && signal < SIGNAL_COUNT ? names[signal] : NULL;
}

int signal_number(const char *name)
{
	if (*name && !name[strspn(name, "0123456789")]) {
		long number = strtol(name, NULL, 10);

		return number < SIGNAL_COUNT ? (int)number : -1;
	}
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (names[i] && strcasecmp(names[i], name) == 0)
			return i;
	return -1;
}
