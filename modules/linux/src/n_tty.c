/*
 * The line discipline's input half: signals, flow control, editing of the current line, echo.
 *
 * The input ring holds finished lines in [tail, canon_head) and the line under the cursor in
 * [canon_head, head). A set mark says that the byte ends a line; a marked zero is an end-of-file
 * character, which readers see as a short or empty read and never as a byte. In raw mode canon_head
 * is not used. n_tty_out.c has the output half.
 */
#include "n_tty.h"
#include "n_tty_out.h"
#include <base/string.h>

#define SIGNAL_INT 2
#define SIGNAL_QUIT 3
#define SIGNAL_TSTP 20

#define INPUT_AT(n, i) ((n)->input[(i) % N_TTY_INPUT])

static bool has_local(const struct n_tty *n, uint32_t flag)
{
	return n->termios.lflag & flag;
}

/* A control character; 0 disables it. */
static bool is_cc(const struct n_tty *n, enum tty_cc which, uint8_t c)
{
	return c != 0 && n->termios.cc[which] == c;
}

static bool is_marked(const struct n_tty *n, uint32_t i)
{
	return n->marks[i % N_TTY_INPUT / 8] & 1u << i % 8;
}

static void set_mark(struct n_tty *n, uint32_t i, bool is_set)
{
	uint8_t *byte = &n->marks[i % N_TTY_INPUT / 8];
	*byte = is_set ? *byte | 1u << i % 8 : *byte & ~(1u << i % 8);
}

void n_tty_default_termios(struct linux_termios *t)
{
	static const uint8_t cc[NCCS] = {
		[VINTR] = 3,     [VQUIT] = 28,   [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
		[VMIN] = 1,      [VSTART] = 17,  [VSTOP] = 19,   [VSUSP] = 26, [VREPRINT] = 18,
		[VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
	};
	*t = (struct linux_termios){
		.iflag = ICRNL | IXON,
		.oflag = OPOST | ONLCR,
		.cflag = B38400 | CS8 | CREAD | HUPCL,
		.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	};
	memcpy(t->cc, cc, sizeof(cc));
}

void n_tty_init(struct n_tty *n)
{
	memset(n, 0, sizeof(*n));
	n_tty_default_termios(&n->termios);
}

void n_tty_flush_input(struct n_tty *n)
{
	n->tail = n->canon_head = n->head;
	n->lines = 0;
	n->is_literal_next = false;
	memset(n->marks, 0, sizeof(n->marks));
}

static void echo_char(struct n_tty *n, uint8_t c)
{
	bool is_control = (c < 32 && c != '\t') || c == 127;
	if (is_control && has_local(n, ECHOCTL)) {
		n_tty_out_raw(n, '^');
		n_tty_out_raw(n, c ^ 0x40);
	} else {
		n_tty_out(n, c);
	}
}

static void echo(struct n_tty *n, uint8_t c)
{
	if (!has_local(n, ECHO))
		return;
	if (c == '\n')
		n_tty_out(n, c);
	else
		echo_char(n, c);
}

/* Column that the line under the cursor reaches, from its start up to `end`. */
static uint32_t line_column(const struct n_tty *n, uint32_t end)
{
	uint32_t column = n->canon_column;
	for (uint32_t i = n->canon_head; i != end; i++) {
		uint8_t c = INPUT_AT(n, i);
		if (c == '\t')
			column = (column | 7) + 1;
		else if (c < 32 || c == 127)
			column += has_local(n, ECHOCTL) ? 2 : 0;
		else if (!(n->termios.iflag & IUTF8) || (c & 0xc0) != 0x80)
			column++;
	}
	return column;
}

static void rub_out(struct n_tty *n, uint32_t columns)
{
	while (columns-- > 0) {
		n_tty_out_raw(n, '\b');
		n_tty_out_raw(n, ' ');
		n_tty_out_raw(n, '\b');
	}
}

/* Remove the last character of the line (all bytes of it in UTF-8). */
static void erase_one(struct n_tty *n, uint8_t c)
{
	uint32_t before = line_column(n, n->head);
	if (n->head == n->canon_head)
		return;
	do {
		n->head--;
	} while (n->head != n->canon_head && n->termios.iflag & IUTF8 &&
	         (INPUT_AT(n, n->head) & 0xc0) == 0x80);
	if (!has_local(n, ECHO))
		return;
	if (has_local(n, ECHOE))
		rub_out(n, before - line_column(n, n->head));
	else
		echo_char(n, c);
}

static bool is_word_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' ||
	       c >= 128;
}

static void erase_word(struct n_tty *n, uint8_t c)
{
	bool is_in_word = false;
	while (n->head != n->canon_head) {
		bool is_word = is_word_char(INPUT_AT(n, n->head - 1));
		if (is_in_word && !is_word)
			break;
		is_in_word = is_in_word || is_word;
		erase_one(n, c);
	}
}

static void kill_line(struct n_tty *n, uint8_t c)
{
	if (has_local(n, ECHO) && has_local(n, ECHOE) && has_local(n, ECHOKE)) {
		while (n->head != n->canon_head)
			erase_one(n, c);
		return;
	}
	n->head = n->canon_head;
	if (!has_local(n, ECHO))
		return;
	echo_char(n, c);
	if (has_local(n, ECHOK))
		n_tty_out(n, '\n');
}

static void reprint(struct n_tty *n, uint8_t c)
{
	echo_char(n, c);
	n_tty_out(n, '\n');
	for (uint32_t i = n->canon_head; i != n->head; i++)
		echo(n, INPUT_AT(n, i));
}

/* The line is complete with byte c; a marked zero stands for end of file. */
static void finish_line(struct n_tty *n, uint8_t c)
{
	set_mark(n, n->head, true);
	INPUT_AT(n, n->head++) = c;
	n->canon_head = n->head;
	n->lines++;
}

static uint32_t input_room(const struct n_tty *n)
{
	return N_TTY_INPUT - (n->head - n->tail);
}

static void add_to_line(struct n_tty *n, uint8_t c)
{
	if (input_room(n) <= 1) {
		if (n->termios.iflag & IMAXBEL)
			n_tty_out_raw(n, '\a');
		return;
	}
	if (n->head == n->canon_head)
		n->canon_column = n->column;
	set_mark(n, n->head, false);
	INPUT_AT(n, n->head++) = c;
	echo(n, c);
}

/* True when c was an editing character. */
static bool edit(struct n_tty *n, uint8_t c)
{
	bool is_extended = has_local(n, IEXTEN);
	if (is_cc(n, VERASE, c))
		erase_one(n, c);
	else if (is_cc(n, VKILL, c))
		kill_line(n, c);
	else if (is_extended && is_cc(n, VWERASE, c))
		erase_word(n, c);
	else if (is_extended && has_local(n, ECHO) && is_cc(n, VREPRINT, c))
		reprint(n, c);
	else
		return false;
	return true;
}

static void receive_canonical(struct n_tty *n, uint8_t c)
{
	if (edit(n, c))
		return;
	if (has_local(n, IEXTEN) && is_cc(n, VLNEXT, c)) {
		n->is_literal_next = true;
		if (has_local(n, ECHO) && has_local(n, ECHOCTL)) {
			n_tty_out_raw(n, '^');
			n_tty_out_raw(n, '\b');
		}
		return;
	}
	if (c != '\n' && !is_cc(n, VEOF, c) && !is_cc(n, VEOL, c) && !is_cc(n, VEOL2, c)) {
		add_to_line(n, c);
		return;
	}
	if (input_room(n) == 0)
		return;
	if (c == '\n' && (has_local(n, ECHO) || has_local(n, ECHONL)))
		n_tty_out(n, '\n');
	else if (c != '\n' && !is_cc(n, VEOF, c))
		echo(n, c);
	finish_line(n, is_cc(n, VEOF, c) ? 0 : c);
}

static void raise_signal(struct n_tty *n, int signal, uint8_t c)
{
	n->signals |= 1u << signal;
	n->is_stopped = n->is_stopped && !(n->termios.iflag & IXON);
	if (!has_local(n, NOFLSH)) {
		n_tty_flush_input(n);
		n_tty_flush_output(n);
	}
	if (has_local(n, ECHO))
		echo_char(n, c);
}

/* True when c was flow control or a signal. */
static bool is_handled_first(struct n_tty *n, uint8_t c)
{
	if (n->termios.iflag & IXON) {
		if (is_cc(n, VSTART, c) || is_cc(n, VSTOP, c)) {
			n->is_stopped = is_cc(n, VSTOP, c) && !is_cc(n, VSTART, c);
			return true;
		}
		if (n->termios.iflag & IXANY)
			n->is_stopped = false;
	}
	if (!has_local(n, ISIG))
		return false;
	if (is_cc(n, VINTR, c))
		raise_signal(n, SIGNAL_INT, c);
	else if (is_cc(n, VQUIT, c))
		raise_signal(n, SIGNAL_QUIT, c);
	else if (is_cc(n, VSUSP, c))
		raise_signal(n, SIGNAL_TSTP, c);
	else
		return false;
	return true;
}

/* Input mapping; false when the byte is dropped. */
static bool map_input(const struct n_tty *n, uint8_t *c)
{
	uint32_t flags = n->termios.iflag;
	if (flags & ISTRIP)
		*c &= 0x7f;
	if (flags & IUCLC && has_local(n, IEXTEN) && *c >= 'A' && *c <= 'Z')
		*c |= 32;
	if (*c == '\r') {
		if (flags & IGNCR)
			return false;
		if (flags & ICRNL)
			*c = '\n';
	} else if (*c == '\n' && flags & INLCR) {
		*c = '\r';
	}
	return true;
}

static void receive_raw(struct n_tty *n, uint8_t c)
{
	set_mark(n, n->head, false);
	INPUT_AT(n, n->head++) = c;
	echo(n, c);
}

static void receive_one(struct n_tty *n, uint8_t c)
{
	bool is_literal = n->is_literal_next;
	n->is_literal_next = false;
	if (is_literal && has_local(n, ICANON)) {
		add_to_line(n, c);
		return;
	}
	if (is_handled_first(n, c) || !map_input(n, &c))
		return;
	if (has_local(n, ICANON))
		receive_canonical(n, c);
	else
		receive_raw(n, c);
}

size_t n_tty_receive(struct n_tty *n, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool is_full = input_room(n) == 0;
		n->is_hungry = is_full && (!has_local(n, ICANON) || n->lines > 0);
		if (n->is_hungry && !has_local(n, ISIG))
			return i;
		if (n->is_hungry && !is_handled_first(n, bytes[i]))
			return i;
		if (!n->is_hungry)
			receive_one(n, bytes[i]);
	}
	return len;
}

uint32_t n_tty_available(const struct n_tty *n)
{
	uint32_t end = has_local(n, ICANON) ? n->canon_head : n->head;
	uint32_t count = end - n->tail;
	if (!has_local(n, ICANON))
		return count;
	for (uint32_t i = n->tail; i != end; i++)
		count -= is_marked(n, i) && INPUT_AT(n, i) == 0;
	return count;
}

bool n_tty_is_readable(const struct n_tty *n, uint32_t min)
{
	if (has_local(n, ICANON))
		return n->lines > 0;
	return n->head - n->tail >= (min > 0 ? min : 1);
}

static size_t take_line(struct n_tty *n, uint8_t *to, size_t len, bool *is_eof)
{
	size_t count = 0;
	while (n->tail != n->canon_head) {
		uint8_t c = INPUT_AT(n, n->tail);
		bool is_end = is_marked(n, n->tail);
		if (is_end && c == 0) { /* end of file: also swallowed right behind a full buffer */
			n->tail++;
			n->lines--;
			*is_eof = count == 0;
			break;
		}
		if (count == len)
			break;
		to[count++] = c;
		n->tail++;
		if (is_end) {
			n->lines--;
			break;
		}
	}
	return count;
}

size_t n_tty_take(struct n_tty *n, uint8_t *to, size_t len, bool *is_eof)
{
	size_t count = 0;
	*is_eof = false;
	if (len == 0)
		return 0;
	if (has_local(n, ICANON))
		return n->lines > 0 ? take_line(n, to, len, is_eof) : 0;
	while (count < len && n->tail != n->head)
		to[count++] = INPUT_AT(n, n->tail++);
	return count;
}

/* What was typed under the other mode stays readable: raw sees all of it, canonical sees it as lines. */
static void switch_mode(struct n_tty *n, bool to_canonical)
{
	n->is_literal_next = false;
	n->lines = 0;
	if (!to_canonical) {
		n->canon_head = n->head;
		return;
	}
	n->canon_head = n->tail;
	for (uint32_t i = n->tail; i != n->head; i++) {
		bool is_last = i + 1 == n->head;
		set_mark(n, i, INPUT_AT(n, i) == '\n' || is_last);
		n->lines += is_marked(n, i);
	}
	n->canon_head = n->head;
}

void n_tty_set_termios(struct n_tty *n, const struct linux_termios *t)
{
	bool was_canonical = has_local(n, ICANON);
	n->termios = *t;
	if (was_canonical != has_local(n, ICANON))
		switch_mode(n, !was_canonical);
	if (!(t->iflag & IXON))
		n->is_stopped = false;
}
