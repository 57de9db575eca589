/*
 * Host test: runs the scripts of test/core, each in a child of its own, and compares what they print. The expected
 * outputs of all but extensions.sh are those of dash.
 */
#include "test_shell.h"
#include "exec.h"
#include "parser.h"
#include <base/test.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "modules/shell/test/core/"
#define MOST_BYTES 65536

static size_t read_whole(int fd, char *text)
{
	size_t len = 0;
	ssize_t done;

	while (len < MOST_BYTES - 1 && (done = read(fd, text + len, MOST_BYTES - 1 - len)) > 0)
		len += (size_t)done;
	text[len] = 0;
	close(fd);
	return len;
}

/* In the child: what main does with a script's name. */
static void run_script(const char *name, bool is_posix)
{
	struct parser ps;
	struct shell sh;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		_exit(127);
	shell_init(&sh, "sh");
	sh.silent = true;
	option_set(&sh, OPT_POSIX, is_posix);
	parser_input(&ps, &sh, input_file(&sh, fcntl(fd, F_DUPFD_CLOEXEC, 60)));
	exec_parser(&sh, &ps, 0);
	parser_close(&ps);
	shell_exit(&sh, sh.status);
}

static void script_prints(const char *name, bool is_posix)
{
	static char wanted[MOST_BYTES], got[MOST_BYTES];
	char script[100], output[100];
	int fds[2], pid, status;

	snprintf(script, sizeof(script), FOLDER "%s.sh", name);
	snprintf(output, sizeof(output), FOLDER "%s.out", name);
	CHECK(pipe(fds) == 0);
	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		run_script(script, is_posix);
	}
	close(fds[1]);
	read_whole(fds[0], got);
	waitpid(pid, &status, 0);
	CHECK(read_whole(open(output, O_RDONLY), wanted) > 0);
	CHECK_STR_EQ(got, wanted);
}

TEST(expansions)
{
	script_prints("expansions", true);
}

TEST(redirections)
{
	script_prints("redirections", true);
}

TEST(control)
{
	script_prints("control", true);
}

TEST(errexit)
{
	script_prints("errexit", true);
}

TEST(traps)
{
	script_prints("traps", true);
}

TEST(builtins)
{
	script_prints("builtins", true);
}

TEST(extensions)
{
	script_prints("extensions", false);
}

TEST_MAIN();
