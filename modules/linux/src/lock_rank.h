/*
 * The monitor's lock order: a lock may be taken only while all locks held have lower ranks. Locks of
 * the same rank are never held together, save where the comment says how. None is ever held while
 * guest memory is touched (guest.h) or while a thread sleeps (wait.h). docs/locks.md explains each.
 */
#pragma once

enum linux_lock_rank {
	RANK_CONTAINER = 1, /* container.c: the table of jobs */
	RANK_EXEC,      /* process->exec_lock: one exec, fork or reader of another's mm at a time */
	RANK_TTY,       /* one terminal: settings, line buffer, foreground group */
	RANK_MOUNT,     /* the mount table */
	RANK_FS,        /* struct fs: cwd, root, umask */
	RANK_INODE_DIR, /* an inode that is a directory; two: the ancestor first, else by address */
	RANK_INODE,     /* any other inode; two: by address */
	RANK_PIPE, /* pipes, sockets, eventfds, epolls: one object's state; epoll first, see epoll.c */
	RANK_FILE,   /* struct file: position, flags */
	RANK_FILES,  /* struct files: one table of descriptors */
	RANK_DENTRY, /* name caches */
	RANK_MM,     /* struct mm: brk, shared file records */
	RANK_TASKS,  /* the table of tasks: tree of processes, groups, sessions, states */
	RANK_SIGNAL, /* process->lock: pending signals, masks, handlers, credentials, limits */
	RANK_TIMER,  /* timers.c: the queue of armed timers */
	RANK_WAIT,   /* a wait queue's list */
	RANK_LEAF,   /* allocators, counters, the log: nothing is taken inside */
};
