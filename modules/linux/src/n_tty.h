/*
 * The line discipline: what lies between a terminal's bytes and a program's reads and writes. Pure state,
 * no waiting, no locks: the terminal (tty.c) calls it under its own lock and acts on what it leaves in
 * `signals`. Input goes through n_tty_receive to n_tty_take; output through n_tty_put to the ring `out`,
 * which the terminal's driver drains.
 */
#pragma once
#include "tty_abi.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define N_TTY_INPUT 4096u /* power of two; a line has at most one less */
#define N_TTY_OUTPUT 8192u

struct n_tty {
	struct linux_termios termios;
	uint32_t head, canon_head,
		tail; /* free-running; input in [tail, head), whole lines to canon_head */
	uint32_t out_head, out_tail;
	uint32_t column;       /* of the output */
	uint32_t canon_column; /* where the line being edited began */
	uint32_t signals;      /* 1 << signal to send to the foreground group */
	uint32_t lines;        /* whole lines, end-of-file marks included, in the input */
	bool is_literal_next;
	bool is_stopped; /* by STOP or TCOOFF */
	bool is_hungry;  /* input was refused for lack of room: the driver should offer it again */
	uint8_t input[N_TTY_INPUT];
	uint8_t marks[N_TTY_INPUT / 8]; /* bit set: this byte ends a line */
	uint8_t output[N_TTY_OUTPUT];
};

void n_tty_init(struct n_tty *n);
void n_tty_default_termios(struct linux_termios *t);
/* Takes bytes from the device; returns how many, less than len when a raw reader lags behind. */
size_t n_tty_receive(struct n_tty *n, const uint8_t *bytes, size_t len);
/* Gives input to a reader: a line at most in canonical mode. 0 with *is_eof set at an end-of-file mark. */
size_t n_tty_take(struct n_tty *n, uint8_t *to, size_t len, bool *is_eof);
/* True when n_tty_take has something: a line, or min bytes in raw mode. */
bool n_tty_is_readable(const struct n_tty *n, uint32_t min);
uint32_t n_tty_available(const struct n_tty *n);
/* Queues a program's output; returns the bytes taken, less than len when the ring is full. */
size_t n_tty_put(struct n_tty *n, const uint8_t *bytes, size_t len);
uint32_t n_tty_out_room(const struct n_tty *n);
uint32_t n_tty_out_pending(const struct n_tty *n); /* 0 while stopped */
/* Output for the device, in order; nothing while stopped. */
size_t n_tty_drain(struct n_tty *n, uint8_t *to, size_t len);
void n_tty_set_termios(struct n_tty *n, const struct linux_termios *t);
void n_tty_flush_input(struct n_tty *n);
void n_tty_flush_output(struct n_tty *n);
