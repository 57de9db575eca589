/*
 * CPU share: how long a turn is among threads of one priority.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <base/list.h>

struct thread;

/* Whether those who take turns on a CPU are of several domains, and when that was found out. */
struct share_look {
	uint64_t at_ns;
	bool is_mixed;
};

/* The payer's turn in nanoseconds, while these wait for its end. */
uint64_t share_slice_ns(const struct thread *payer, const struct list *waiting,
                        struct share_look *last, uint64_t begin_ns);
