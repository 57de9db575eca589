/*
 * The wall clock: the monotonic clock and an offset that the time service tells at the start and whenever
 * it was set. Without that service time starts at 1970.
 *
 * The random numbers seed the store's hashes and identify it; they are no secrets. They come from the
 * CPU's generator when there is one, stirred with the time-stamp counter.
 */
#include "clock.h"
#include "files.h"

#include <base/bits.h>
#include <base/hash.h>
#include <base/string.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <object-tree/cbor.h>
#include <object-tree/object_ipc.h>

#define PATIENCE_MS 500
#define CPUID_RDRAND (1u << 30)

static uint64_t offset_ns;
static int64_t pretended_ns;
static uint64_t pretended_random;

void clock_read(void)
{
	uint8_t result[256];
	struct cbor_reader value;
	uint32_t len;
	handle_t cap = HANDLE_NONE, time = start_handle("time");

	if (handle_is_none(time))
		return;
	if (object_call_until(time, deadline_in_ms(PATIENCE_MS), "now", NULL, 0, HANDLE_NONE,
	                      result, sizeof(result), &len, &cap) != OK)
		return;
	ipc_close(cap);
	if (cbor_check(result, len) == OK && cbor_find(result, len, "offset", &value) == OK)
		(void)cbor_get_uint(&value, &offset_ns);
}

void clock_begin(void)
{
	handle_t time = start_handle("time");

	clock_read();
	if (!handle_is_none(time) && !handle_is_none(fs.event))
		(void)object_subscribe_until(time, deadline_in_ms(PATIENCE_MS), "set", fs.event,
		                             EVENT_CLOCK);
}

void clock_restarted(void)
{
	if (offset_ns == 0)
		clock_begin();
}

int64_t clock_now(void)
{
	return pretended_ns != 0 ? pretended_ns : (int64_t)(clock_ns() + offset_ns);
}

void clock_pretend(int64_t ns)
{
	pretended_ns = ns;
}

/* --- random numbers --- */

void clock_pretend_random(uint64_t word)
{
	pretended_random = word;
}

static bool has_rdrand(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (c & CPUID_RDRAND) != 0;
}

static uint64_t hardware_word(void)
{
	uint64_t word = 0;
	uint8_t is_ok;

	__asm__ volatile("rdrand %0; setc %1" : "=r"(word), "=qm"(is_ok) : : "cc");
	return is_ok ? word : 0;
}

void clock_random(void *buffer, size_t bytes)
{
	static uint64_t state;
	uint8_t *to = buffer;
	bool is_hardware = has_rdrand();
	uint32_t low, high;

	if (pretended_random != 0 && bytes == sizeof(pretended_random)) {
		memcpy(buffer, &pretended_random, bytes);
		return;
	}
	while (bytes > 0) {
		size_t part = MIN(bytes, sizeof(state));

		__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
		state = hash_mix(state + 0x9e3779b97f4a7c15ull + (low | (uint64_t)high << 32));
		state ^= hash_mix(clock_ns() ^ offset_ns) ^ (is_hardware ? hardware_word() : 0);
		memcpy(to, &state, part);
		to += part;
		bytes -= part;
	}
}

void clock_stamp(int64_t *now_ns, uint64_t *random)
{
	*now_ns = clock_now();
	clock_random(random, sizeof(*random));
	if (*random == 0)
		*random = 1;
}
