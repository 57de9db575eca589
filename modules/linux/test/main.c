/*
 * linuxtest [SUITE...]: runs the suites named, or all, and prints "N passed, N failed" last.
 */
#include "check.h"

static const struct {
	const char *name;
	void (*run)(void);
} suites[] = {
	{"process", test_process},
	{"exec", test_exec},
	{"signal", test_signal},
	{"restart", test_restart},
	{"futex", test_futex},
	{"thread", test_thread},
	{"memory", test_memory},
	{"fork-memory", test_memory_after_fork},
	{"time", test_time},
	{"ids", test_ids},
	{"fault", test_fault},
	{"object", test_object},
	{"vdso", test_vdso},
	{"rseq", test_rseq},
	{"syslog", test_syslog},
	{"timerfd", test_timerfd},
	{"signalfd", test_signalfd},
	{"affinity", test_affinity},
	{"object-limit", test_object_limit},
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--exec-helper") == 0)
		return exec_helper(argc, argv);
	check_begin();
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (!check_is_chosen(suites[i].name, argc, argv))
			continue;
		int before = check_failed(), done = check_passed();

		suites[i].run();
		printf("%s: %d passed, %d failed\n", suites[i].name, check_passed() - done,
		       check_failed() - before);
		fflush(stdout);
	}
	return check_end();
}
