/*
 * Terminal: types the input of a case at a pseudo-terminal.
 *
 * The first part is typed before the shell starts, each further part a pause after somebody has read the
 * one before it, so that a key like ^C finds the program it is meant for. What the terminal shows is read and thrown
 * away: a program that writes to it must not be held up. Echo is off, for shells without line editing.
 */
#define _GNU_SOURCE
#include "terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const double pause_seconds = 0.4;

/* The control character of a line that is only a key's name, or 0. */
static char key_of(const char *line, size_t len)
{
	if (len != 2 || line[0] != '^' || !strchr("CDZ\\", line[1]))
		return 0;
	return line[1] & 0x1f;
}

/* Types a text line by line; a key has no newline. What the terminal does not take is lost. */
static void type(int fd, const struct text *text)
{
	const char *line = text->data;
	while (line && *line) {
		size_t len = strcspn(line, "\n");
		char key = key_of(line, len);
		ssize_t done = key ? write(fd, &key, 1)
		                   : write(fd, line, len + (line[len] == '\n'));
		if (done < 0)
			return;
		line += len + (line[len] == '\n');
	}
}

bool terminal_open(struct terminal *terminal, const struct test_case *test)
{
	struct termios modes;
	*terminal = (struct terminal){.test = test, .master = posix_openpt(O_RDWR | O_NOCTTY)};
	if (terminal->master < 0 || grantpt(terminal->master) || unlockpt(terminal->master))
		return false;
	fcntl(terminal->master, F_SETFL, O_NONBLOCK);
	terminal->name = ptsname(terminal->master);
	if (tcgetattr(terminal->master, &modes) == 0) {
		modes.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(terminal->master, TCSANOW, &modes);
	}
	terminal->slave = terminal->name ? open(terminal->name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	return terminal->slave >= 0;
}

/* Nobody has read all that was typed. A terminal that cannot tell leaves it to the pause. */
static bool is_waiting(const struct terminal *terminal)
{
	int unread = 0;
	return ioctl(terminal->slave, FIONREAD, &unread) == 0 && unread > 0;
}

void terminal_turn(struct terminal *terminal, double now)
{
	char shown[512];
	while (read(terminal->master, shown, sizeof(shown)) > 0)
		;
	if (is_waiting(terminal)) {
		terminal->due = now + pause_seconds;
	} else if (terminal->typed < terminal->test->input_count && now >= terminal->due) {
		type(terminal->master, &terminal->test->inputs[terminal->typed++]);
		terminal->due = now + pause_seconds;
	}
}

void terminal_close(struct terminal *terminal)
{
	close(terminal->master);
	close(terminal->slave);
}
