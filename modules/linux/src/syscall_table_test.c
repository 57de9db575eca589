/*
 * Tests of syscall_table.h: numbers rise, and every name has the number that the host's own header gives
 * it.
 */
#include <base/test.h>
#include <sys/syscall.h>

struct row {
	int number;
	const char *name;
	int host;
};

/* Every name must be one the host's header knows, with the same number. */
static const struct row rows[] = {
#define CALL(number, name) {number, #name, SYS_##name},
#include "syscall_table.h"
#undef CALL
};
#define ROWS (int)(sizeof(rows) / sizeof(rows[0]))

TEST(numbers_are_linux_numbers)
{
	for (int i = 0; i < ROWS; i++) {
		if (rows[i].number != rows[i].host)
			printf("  %s\n", rows[i].name);
		CHECK_EQ(rows[i].number, rows[i].host);
		CHECK(i == 0 || rows[i].number > rows[i - 1].number);
	}
}

/* The calls that the reference programs make (tier 1 and 2) are all named. */
TEST(known_calls)
{
	static const char *const needed[] = {"read",   "rt_sigreturn", "clone",  "execve",
	                                     "futex",  "wait4",        "clone3", "faccessat2",
	                                     "openat", "statx"};

	for (unsigned n = 0; n < sizeof(needed) / sizeof(needed[0]); n++) {
		int found = 0;

		for (int i = 0; i < ROWS; i++)
			found |= strcmp(rows[i].name, needed[n]) == 0;
		CHECK(found);
	}
}

TEST_MAIN();
