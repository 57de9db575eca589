/*
 * Tasks and processes. A task is a guest thread, run by one monitor thread; a process is a thread group.
 * Everything another feature may use of them is here; task.c keeps the tables, fork.c makes them,
 * exit.c ends them.
 *
 * Locks: [I] fixed at creation  [o] only by the task itself  [T] tasks_lock  [S] process->lock  [a] atomic
 *        [TS] written under both, read under either
 * The life of a task: task_create -> running -> (dying: marked, woken) -> exited -> last task_put.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <microkernel/abi.h>
#include "lock.h"
#include "signal.h"
#include "time.h"
#include "wait.h"

struct files; /* files.h: descriptors */
struct fs;    /* fs_struct.h: cwd, root, umask */
struct file;
struct mm; /* mm.h */
struct object_view;
struct tty;
struct job; /* container.h */

#define GROUPS_MAX 64
#define RLIMIT_COUNT 16
#define RLIM_INFINITY (~0ull)
#define RLIMIT_CPU 0
#define RLIMIT_FSIZE 1
#define RLIMIT_DATA 2
#define RLIMIT_STACK 3
#define RLIMIT_CORE 4
#define RLIMIT_RSS 5
#define RLIMIT_NPROC 6
#define RLIMIT_NOFILE 7
#define RLIMIT_MEMLOCK 8
#define RLIMIT_AS 9
#define TASK_NAME_BYTES 16

/* Who a task is. Read one's own without a lock; another's by task_cred(). */
struct cred {
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	uint32_t group_count;
	uint32_t groups[GROUPS_MAX];
	uint64_t cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient;
	uint32_t securebits;
	bool no_new_privileges;
	bool keep_capabilities;
};
#define CAP_CHOWN 0
#define CAP_DAC_OVERRIDE 1
#define CAP_DAC_READ_SEARCH 2
#define CAP_FOWNER 3
#define CAP_FSETID 4
#define CAP_KILL 5
#define CAP_SETGID 6
#define CAP_SETUID 7
#define CAP_SETPCAP 8
#define CAP_LINUX_IMMUTABLE 9
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_ADMIN 12
#define CAP_NET_RAW 13
#define CAP_SYS_CHROOT 18
#define CAP_SYS_PTRACE 19
#define CAP_SYS_ADMIN 21
#define CAP_SYS_BOOT 22
#define CAP_SYS_NICE 23
#define CAP_SYS_RESOURCE 24
#define CAP_SYS_TIME 25
#define CAP_SYS_TTY_CONFIG 26
#define CAP_MKNOD 27
#define CAP_MAC_OVERRIDE 32
#define CAP_SYSLOG 34
#define CAP_WAKE_ALARM 35
#define CAP_LAST 40
bool capable(struct task *task, int capability); /* of the calling task */
bool cred_in_group(const struct cred *cred, uint32_t gid);
/* The user and group are all that it is: nobody else that it has been or may become again. */
bool cred_is_wholly(const struct cred *cred, uint32_t uid, uint32_t gid);
/* May change when and where the other runs. May be called with tasks_lock. */
bool may_schedule(struct task *task, struct task *target);

struct rlimit {
	uint64_t current;
	uint64_t maximum;
};

/* Signals waiting: a set, and details for those that carry any. */
struct pending_signal;
struct pending {
	sigset_t64 set;
	struct pending_signal *first, *last;
	struct pending_signal *spare; /* the last one taken, for the next to come */
};

/* Handlers; shared by CLONE_SIGHAND. Guarded by the lock of each process that uses it (nearly always one). */
struct sighand {
	uint32_t references; /* [a] */
	struct linux_sigaction actions[SIGNAL_COUNT];
};

struct session {
	int32_t sid;
	uint32_t references; /* [T] */
	struct tty *tty;     /* [T] the controlling terminal or null; set by session_set_tty */
};

enum process_state { PROCESS_ALIVE, PROCESS_ZOMBIE, PROCESS_REAPED };

struct process_times {
	uint64_t user_ns, system_ns; /* of exited threads, or of waited-for children */
	uint64_t max_rss_pages;
};

struct process {
	int32_t pid;              /* [I] */
	uint32_t references;      /* [a] */
	struct process *next;     /* [T] in order of age; all processes that have not been reaped */
	struct process *parent;   /* [T] */
	struct process *children; /* [T] youngest first */
	struct process *sibling;  /* [T] */
	struct task *tasks;       /* [TS] written under both, read under either; the leader first */
	uint32_t task_count;      /* [TS] in the list */
	uint32_t live_count;      /* [T] not exited: a leader may have, and wait for its threads */
	struct job *job;          /* [I] started from outside: told when it ends; else null */
	int32_t pgid;             /* [T] */
	struct session *session;  /* [T] */
	enum process_state state; /* [T] */
	int32_t exit_status;      /* [T] as wait4 gives it */
	int32_t exit_signal;      /* [T] SIGCHLD, or what clone asked for; 0 none */
	bool did_exec;            /* [T] setpgid by the parent is refused then */
	bool is_subreaper;        /* [T] */
	struct wait_queue child_wait; /* wait4 sleeps here */

	struct mutex lock;       /* RANK_SIGNAL */
	struct task *exec_task;  /* [S] the thread that execs: all others must go; else null */
	struct sighand *sighand; /* [S] */
	struct pending pending;  /* [S] signals to the process as a whole */
	struct wait_queue signal_wait; /* woken by each signal, blocked or not: signalfd */
	bool is_exiting;               /* [S] exit_group or a deadly signal: every thread must go */
	bool is_stopped;               /* [S] */
	bool may_stop; /* [S] a thread has taken a stop signal, and no SIGCONT came since */
	bool wait_stopped, wait_continued;  /* [S] news for wait4 not yet fetched */
	int32_t stop_signal;                /* [S] why it is stopped */
	int32_t group_exit_status;          /* [S] */
	struct rlimit limits[RLIMIT_COUNT]; /* [S] */
	struct process_times times;         /* [T] */
	struct process_times child_times;   /* [T] */
	struct posix_timer *timers;         /* timers.c, under its lock */
	int32_t next_timer;                 /* likewise */
	uint64_t start_ns;                  /* [I] monotonic */
	char *executable;             /* [S] path of the program, for /proc/PID/exe; may be null */
	struct file *executable_file; /* [S] */
	int32_t parent_death_signal;  /* [S] prctl */
	bool is_dumpable;             /* [S] */
	int32_t nice;                 /* [S] */
};

/* What restart_syscall continues. */
struct restart {
	int64_t (*again)(struct task *task, struct restart *restart);
	uint64_t deadline; /* monotonic */
	uint64_t arguments[4];
};

/* rseq.c; area 0: none. */
struct rseq_registration {
	uint64_t area;
	uint32_t bytes, signature;
};

struct task {
	int32_t tid;             /* [I] save that exec makes its caller the leader */
	uint32_t references;     /* [a] */
	struct task *next;       /* [T] in its process */
	struct task *hash_next;  /* [T] */
	struct process *process; /* [I]; held by reference */
	handle_t thread; /* [I] its monitor thread, for sys_thread_kick; none until it runs */
	struct guest_state *state; /* [o] its state page */
	uint32_t wake_word;        /* [a] wait.h */
	bool is_sleeping;          /* [a] wait.h */
	bool is_dying;             /* [o] leaves its loop at the next chance */
	bool is_exited;            /* [T] */
	bool is_leaving;           /* [S] takes no more signals */
	int32_t exit_status;       /* [o] as wait4 gives it, of this thread */

	struct mm *mm; /* [o] written under process->lock, so that others can take a reference */
	struct files *files; /* [o] likewise */
	struct fs *fs;       /* [o] likewise */
	struct cred cred;    /* [o] written under process->lock */

	sigset_t64 blocked;     /* [o] written under process->lock */
	sigset_t64 waited;      /* [o] likewise: sigtimedwait takes these although blocked */
	sigset_t64 saved_mask;  /* [o] to come back after a temporary one */
	bool has_saved_mask;    /* [o] */
	struct pending pending; /* [S] */
	uint32_t attention;     /* [a] not 0: look at signals before entering again */
	struct linux_stack alternate_stack;     /* [o] */
	struct restart restart;                 /* [o] */
	uint64_t call_number;                   /* [o] rax at the trap; ~0: not in a system call */
	uint64_t clear_tid;                     /* [o] set_tid_address */
	uint64_t set_child_tid;                 /* [o] clone: written when the thread starts */
	struct guest_registers first_registers; /* [o] clone: what the thread starts with */
	int64_t (*first)(struct task *task);    /* [o] what its monitor thread does first */
	uint64_t robust_list;                   /* [o] */
	struct rseq_registration rseq;          /* [o] */
	uint32_t personality;                   /* [o] */
	struct object_view *object_view;        /* [o] a reference; null: the whole tree */
	char name[TASK_NAME_BYTES];             /* [S] comm */
	struct vfork *vfork; /* [T] the parent waits there until exec or exit (fork.c) */
	void *fpu;           /* [o] until its thread starts: the state to start with (fpu.h) */
	uint64_t trap_number, trap_error,
		fault_address;   /* [o] of the last fault, for signal frames */
	uint64_t cpu_ns;         /* [T] set when it has exited */
	uint64_t start_ns;       /* [I] */
	uint64_t timer_slack_ns; /* [o] prctl */
	uint64_t cpus;           /* [a] that it may run on; 0: all */
};

/* --- the tables (task.c). Handed-out pointers carry a reference; give it back with the matching put. --- */
extern struct mutex tasks_lock; /* RANK_TASKS */
struct task *task_find(int32_t tid);
struct task *task_current(
	void); /* whose call this thread is making; null: a thread of the monitor's own */
struct process *process_find(int32_t pid);
struct process *process_next(
	int32_t after_pid); /* the one with the smallest pid above; null at the end */
struct task *process_task_next(struct process *process, int32_t after_tid);
void task_get(struct task *task);
void task_put(struct task *task);
void process_get(struct process *process);
void process_put(struct process *process);
uint32_t process_count(void);
uint32_t task_count_all(void);
int32_t task_last_pid(void);

/* --- another task's state, copied or referenced safely (procfs, kill, ptrace) --- */
struct cred task_cred(struct task *task);
struct mm *task_mm_get(struct task *task);       /* null when it has gone; mm_put */
struct files *task_files_get(struct task *task); /* null when it has gone; files_put of files.h */
struct fs *task_fs_get(struct task *task);       /* likewise */
char task_state_letter(struct task *task);       /* R S D T Z as /proc/PID/stat */
void task_set_name(struct task *task, const char *name);
int32_t process_parent_pid(struct process *process);
int32_t process_sid(struct process *process);
struct tty *session_tty(struct process *process);
/* The CPU time of all threads, live and gone. */
struct process_times process_cpu_times(struct process *process);

/* Sessions and terminals: makes tty the controlling terminal of the process's session (null: gives it up). */
void session_set_tty(struct process *process, struct tty *tty);
struct tty *task_tty(struct task *task); /* the caller's controlling terminal or null */

uint64_t task_rlimit(struct task *task, uint32_t which); /* the soft limit */
