/*
 * Time: the TSC, scaled to nanoseconds since the kernel got control, and the local APIC's one-shot timer (or the
 * TSC deadline where there is one). Both are measured once against a reference of known frequency: ACPI's timer, or
 * the PIT where there is none.
 */
#include "arch/x86_64/clock.h"
#include "cpu.h"
#include "printk.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/reference.h"
#include "arch/x86_64/time_scale.h"

#define NS_PER_SECOND 1000000000ul
#define TICK_HZ_ASSUMED 1000000000ul
#define COMPARISONS 16u

static RO_AFTER_INIT struct {
	uint64_t base; /* TSC at time 0 */
	uint64_t hz;
	bool is_stable;
	bool is_apart; /* CPUs' counters do not agree */
	struct time_scale to_ns;
	struct time_scale ns_to_timer;
} clock;

/* How another CPU compares its counter with the boot CPU's: it asks, the boot CPU answers with its own. */
static struct {
	uint32_t is_asked;    /* [a] */
	uint32_t is_answered; /* [a] */
	uint64_t ticks;
} comparison;

/* The boot CPU's counter, as far as this one knows. */
uint64_t clock_ticks(void)
{
	return rdtsc_ordered() + this_cpu()->clock_offset;
}

uint64_t clock_tick_hz(void)
{
	return clock.hz;
}

/* Counters that were not made to agree are known to each other only about: time waits until the latest reading. */
static uint64_t never_back(uint64_t ns)
{
	static uint64_t latest; /* [a] */
	uint64_t seen = __atomic_load_n(&latest, __ATOMIC_RELAXED);

	while (ns > seen)
		if (__atomic_compare_exchange_n(&latest, &seen, ns, true, __ATOMIC_RELAXED,
		                                __ATOMIC_RELAXED))
			return ns;
	return seen;
}

uint64_t clock_ticks_to_ns(uint64_t ticks)
{
	return time_scale_apply(clock.to_ns, ticks);
}

uint64_t clock_ticks_to_time_ns(uint64_t ticks)
{
	return clock_ticks_to_ns(ticks - clock.base);
}

uint64_t clock_now_ns(void)
{
	uint64_t ns = clock_ticks_to_time_ns(clock_ticks());

	return clock.is_apart ? never_back(ns) : ns;
}

bool clock_is_stable(void)
{
	return clock.is_stable;
}

void clock_describe(struct system_info *info)
{
	info->tsc_hz = clock.hz;
	info->tsc_base = clock.base;
	info->tsc_multiplier = clock.to_ns.multiplier;
	info->tsc_shift = TIME_SCALE_SHIFT;
	info->flags |= clock.is_stable ? SYSTEM_TSC_STABLE : 0;
}

/* In TSC ticks per second; 0 when the reference does not move. */
static uint64_t rate_between(const struct reference_sample *a, const struct reference_sample *b)
{
	uint64_t passed = reference_passed(a, b);

	return passed ? (b->ticks - a->ticks) * reference_hz() / passed : 0;
}

static uint64_t timer_rate(const struct reference_sample *a, const struct reference_sample *b)
{
	uint64_t ticks = b->ticks - a->ticks;

	return ticks ? (uint64_t)(a->timer - b->timer) * clock.hz / ticks : 0;
}

static bool is_near(uint64_t a, uint64_t b)
{
	uint64_t difference = a > b ? a - b : b - a;

	return difference < b / 200;
}

static void use_deadlines(void)
{
	clock.ns_to_timer = time_scale_make(NS_PER_SECOND, clock.hz);
	apic_timer_mode(true);
}

static void use_counter(uint64_t timer_hz)
{
	clock.ns_to_timer = time_scale_make(NS_PER_SECOND, timer_hz ? timer_hz : TICK_HZ_ASSUMED);
	apic_timer_mode(false);
}

void clock_init(uint64_t entry_ticks, uint16_t pm_timer_port)
{
	struct reference_sample start, middle, end;

	apic_timer_start(UINT32_MAX);
	reference_init(pm_timer_port);
	start = reference_sample();
	middle = reference_sample_after(&start);
	end = reference_sample_after(&middle);
	clock.base = entry_ticks;
	clock.hz = rate_between(&start, &end);
	clock.is_stable = clock.hz && (cpu_features.has_invariant_tsc ||
	                               is_near(rate_between(&start, &middle), clock.hz));
	if (!clock.hz) {
		printk("no reference clock answers: taking the TSC for 1 GHz\n");
		clock.hz = TICK_HZ_ASSUMED;
	}
	clock.to_ns = time_scale_make(clock.hz, NS_PER_SECOND);
	apic_timer_start(0);
	if (cpu_features.has_tsc_deadline)
		use_deadlines();
	else
		use_counter(timer_rate(&start, &end));
	this_cpu()->timer_ns = UINT64_MAX;
}

static void ask(uint64_t *least, uint64_t *offset)
{
	uint64_t before = rdtsc();
	uint64_t after;

	__atomic_store_n(&comparison.is_answered, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&comparison.is_asked, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&comparison.is_answered, __ATOMIC_ACQUIRE))
		arch_relax();
	after = rdtsc();
	if (after - before >= *least)
		return;
	*least = after - before;
	*offset = comparison.ticks - (before + (after - before) / 2);
}

/* The best of some rounds; a difference that the round itself explains is none. */
void clock_init_cpu(void)
{
	uint64_t least = UINT64_MAX;
	uint64_t offset = 0;

	for (unsigned i = 0; i < COMPARISONS; i++)
		ask(&least, &offset);
	if (offset + least / 2 > least) {
		this_cpu()->clock_offset = offset;
		clock.is_apart = true;
		clock.is_stable = false;
	}
	apic_timer_mode(cpu_features.has_tsc_deadline);
	this_cpu()->timer_ns = UINT64_MAX;
}

void clock_answer_cpu(void)
{
	if (!__atomic_load_n(&comparison.is_asked, __ATOMIC_ACQUIRE))
		return;
	comparison.is_asked = 0;
	comparison.ticks = rdtsc();
	__atomic_store_n(&comparison.is_answered, 1, __ATOMIC_RELEASE);
}

static void program_counter(uint64_t deadline)
{
	uint64_t now = clock_now_ns();
	uint64_t count = deadline > now ? time_scale_apply(clock.ns_to_timer, deadline - now) + 1
	                                : 1;

	apic_timer_start(count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
}

void timer_program_ns(uint64_t deadline)
{
	bool is_off = deadline == UINT64_MAX;

	this_cpu()->timer_ns = deadline;
	if (cpu_features.has_tsc_deadline)
		msr_write(MSR_TSC_DEADLINE,
		          is_off ? 0
		                 : clock.base - this_cpu()->clock_offset +
		                           time_scale_apply(clock.ns_to_timer, deadline) + 1);
	else if (is_off)
		apic_timer_start(0);
	else
		program_counter(deadline);
}

/* Fires early when the deadline was further away than the counter reaches, or by the clocks' inexactness. */
void clock_timer_fired(void)
{
	uint64_t deadline = this_cpu()->timer_ns;

	if (deadline == UINT64_MAX)
		return;
	if (clock_now_ns() < deadline) {
		timer_program_ns(deadline);
		return;
	}
	this_cpu()->timer_ns = UINT64_MAX;
	timer_handle();
}
