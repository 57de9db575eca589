/*
 * Queues of pending signals, and the rules that need nothing but a number: which signal comes first,
 * what a signal does by default. No locks, no system calls; tested on the host.
 */
#pragma once
#include "task.h"

struct pending_signal {
	struct pending_signal *next;
	struct linux_siginfo info;
};

/*
 * A standard signal is pending once, a real-time one is queued each time. False when there is no memory or there
 * are too many of them: never of a standard one, nor of what kill sends (signal(7), sigqueue(3)).
 */
bool pending_add(struct pending *pending, const struct linux_siginfo *info);
/* The next signal of the set: faults first, then the lowest number. */
bool pending_take(struct pending *pending, sigset_t64 set, struct linux_siginfo *out_info);
/* Forget those of the set. */
void pending_drop(struct pending *pending, sigset_t64 set);
void pending_clear(struct pending *pending);

enum signal_default {
	SIGNAL_TERMINATES,
	SIGNAL_CORE,
	SIGNAL_IGNORED,
	SIGNAL_STOPS,
	SIGNAL_CONTINUES
};
enum signal_default signal_default_of(int signal);

#define SIGNALS_STOP \
	(signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU))
#define SIGNALS_UNBLOCKABLE (signal_bit(SIGKILL) | signal_bit(SIGSTOP))
#define SIGNALS_SYNCHRONOUS \
	(signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGILL) | signal_bit(SIGTRAP) | \
	 signal_bit(SIGFPE) | signal_bit(SIGSYS))

/* Shared handlers. */
struct sighand *sighand_create(void);
struct sighand *sighand_copy(const struct sighand *from);
struct sighand *sighand_get(struct sighand *sighand);
void sighand_put(struct sighand *sighand);
/* exec: handlers become default, ignored stays ignored. */
void sighand_reset(struct sighand *sighand);
