/*
 * A counter of known frequency, sampled together with the TSC and the local APIC's timer.
 */
#pragma once
#include <stdint.h>

struct reference_sample {
	uint64_t ticks; /* TSC */
	uint32_t count; /* the reference */
	uint32_t timer; /* local APIC, counting down */
};

void reference_init(uint16_t pm_timer_port); /* port 0: the PIT */
uint64_t reference_hz(void);
struct reference_sample reference_sample(void);
/* A sample some time later, or one without progress when the reference stands still. */
struct reference_sample reference_sample_after(const struct reference_sample *since);
uint64_t reference_passed(const struct reference_sample *a, const struct reference_sample *b);
