/*
 * Terminals by way of a pty: line editing, echo, modes, signals, job control, window size, hang-up.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;
static char slave_name[64];

static void open_pair(void)
{
	int unlock = 0, number = -1;
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	CHECK(master >= 0);
	CHECK(ioctl(master, TIOCGPTN, &number) == 0);
	snprintf(slave_name, sizeof(slave_name), "/dev/pts/%d", number);
	CHECK_ERRNO(open(slave_name, O_RDWR | O_NOCTTY), EIO); /* locked */
	CHECK(ioctl(master, TIOCSPTLCK, &unlock) == 0);
	slave = open(slave_name, O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
}

static void close_pair(void)
{
	close(slave);
	close(master);
}

/* All the master can read now, within a moment. */
static const char *output(void)
{
	static char text[4096];
	size_t len = 0;
	struct pollfd p = {master, POLLIN, 0};
	while (len < sizeof(text) - 1 && poll(&p, 1, 60) == 1 && p.revents & POLLIN) {
		ssize_t got = read(master, text + len, sizeof(text) - 1 - len);
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	text[len] = 0;
	return text;
}

static void type(const char *text)
{
	CHECK(write(master, text, strlen(text)) == (ssize_t)strlen(text));
}

static int is_readable(void)
{
	struct pollfd p = {slave, POLLIN, 0};
	return poll(&p, 1, 5000) == 1;
}

static const char *line(void)
{
	static char text[300];
	struct pollfd p = {slave, POLLIN, 0};
	ssize_t got = poll(&p, 1, 500) == 1 ? read(slave, text, sizeof(text) - 1) : -1;
	text[got < 0 ? 0 : got] = 0;
	return got < 0 ? "(nothing)" : text;
}

static void editing(void)
{
	open_pair();
	CHECK(isatty(slave) && isatty(master));
	type("hello\n");
	CHECK(strcmp(line(), "hello\n") == 0 && strcmp(output(), "hello\r\n") == 0);
	type("abc\x7f\x7fz\r");
	CHECK(strcmp(line(), "az\n") == 0);
	CHECK(strcmp(output(), "abc\b \b\b \bz\r\n") == 0);
	type("one two\x17three\x15last\n");
	CHECK(strcmp(line(), "last\n") == 0);
	(void)output();
	type("lit\x16\x03\n");
	CHECK(strcmp(line(), "lit\x03\n") == 0);
	CHECK(strstr(output(), "lit^") != NULL);
	type("part\x04");
	CHECK(strcmp(line(), "part") == 0);
	type("\x04");
	CHECK(strcmp(line(), "") == 0);
	type("a\nb\n");
	CHECK(strcmp(line(), "a\n") == 0 && strcmp(line(), "b\n") == 0);
	(void)output();
	CHECK(write(slave, "out\n", 4) == 4 && strcmp(output(), "out\r\n") == 0);
	int ready = -1;
	type("12345");
	CHECK(ioctl(slave, FIONREAD, &ready) == 0 && ready == 0);
	type("\n");
	CHECK(is_readable());
	CHECK(ioctl(slave, FIONREAD, &ready) == 0 && ready == 6);
	close_pair();
}

static void raw_mode(void)
{
	struct termios raw, back;
	char buffer[16];
	open_pair();
	CHECK(tcgetattr(slave, &raw) == 0 && raw.c_lflag & ICANON && raw.c_cc[VINTR] == 3);
	cfmakeraw(&raw);
	CHECK(tcsetattr(slave, TCSANOW, &raw) == 0 && tcgetattr(slave, &back) == 0);
	CHECK(!(back.c_lflag & (ICANON | ECHO | ISIG)));
	type("a\x03\r");
	CHECK(strcmp(line(), "a\x03\r") == 0 && strcmp(output(), "") == 0);
	CHECK(write(slave, "x\n", 2) == 2 && strcmp(output(), "x\n") == 0);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 1;
	CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
	long start = now_ms();
	CHECK(read(slave, buffer, 16) == 0 && now_ms() - start >= 90);
	raw.c_cc[VTIME] = 0;
	CHECK(tcsetattr(slave, TCSANOW, &raw) == 0 && read(slave, buffer, 16) == 0);
	raw.c_cc[VMIN] = 3;
	CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
	type("ab");
	struct pollfd p = {slave, POLLIN, 0};
	CHECK(poll(&p, 1, 50) == 0);
	type("c");
	CHECK(is_readable() && read(slave, buffer, 16) == 3);
	type("junk");
	CHECK(is_readable() && tcflush(slave, TCIFLUSH) == 0 &&
	      fcntl(slave, F_SETFL, O_NONBLOCK) == 0);
	CHECK_ERRNO(read(slave, buffer, 16), EAGAIN);
	close_pair();
}

static void window(void)
{
	struct winsize size = {.ws_row = 33, .ws_col = 99}, got = {0};
	open_pair();
	CHECK(ioctl(master, TIOCSWINSZ, &size) == 0 && ioctl(slave, TIOCGWINSZ, &got) == 0);
	CHECK(got.ws_row == 33 && got.ws_col == 99);
	close_pair();
}

static volatile sig_atomic_t caught[32];

static void on_signal(int number)
{
	caught[number] = 1;
}

static int *stage;

/* A session of its own on the slave. */
static void session(void *argument)
{
	struct winsize size = {.ws_row = 10, .ws_col = 20};
	char buffer[8];
	int status;
	struct sigaction action = {.sa_handler = on_signal};
	(void)argument;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	CHECK(setsid() == getpid());
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	int fd = open(slave_name, O_RDWR); /* becomes the controlling terminal */
	CHECK(fd >= 0 && tcgetpgrp(fd) == getpid() && tcgetsid(fd) == getpid());
	int own = open("/dev/tty", O_RDWR);
	CHECK(own >= 0);
	close(own);
	CHECK(ioctl(fd, TIOCEXCL) == 0);
	own = open("/dev/tty", O_RDWR); /* root may all the same */
	CHECK(own >= 0 || errno == EBUSY);
	close(own);
	CHECK(ioctl(fd, TIOCNXCL) == 0);
	stage[0] = 1;
	CHECK_ERRNO(read(fd, buffer, 8), EINTR); /* ^C comes */
	CHECK(caught[SIGINT]);
	CHECK(ioctl(fd, TIOCSWINSZ, &size) == 0 && caught[SIGWINCH]);
	pid_t pid = fork();
	if (pid == 0) { /* a background process stops when it reads */
		setpgid(0, 0);
		signal(SIGTTIN, SIG_DFL);
		_exit(read(fd, buffer, 8) == 3 ? 7 : 8);
	}
	setpgid(pid, pid);
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	      WSTOPSIG(status) == SIGTTIN);
	signal(SIGTTOU, SIG_IGN);
	CHECK(tcsetpgrp(fd, pid) == 0 && tcgetpgrp(fd) == pid);
	CHECK_ERRNO(tcsetpgrp(fd, 999999), ESRCH);
	CHECK_ERRNO(tcsetpgrp(fd, getpgid(getppid())), EPERM);
	stage[0] = 2;
	CHECK(kill(-pid, SIGCONT) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
	CHECK(tcsetpgrp(fd, getpid()) == 0);
	stage[0] = 3;
	for (int i = 0; i < 100 && !caught[SIGHUP]; i++)
		sleep_ms(20);
	CHECK(caught[SIGHUP]);
	CHECK(read(fd, buffer, 8) == 0);
	CHECK_ERRNO(write(fd, "x", 1), EIO);
}

static void job_control(void)
{
	int status = -1;
	stage = shared_memory(4096);
	open_pair();
	pid_t pid = fork();
	if (pid == 0) {
		close_pair();
		session(NULL);
		_exit(0);
	}
	close(slave);
	CHECK(wait_for(stage, 1) && wait_until_asleep(pid));
	type("\x03");
	CHECK(wait_for(stage, 2));
	type("ok\n");
	CHECK(wait_for(stage, 3));
	close(master); /* hangs up */
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void hang_up(void)
{
	char buffer[8];
	open_pair();
	CHECK(write(slave, "bye", 3) == 3 && close(slave) == 0);
	CHECK(read(master, buffer, 8) == 3);
	CHECK_ERRNO(read(master, buffer, 8), EIO);
	struct pollfd p = {master, POLLIN, 0};
	CHECK(poll(&p, 1, 0) == 1 && p.revents & POLLHUP);
	slave = open(slave_name, O_RDWR | O_NOCTTY);
	CHECK(slave >= 0 && write(slave, "x", 1) == 1 && read(master, buffer, 8) == 1);
	close_pair();
}

void test_tty(void)
{
	editing();
	raw_mode();
	window();
	hang_up();
	job_control();
}
