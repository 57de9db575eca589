/*
 * Where a signal frame lies: pure arithmetic apart from signal_frame.c, so that host tests link it alone.
 */
#include "signal_frame.h"
#include <base/bits.h>

struct frame_place signal_frame_place(uint64_t sp, uint64_t fpu_bytes)
{
	struct frame_place place;

	/* Behind the state there is room for magic2. */
	place.fpu = align_down(sp - fpu_bytes - sizeof(uint32_t), 64);
	place.frame = align_down(place.fpu - sizeof(struct signal_frame), 16) - 8;
	return place;
}

bool signal_stack_holds(const struct linux_stack *stack, uint64_t sp)
{
	return !(stack->flags & SS_DISABLE) && sp > stack->sp && sp - stack->sp <= stack->size;
}
