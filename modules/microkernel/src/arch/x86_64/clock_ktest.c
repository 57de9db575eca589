/*
 * Time: it passes, forwards, and at the rate that ACPI's timer agrees with.
 */
#include "arch/x86_64/reference.h"
#include "ktest.h"
#include "arch/arch.h"

KTEST(clock_never_runs_backwards)
{
	uint64_t last = clock_now_ns();

	for (unsigned i = 0; i < 10000; i++) {
		uint64_t now = clock_now_ns();

		KCHECK(now >= last);
		last = now;
	}
}

/* A host that takes the CPU away in the wrong moment may spoil one comparison, hardly three. */
KTEST(clock_agrees_with_the_reference)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < 3; i++) {
		struct reference_sample a = reference_sample();
		struct reference_sample b = reference_sample_after(&a);
		uint64_t by_reference = reference_passed(&a, &b) * 1000000000 / reference_hz();
		uint64_t by_clock = (b.ticks - a.ticks) * 1000000 / (clock_tick_hz() / 1000);
		uint64_t error = by_clock > by_reference ? by_clock - by_reference
		                                         : by_reference - by_clock;

		best = error < best ? error : best;
	}
	KCHECK(best < 5000); /* ns, of 400000 and more */
}
