/*
 * The shell with sanitizers, for a test on a pseudo-terminal: without arguments it runs test/prompt_pty_test.py on itself, with
 * any it is the shell.
 */
#include "shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* With GIVE_LATE a process that gives the terminal to others is late: in milliseconds. */
int tcsetpgrp(int fd, pid_t group)
{
	const char *late = getenv("GIVE_LATE");

	if (late && group != getpgrp())
		usleep((useconds_t)atoi(late) * 1000);
	return ioctl(fd, TIOCSPGRP, &group);
}

int main(int argc, char **argv)
{
	static const char test[] = "modules/shell/test/prompt_pty_test.py";
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (argc > 1)
		return shell_program(argc, argv);
	self[len > 0 ? len : 0] = '\0';
	execlp("python3", "python3", test, self, (char *)NULL);
	perror("python3");
	return 1;
}
