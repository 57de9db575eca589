/*
 * What the two halves of refusals share: one good handle of each kind, and counting.
 */
#pragma once
#include <stdbool.h>
#include <libanon/syscall.h>

enum refusals_kind {
	GOOD_DOMAIN,
	GOOD_PROCESS,
	GOOD_THREAD,
	GOOD_MEMORY,
	GOOD_FIXED,
	GOOD_PAGED,
	GOOD_PHYSICAL,
	GOOD_DMA,
	GOOD_SPACE,
	GOOD_ENDPOINT,
	GOOD_EVENT,
	GOOD_TIMER,
	GOOD_CONTROL,
	GOOD_INTERRUPT,
	GOOD_PORTS,
	GOOD_KINDS
};

extern handle_t refusals_good[GOOD_KINDS];

void refusals_check(bool is_good, const char *what, const char *name, status_t got);

/* Every handle argument of every system call: stale, of another type, without its right. */
void refusals_of_handles(void);
