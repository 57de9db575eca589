/*
 * filetest [SUITE...]: checks of files, names, descriptors, pipes, terminals and readiness; like linuxtest it
 * must pass on a real Linux too. Works in a directory of its own below $TMPDIR or /tmp, which goes at the end.
 * As `filetest euid` it is what a suite runs to learn whom a program would run as: the exit status. As `filetest umask` it says
 * that it runs, waits to be answered, and fails if it is root by then and has another umask.
 */
#include "file_suites.h"
#include <sys/stat.h>

static const struct {
	const char *name;
	void (*run)(void);
} suites[] = {
	{"file", test_file},     {"names", test_names},     {"directory", test_directory},
	{"fd", test_fd},         {"lock", test_lock},       {"pipe", test_pipe},
	{"poll", test_poll},     {"epoll", test_epoll},     {"tty", test_tty},
	{"proc", test_proc},     {"rights", test_rights},   {"socket", test_socket},
	{"travel", test_travel}, {"unshare", test_unshare}, {"memfd", test_memfd},
};

static void run_in(const char *base, const char *name, void (*run)(void))
{
	char dir[200], command[256];

	snprintf(dir, sizeof(dir), "%s/filetest.%d", base, (int)getpid());
	if (mkdir(dir, 0755) != 0 || chdir(dir) != 0) {
		printf("cannot use %s\n", dir);
		CHECK(!"a directory to work in");
		return;
	}
	umask(022);
	run();
	printf("%s: %d passed, %d failed so far\n", name, check_passed(), check_failed());
	if (chdir("/") != 0)
		return;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	CHECK(system(command) == 0);
}

static int has_own_umask(void)
{
	char byte = 0;
	mode_t before = umask(022);

	umask(before);
	if (write(1, &byte, 1) != 1 || read(0, &byte, 1) != 1)
		return 0;
	return geteuid() != 0 || umask(0) == before;
}

int main(int argc, char **argv)
{
	const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";

	if (argc == 2 && strcmp(argv[1], "euid") == 0)
		return (int)geteuid();
	if (argc == 2 && strcmp(argv[1], "umask") == 0)
		return has_own_umask() ? 0 : 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_begin();
	for (unsigned i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (check_is_chosen(suites[i].name, argc, argv))
			run_in(base, suites[i].name, suites[i].run);
	}
	return check_end();
}
