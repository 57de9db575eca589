/* The pseudo-terminal of a case: the driver is its user, who types and does not look. */
#pragma once

#include "case.h"

struct terminal {
	const struct test_case *test;
	const char *name; /* of the side that the shell opens */
	int master, slave;
	int typed;  /* parts of the input typed so far */
	double due; /* when the next is typed, in seconds of the monotonic clock */
};

/* False when the host has no pseudo-terminal for us. */
bool terminal_open(struct terminal *terminal, const struct test_case *test);
/* To be called now and then while the case runs. */
void terminal_turn(struct terminal *terminal, double now);
void terminal_close(struct terminal *terminal);
