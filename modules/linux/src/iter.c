/*
 * Iterators over the buffers of read and write calls. One loop moves bytes in either direction, buffer by
 * buffer; what differs is the copy at its heart. A copy that fails is tried again page by page, so that
 * the count of bytes moved is exact up to the bad page, as Linux reports it. What is much goes in parts, between which
 * SIGKILL ends it.
 */
#include "iter.h"
#include "guest.h"
#include "hot.h"
#include "signal.h"
#include <base/bits.h>
#include <base/string.h>

void iter_init_guest(struct iter *iter, struct task *task, struct guest_iovec *iov, uint64_t count,
                     size_t bytes)
{
	*iter = (struct iter){.task = task, .iov = iov, .iov_count = count, .left = bytes};
}

void iter_init_memory(struct iter *iter, struct task *task, void *memory, size_t bytes)
{
	*iter = (struct iter){.task = task, .memory = memory, .left = bytes};
}

#define PART_MAX (256u << 10)

enum direction { TO_GUEST, FROM_GUEST, ZERO_GUEST };

static inline int64_t copy_guest(struct task *task, uint64_t u_at, uint8_t *at, size_t bytes,
                                 enum direction direction)
{
	if (direction == TO_GUEST)
		return copy_to_guest(task, u_at, at, bytes);
	if (direction == FROM_GUEST)
		return copy_from_guest(task, at, u_at, bytes);
	return clear_guest(task, u_at, bytes);
}

COLD static size_t move_guest_pages(struct task *task, uint64_t u_at, uint8_t *at, size_t bytes,
                                    enum direction direction)
{
	size_t done = 0;
	while (done < bytes) {
		size_t part = MIN(bytes - done, 4096 - (u_at + done) % 4096);
		uint8_t *side = direction == ZERO_GUEST ? NULL : at + done;
		if (copy_guest(task, u_at + done, side, part, direction) != 0)
			break;
		done += part;
	}
	return done;
}

/* Bytes moved of one piece; on a fault, up to the page of the bad address. */
static inline size_t move_guest(struct task *task, uint64_t u_at, uint8_t *at, size_t bytes,
                                enum direction direction)
{
	if (copy_guest(task, u_at, at, bytes, direction) == 0)
		return bytes;
	return move_guest_pages(task, u_at, at, bytes, direction);
}

COLD static size_t move_memory(uint8_t *memory, uint8_t *at, size_t bytes, enum direction direction)
{
	if (direction == TO_GUEST)
		return copy_guarded(memory, at, bytes);
	if (direction == FROM_GUEST)
		return copy_guarded(at, memory, bytes);
	memset(memory, 0, bytes);
	return bytes;
}

/* One piece of the buffer that the iterator is at. */
static inline size_t move_piece(struct iter *iter, uint8_t *at, size_t bytes,
                                enum direction direction)
{
	struct guest_iovec *iov = iter->iov;
	size_t moved = bytes ? move_guest(iter->task, iov->base, at, bytes, direction) : 0;
	iter->left -= moved;
	iov->base += moved;
	iov->len -= moved;
	if (iov->len == 0) {
		iter->iov++;
		iter->iov_count--;
	}
	return moved;
}

COLD static size_t move_pieces(struct iter *iter, uint8_t *at, size_t bytes,
                               enum direction direction)
{
	size_t done = 0;
	while (done < bytes && iter->iov_count > 0) {
		size_t part = MIN(bytes - done, (size_t)iter->iov->len);
		uint8_t *side = direction == ZERO_GUEST ? NULL : at + done;
		size_t moved = move_piece(iter, side, part, direction);
		done += moved;
		if (moved < part)
			break;
	}
	return done;
}

/* Nearly always the bytes fit into one buffer of the guest's. */
static inline size_t move_part(struct iter *iter, uint8_t *at, size_t bytes,
                               enum direction direction)
{
	if (iter->memory) {
		size_t done = move_memory(iter->memory, at, bytes, direction);
		iter->memory += done;
		iter->left -= done;
		return done;
	}
	if (iter->iov_count > 0 && bytes <= iter->iov->len)
		return move_piece(iter, at, bytes, direction);
	return move_pieces(iter, at, bytes, direction);
}

COLD static size_t move_parts(struct iter *iter, uint8_t *at, size_t bytes,
                              enum direction direction)
{
	size_t done = 0;
	while (done < bytes) {
		size_t part = MIN(bytes - done, PART_MAX);
		size_t moved = move_part(iter, at ? at + done : NULL, part, direction);
		done += moved;
		if (moved < part || (iter->task && signal_kill_pending(iter->task)))
			break;
	}
	return done;
}

static inline size_t move(struct iter *iter, uint8_t *at, size_t bytes, enum direction direction)
{
	bytes = MIN(bytes, iter->left);
	return bytes <= PART_MAX ? move_part(iter, at, bytes, direction)
	                         : move_parts(iter, at, bytes, direction);
}

size_t iter_put(struct iter *iter, const void *from, size_t bytes)
{
	return move(iter, (uint8_t *)from, bytes, TO_GUEST);
}

size_t iter_get(struct iter *iter, void *to, size_t bytes)
{
	return move(iter, to, bytes, FROM_GUEST);
}

size_t iter_put_zeroes(struct iter *iter, size_t bytes)
{
	return move(iter, NULL, bytes, ZERO_GUEST);
}
