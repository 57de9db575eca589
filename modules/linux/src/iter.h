/*
 * Where a read puts its bytes and a write takes them from: a list of guest buffers, or one buffer of the
 * monitor (exec, sendfile, tests). Moving bytes may touch guest memory, so no lock may be held.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct task;
struct guest_iovec;

struct iter {
	struct task *task;       /* who waits; null: nobody may wait */
	struct guest_iovec *iov; /* advanced as bytes move */
	uint64_t iov_count;
	uint8_t *memory; /* not null: in the place of iov */
	size_t left;     /* bytes still wanted */
};

void iter_init_guest(struct iter *iter, struct task *task, struct guest_iovec *iov, uint64_t count,
                     size_t bytes);
void iter_init_memory(struct iter *iter, struct task *task, void *memory, size_t bytes);

/* Move up to `bytes`: returns how many went, fewer than min(bytes, left) at a bad address only. */
size_t iter_put(struct iter *iter, const void *from, size_t bytes);
size_t iter_get(struct iter *iter, void *to, size_t bytes);
size_t iter_put_zeroes(struct iter *iter, size_t bytes);

/* Copy within the monitor where either side may be a mapping of a file that is cut meanwhile: bytes copied. */
size_t copy_guarded(void *to, const void *from, size_t bytes);
/* Whether a byte of such a mapping can be written; it stays what it is, whoever else writes there. */
bool touch_guarded(uint8_t *at);
