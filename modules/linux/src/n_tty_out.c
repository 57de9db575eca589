/*
 * The line discipline's output half: output processing (newline mapping, tabs, columns) into a ring that
 * the terminal's driver drains. A byte becomes at most eight; a program's byte enters only when all of
 * it fits, so output is never torn.
 */
#include "n_tty_out.h"
#include <base/bits.h>

#define EXPANSION_MAX 8u

uint32_t n_tty_out_room(const struct n_tty *n)
{
	return N_TTY_OUTPUT - (n->out_head - n->out_tail);
}

uint32_t n_tty_out_pending(const struct n_tty *n)
{
	return n->is_stopped ? 0 : n->out_head - n->out_tail;
}

static void store(struct n_tty *n, uint8_t c)
{
	if (n_tty_out_room(n) > 0)
		n->output[n->out_head++ % N_TTY_OUTPUT] = c;
}

static void track_column(struct n_tty *n, uint8_t c)
{
	if (c == '\b')
		n->column -= n->column > 0;
	else if (c == '\t')
		n->column = (n->column | 7) + 1;
	else if (c == '\r')
		n->column = 0;
	else if (c == '\n' && n->termios.oflag & ONLRET)
		n->column = 0;
	else if (c >= 32 && c != 127 && (!(n->termios.iflag & IUTF8) || (c & 0xc0) != 0x80))
		n->column++;
}

void n_tty_out_raw(struct n_tty *n, uint8_t c)
{
	track_column(n, c);
	store(n, c);
}

static void out_tab(struct n_tty *n)
{
	uint32_t spaces = 8 - n->column % 8;
	n->column += spaces;
	while (spaces-- > 0)
		store(n, ' ');
}

void n_tty_out(struct n_tty *n, uint8_t c)
{
	uint32_t flags = n->termios.oflag;
	if (!(flags & OPOST)) {
		n_tty_out_raw(n, c);
		return;
	}
	if (c == '\n' && flags & ONLCR) {
		n->column = 0;
		store(n, '\r');
		store(n, '\n');
		return;
	}
	if (c == '\r' && flags & ONOCR && n->column == 0)
		return;
	if (c == '\r' && flags & OCRNL)
		c = '\n';
	if (c == '\t' && (flags & TABDLY) == XTABS) {
		out_tab(n);
		return;
	}
	if (flags & OLCUC && c >= 'a' && c <= 'z')
		c &= (uint8_t)~32;
	n_tty_out_raw(n, c);
}

size_t n_tty_put(struct n_tty *n, const uint8_t *bytes, size_t len)
{
	size_t count = 0;
	while (count < len && n_tty_out_room(n) >= EXPANSION_MAX)
		n_tty_out(n, bytes[count++]);
	return count;
}

size_t n_tty_drain(struct n_tty *n, uint8_t *to, size_t len)
{
	size_t count = MIN((size_t)n_tty_out_pending(n), len);
	for (size_t i = 0; i < count; i++)
		to[i] = n->output[n->out_tail++ % N_TTY_OUTPUT];
	return count;
}

void n_tty_flush_output(struct n_tty *n)
{
	n->out_tail = n->out_head;
}
