/*
 * Branch prediction between domains: what one has taught the CPU must not steer another (Spectre, variant 2 and
 * returns). Where CPUID names no barrier there is none.
 */
#pragma once
#include "rare_call.h"
#include "thread.h"
#include "arch/x86_64/features.h"

void speculation_enable(void); /* this CPU's lasting settings */
RARELY_CALLED void speculation_enter_domain(const struct thread *to); /* has_branch_barrier */
void speculation_fill_returns(void); /* 32 harmless return addresses */

/* The thread comes to this CPU. */
static inline void speculation_switch(const struct thread *to)
{
	if (cpu_features.has_branch_barrier)
		speculation_enter_domain(to);
}
