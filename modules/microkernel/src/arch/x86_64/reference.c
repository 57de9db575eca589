/*
 * The reference clock for calibration: ACPI's power-management timer (one port read) or channel 2 of the PIT
 * (three). Each sample is the best of a few, judged by how little time the read took, so that a host or an SMI that
 * takes the CPU away in between does no harm.
 */
#include "arch/x86_64/reference.h"
#include <stdbool.h>
#include "arch/x86_64/apic.h"
#include "arch/x86_64/instructions.h"

#define PM_TIMER_HZ 3579545u
#define PM_TIMER_MASK 0xffffffu /* bits beyond 24 are optional */
#define PIT_HZ 1193182u
#define PIT_MASK 0xffffu
#define PIT_CHANNEL_2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61
#define SAMPLES 4
#define COUNTS_MEASURED 1500u /* two such stretches are known to 1 in 3000, or better */
#define READS_MAX 1000000u

static uint16_t pm_timer;

void reference_init(uint16_t pm_timer_port)
{
	pm_timer = pm_timer_port;
	if (pm_timer)
		return;
	outb(PIT_GATE, (uint8_t)((inb(PIT_GATE) & ~2u) | 1u)); /* counting, speaker off */
	outb(PIT_COMMAND, 0xb4);                               /* channel 2, both bytes, mode 2 */
	outb(PIT_CHANNEL_2, 0xff);
	outb(PIT_CHANNEL_2, 0xff);
}

uint64_t reference_hz(void)
{
	return pm_timer ? PM_TIMER_HZ : PIT_HZ;
}

/* Counts up. */
static uint32_t read_count(void)
{
	uint32_t low;

	if (pm_timer)
		return inl(pm_timer);
	outb(PIT_COMMAND, 0x80); /* latch channel 2 */
	low = inb(PIT_CHANNEL_2);
	return ~(low | (uint32_t)inb(PIT_CHANNEL_2) << 8);
}

struct reference_sample reference_sample(void)
{
	struct reference_sample best = {0};
	uint64_t best_width = UINT64_MAX;

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t before = rdtsc();
		uint32_t count = read_count();
		uint32_t timer = apic_timer_count();
		uint64_t width = rdtsc() - before;

		if (width < best_width) {
			best_width = width;
			best = (struct reference_sample){
				.ticks = before + width / 2,
				.count = count,
				.timer = timer,
			};
		}
	}
	return best;
}

uint64_t reference_passed(const struct reference_sample *a, const struct reference_sample *b)
{
	return (b->count - a->count) & (pm_timer ? PM_TIMER_MASK : PIT_MASK);
}

struct reference_sample reference_sample_after(const struct reference_sample *since)
{
	struct reference_sample now = *since;

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		now.count = read_count();
		if (reference_passed(since, &now) >= COUNTS_MEASURED)
			break;
	}
	return reference_sample();
}
