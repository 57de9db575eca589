/*
 * Signals: numbers, sets, sigaction and siginfo as Linux lays them out, and what other features use to
 * send them. signal.c keeps the queues and decides; signal_frame.c builds what a handler sees.
 *
 * Sending never sleeps and may be done while holding locks below RANK_TASKS only.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct task;
struct process;

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPWR 30
#define SIGSYS 31
#define SIGRTMIN 32
#define SIGNAL_COUNT 64

#define SA_NOCLDSTOP 1u
#define SA_NOCLDWAIT 2u
#define SA_SIGINFO 4u
#define SA_RESTORER 0x04000000u
#define SA_ONSTACK 0x08000000u
#define SA_RESTART 0x10000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
#define SIG_DFL 0ul
#define SIG_IGN 1ul

#define SI_USER 0
#define SI_KERNEL 0x80
#define SI_QUEUE (-1)
#define SI_TIMER (-2)
#define SI_TKILL (-6)
#define CLD_EXITED 1
#define CLD_KILLED 2
#define CLD_DUMPED 3
#define CLD_STOPPED 5
#define CLD_CONTINUED 6
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define ILL_ILLOPN 2
#define FPE_INTDIV 1
#define FPE_FLTDIV 3
#define TRAP_BRKPT 1
#define TRAP_TRACE 2
#define POLL_IN_CODE 1

/* A set: bit n - 1 stands for signal n. */
typedef uint64_t sigset_t64;
static inline sigset_t64 signal_bit(int signal)
{
	return 1ull << (signal - 1);
}

struct linux_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	sigset_t64 mask;
};

struct linux_siginfo {
	int32_t si_signo;
	int32_t si_errno;
	int32_t si_code;
	int32_t pad;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			uint64_t value;
		} user; /* kill, sigqueue */
		struct {
			int32_t timer;
			int32_t overrun;
			uint64_t value;
		} timer;
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status;
			int32_t pad;
			int64_t utime;
			int64_t stime;
		} child;
		struct {
			uint64_t address;
			uint16_t address_lsb;
		} fault;
		struct {
			int64_t band;
			int32_t fd;
		} poll;
		uint8_t bytes[112];
	};
};

struct linux_stack {
	uint64_t sp;
	int32_t flags;
	int32_t pad;
	uint64_t size;
};

/* Before a task enters: takes what is pending, runs handlers or default actions, restarts calls (signal.c). */
void signal_deliver(struct task *task);
/* Blocks exactly these signals, save those that cannot be. */
void signal_set_blocked(struct task *task, sigset_t64 mask);
/* The task ends: what is or will be sent to its process is for the other threads. */
void signal_leave(struct task *task);

/* Something is pending that the task does not block (so a sleep must end). Cheap, lock-free. */
bool signal_pending(struct task *task);
bool signal_kill_pending(struct task *task);

/* From the kernel itself (SI_KERNEL, no sender): to one thread, to a process, to a group (0 or -ESRCH). */
void signal_send_task(struct task *task, int signal);
void signal_send_process(struct process *process, int signal);
int64_t signal_send_group(int32_t pgid, int signal);

/* With details; info->si_signo is the signal. -EAGAIN: it is one that is queued, and too many are. */
int64_t signal_send_task_info(struct task *task, const struct linux_siginfo *info);
int64_t signal_send_process_info(struct process *process, const struct linux_siginfo *info);

/* A fault of the task itself: delivered even if blocked or ignored (then it kills). */
void signal_force(struct task *task, const struct linux_siginfo *info);

/* For signalfd and rt_sigtimedwait: take one pending signal of the set; false when none. */
bool signal_take(struct task *task, sigset_t64 set, struct linux_siginfo *out_info);
sigset_t64 signal_pending_set(struct task *task);

/*
 * ppoll, pselect, epoll_pwait, sigsuspend: wait with another mask. The old one comes back after the call, or,
 * when a handler runs, after the handler. Call signal_set_temporary_mask first; if the call was not ended by a
 * signal, signal_restore_mask; if it was, just return -ERESTARTNOHAND (or -EINTR).
 */
void signal_set_temporary_mask(struct task *task, sigset_t64 mask);
void signal_restore_mask(struct task *task);

/* Job control, for ttys: whether the task blocks or ignores this signal; whether a group is orphaned. */
bool signal_is_blocked_or_ignored(struct task *task, int signal);
bool pgrp_is_orphaned(int32_t pgid);
/* Whether such a group exists in the session. */
bool pgrp_in_session(int32_t pgid, int32_t sid);
