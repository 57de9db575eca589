/*
 * Terminal modes and bytes. Ctrl-C, Ctrl-Z and Ctrl-S arrive as bytes; output processing and the meaning of Enter stay,
 * since what is typed ahead waits in the terminal's queue as it was when it came, for whoever reads it later.
 *
 * Waiting is pselect with the caller's signal mask, after everything was blocked and the host asked, so no signal can
 * come between the question and the sleep. modes.c restores the modes when a signal ends or stops the process.
 */
#include "edit/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "edit/modes.h"

enum { COLUMNS_DEFAULT = 80, ROWS_DEFAULT = 24 };

struct terminal {
	int in, out;
	bool is_taken;
	struct termios before;
};

struct terminal *terminal_new(int in_fd, int out_fd)
{
	struct terminal *t = calloc(1, sizeof(*t));

	if (t) {
		t->in = in_fd;
		t->out = out_fd;
	}
	return t;
}

void terminal_free(struct terminal *t)
{
	if (t)
		terminal_restore(t);
	free(t);
}

bool terminal_can_edit(const struct terminal *t)
{
	const char *name = getenv("TERM");

	return !(name && strcmp(name, "dumb") == 0) && t->in < FD_SETSIZE && isatty(t->in) &&
	       isatty(t->out);
}

bool terminal_take(struct terminal *t)
{
	struct termios modes;

	if (!t->is_taken && tcgetattr(t->in, &t->before) != 0)
		return false;
	modes = t->before;
	modes.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | IGNCR | INLCR | INPCK | ISTRIP | IXON |
	                             PARMRK);
	modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	modes.c_cflag = (modes.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	modes_guard(t->in, t->out, &t->before);
	if (tcsetattr(t->in, TCSANOW, &modes) != 0) {
		modes_unguard();
		return false;
	}
	t->is_taken = true;
	return true;
}

void terminal_restore(struct terminal *t)
{
	if (!t->is_taken)
		return;
	t->is_taken = false;
	modes_restore();
	modes_unguard();
}

void terminal_size(const struct terminal *t, size_t *out_columns, size_t *out_rows)
{
	struct winsize size = {0};

	if (ioctl(t->out, TIOCGWINSZ, &size) != 0)
		size = (struct winsize){0};
	*out_columns = size.ws_col ? size.ws_col : COLUMNS_DEFAULT;
	*out_rows = size.ws_row ? size.ws_row : ROWS_DEFAULT;
}

int terminal_read(struct terminal *t, char *bytes, size_t max, bool (*is_awake)(void *context),
                  void *context)
{
	sigset_t all, before;
	fd_set set;
	ssize_t got;
	bool is_woken = false;

	FD_ZERO(&set);
	FD_SET(t->in, &set);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (is_awake(context) || pselect(t->in + 1, &set, NULL, NULL, NULL, &before) < 0)
		is_woken = true;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (is_woken)
		return TERMINAL_WOKEN;
	got = read(t->in, bytes, max);
	if (got >= 0)
		return (int)got;
	return errno == EINTR || errno == EAGAIN ? TERMINAL_WOKEN : TERMINAL_ERROR;
}

bool terminal_has_input(const struct terminal *t)
{
	struct timeval now = {0, 0};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(t->in, &set);
	return select(t->in + 1, &set, NULL, NULL, &now) > 0;
}

/* Waits until a terminal that was left non-blocking takes more. */
static void wait_writable(int fd)
{
	fd_set set;

	if (fd >= FD_SETSIZE)
		return;
	FD_ZERO(&set);
	FD_SET(fd, &set);
	select(fd + 1, NULL, &set, NULL, NULL);
}

void terminal_write(const struct terminal *t, const char *bytes, size_t len)
{
	while (len) {
		ssize_t put = write(t->out, bytes, len);

		if (put < 0 && errno == EAGAIN)
			wait_writable(t->out);
		else if (put < 0 && errno != EINTR)
			return;
		if (put > 0) {
			bytes += put;
			len -= (size_t)put;
		}
	}
}

bool terminal_was_stopped(void)
{
	return modes_was_stopped();
}

void terminal_stop(void)
{
	kill(0, SIGTSTP);
}
