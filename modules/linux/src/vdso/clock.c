/*
 * The vdso: a small shared object that every program finds mapped, whose functions tell the time without a system
 * call. Its arithmetic is the kernel's, so that what it says and what the calls say never contradict each other.
 * A clock that it does not know, or a counter that may not be trusted, leaves it with the call itself.
 *
 * The page of data lies below the image (vdso.ld). Code here runs in the program: no data of its own, no other library.
 */
#include <stdbool.h>
#include <stdint.h>
#include <libanon/cpu_number.h>
#include "time.h"
#include "vdso/clock_page.h"

#define EXPORTED __attribute__((visibility("default")))
#define SYS_GETTIMEOFDAY 96
#define SYS_TIME 201
#define SYS_CLOCK_GETTIME 228
#define SYS_CLOCK_GETRES 229

#define REAL_CLOCKS (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE | 1u << CLOCK_TAI)
#define MONOTONIC_CLOCKS \
	(1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW | 1u << CLOCK_MONOTONIC_COARSE | \
	 1u << CLOCK_BOOTTIME)
#define COARSE_CLOCKS (1u << CLOCK_REALTIME_COARSE | 1u << CLOCK_MONOTONIC_COARSE)

struct timezone_none {
	int32_t minutes_west, dst;
};

/* Read-only here, yet not const: it changes. */
extern struct clock_page clock_page __attribute__((visibility("hidden")));

int __vdso_clock_gettime(int32_t clock, struct linux_timespec *time) EXPORTED;
int __vdso_clock_getres(int32_t clock, struct linux_timespec *resolution) EXPORTED;
int __vdso_gettimeofday(struct linux_timeval *time, struct timezone_none *zone) EXPORTED;
int64_t __vdso_time(int64_t *seconds) EXPORTED;
int __vdso_getcpu(uint32_t *cpu, uint32_t *node, void *unused) EXPORTED;

static int64_t system_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c)
	                 : "rcx", "r11", "memory");
	return result;
}

/* Not before what comes first: a time must not be older than one that was read earlier. */
static uint64_t ticks_ordered(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static uint32_t begin_reading(void)
{
	uint32_t sequence;

	while ((sequence = __atomic_load_n(&clock_page.sequence, __ATOMIC_ACQUIRE)) & 1)
		__asm__ volatile("pause");
	return sequence;
}

static bool has_changed(uint32_t sequence)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&clock_page.sequence, __ATOMIC_RELAXED) != sequence;
}

static inline bool read_clock(bool is_real, uint64_t *out_ns)
{
	uint64_t multiplier, ns;
	uint32_t sequence;

	do {
		sequence = begin_reading();
		multiplier = clock_page.scale.multiplier;
		ns = clock_scale_ns(&clock_page.scale, ticks_ordered());
		if (is_real)
			ns += clock_page.real_offset_ns;
	} while (has_changed(sequence));
	*out_ns = ns;
	return multiplier != 0;
}

static bool is_among(int32_t clock, uint32_t clocks)
{
	return (uint32_t)clock < 32 && clocks >> clock & 1;
}

int __vdso_clock_gettime(int32_t clock, struct linux_timespec *time)
{
	uint64_t ns;

	if (!is_among(clock, REAL_CLOCKS | MONOTONIC_CLOCKS) ||
	    !read_clock(is_among(clock, REAL_CLOCKS), &ns))
		return (int)system_call(SYS_CLOCK_GETTIME, (uint32_t)clock, (uint64_t)time, 0);
	time->tv_sec = (int64_t)(ns / NS_PER_SECOND);
	time->tv_nsec = (int64_t)(ns % NS_PER_SECOND);
	return 0;
}

int __vdso_clock_getres(int32_t clock, struct linux_timespec *resolution)
{
	if (!is_among(clock, REAL_CLOCKS | MONOTONIC_CLOCKS))
		return (int)system_call(SYS_CLOCK_GETRES, (uint32_t)clock, (uint64_t)resolution, 0);
	if (resolution)
		*resolution = (struct linux_timespec){
			0, is_among(clock, COARSE_CLOCKS) ? COARSE_RESOLUTION_NS : 1};
	return 0;
}

int __vdso_gettimeofday(struct linux_timeval *time, struct timezone_none *zone)
{
	uint64_t ns;

	if (!read_clock(true, &ns))
		return (int)system_call(SYS_GETTIMEOFDAY, (uint64_t)time, (uint64_t)zone, 0);
	if (time) {
		time->tv_sec = (int64_t)(ns / NS_PER_SECOND);
		time->tv_usec = (int64_t)(ns % NS_PER_SECOND / 1000);
	}
	if (zone)
		*zone = (struct timezone_none){0, 0};
	return 0;
}

int64_t __vdso_time(int64_t *seconds)
{
	uint64_t ns;

	if (!read_clock(true, &ns))
		return system_call(SYS_TIME, (uint64_t)seconds, 0, 0);
	if (seconds)
		*seconds = (int64_t)(ns / NS_PER_SECOND);
	return (int64_t)(ns / NS_PER_SECOND);
}

int __vdso_getcpu(uint32_t *cpu, uint32_t *node, void *unused)
{
	(void)unused;
	if (cpu)
		*cpu = cpu_number();
	if (node)
		*node = 0;
	return 0;
}
