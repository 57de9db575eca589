/*
 * assert_failed for host and Linux programs: prints and aborts. Freestanding environments bring their own.
 */
#include <base/assert.h>

#if __STDC_HOSTED__
#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}
#endif
