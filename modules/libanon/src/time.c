/*
 * The clock, read from the CPU's counter with the kernel's own arithmetic, so that both always agree; and waiting
 * for time and events, through the kicks that end kernel waits early.
 */
#include <libanon/time.h>

static struct clock_scale scale;
static bool is_scale_known; /* set after it */

/* Threads that come here together all write the same. */
static void learn_scale(void)
{
	struct system_info info = {0};

	if (sys_system_info(&info) == OK && info.flags & SYSTEM_TSC_STABLE)
		scale = (struct clock_scale){info.tsc_base, info.tsc_multiplier, info.tsc_shift};
	__atomic_store_n(&is_scale_known, true, __ATOMIC_RELEASE);
}

const struct clock_scale *clock_scale(void)
{
	if (!__atomic_load_n(&is_scale_known, __ATOMIC_ACQUIRE))
		learn_scale();
	return &scale;
}

/* Not before what comes first, as the kernel does it. */
static uint64_t ticks_ordered(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static uint64_t ask_kernel(void)
{
	uint64_t now = 0;

	return sys_clock_now(&now) == OK ? now : 0;
}

uint64_t clock_ns(void)
{
	const struct clock_scale *known = clock_scale();

	return known->multiplier ? clock_scale_ns(known, ticks_ordered()) : ask_kernel();
}

/* On a word that nobody changes: a kick that is latched for a guest would end every thread_sleep at once. */
void sleep_ns(uint64_t ns)
{
	uint32_t word = 0;

	(void)sys_word_wait(HANDLE_NONE, (uint64_t)&word, 0, deadline_in_ns(ns), 0);
}

status_t event_await(handle_t event, uint64_t mask, uint64_t timeout_ns, uint64_t *out_bits)
{
	uint64_t deadline = timeout_ns ? deadline_in_ns(timeout_ns) : 0;
	status_t status;

	do {
		status = sys_event_wait(event, mask, deadline, out_bits);
	} while (status == E_INTR);
	return status;
}
