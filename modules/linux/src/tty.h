/*
 * Terminals: a line discipline (n_tty.h), a driver below it, and job control above it. The console and the
 * slave sides of ptys are terminals. They are never freed, so that sessions may point at them.
 *
 * Locks: [t] tty->lock  [I] fixed at creation
 */
#pragma once
#include "file.h"
#include "lock.h"
#include "n_tty.h"
#include "wait.h"

struct tty;

struct tty_driver {
	/* Output may be waiting in the line's ring. No lock is held. */
	void (*output)(struct tty *tty);
	/* A reader made room: input that was refused may be offered again. */
	void (*input_room)(struct tty *tty);
	/* A descriptor of the terminal came (+1) or went (-1). May be null. */
	void (*opened)(struct tty *tty, int change);
	bool can_drain; /* tcdrain waits for the output to leave */
};

struct tty {
	struct mutex lock;               /* RANK_TTY */
	const struct tty_driver *driver; /* [I] */
	uint64_t rdev;                   /* [I] */
	struct n_tty line;               /* [t] */
	struct linux_winsize size;       /* [t] */
	int32_t session;                 /* [t] whose controlling terminal it is; 0: nobody's */
	int32_t group;                   /* [t] the foreground group */
	uint32_t opens;                  /* [t] */
	bool is_hung_up;                 /* [t] reads end, writes fail */
	bool is_exclusive;               /* [t] */
	bool is_started;                 /* [t] fields are set up */
	struct wait_queue read_wait, write_wait;
};

void tty_init(struct tty *tty, const struct tty_driver *driver, uint64_t rdev);
/* A file becomes a descriptor of the terminal; may make it the controlling one. */
int64_t tty_open(struct task *task, struct tty *tty, struct file *file);
struct tty *tty_of(struct file *file); /* null when it is no terminal */
extern const struct file_ops tty_file_ops;

/* For drivers: input from the device (bytes taken), output for it, room was made, the line is gone. */
size_t tty_receive(struct tty *tty, const uint8_t *bytes, size_t len);
size_t tty_drain(struct tty *tty, uint8_t *to, size_t len);
void tty_hangup(struct tty *tty);
void tty_set_size(struct tty *tty, const struct linux_winsize *size);
/* No longer anybody's controlling terminal. */
void tty_disassociate(struct tty *tty);

/* tty_ioctl.c: on a terminal, called through a descriptor of it (or of its master). */
int64_t tty_ioctl(struct task *task, struct file *file, uint32_t command, uint64_t argument);
int64_t tty_ioctl_common(struct task *task, struct tty *tty, uint32_t command, uint64_t argument);
/* jobctl.c: 0, or what a call must return when the caller is in the background; signal is SIGTTIN or SIGTTOU. */
int64_t tty_check_background(struct task *task, struct tty *tty, int signal);
int64_t tty_job_ioctl(struct task *task, struct tty *tty, uint32_t command, uint64_t argument);
void tty_take_control(struct task *task, struct tty *tty);
/* Sends the bits of n_tty.signals to a group. */
void tty_send_signals(uint32_t signals, int32_t group);
