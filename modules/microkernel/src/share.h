/*
 * CPU share: how long a turn is among threads of one priority.
 */
#pragma once
#include <stdint.h>
#include <base/list.h>

struct thread;

/* The payer's turn in nanoseconds, while these wait for its end. */
uint64_t share_slice_ns(const struct thread *payer, const struct list *waiting);
