/*
 * Random numbers: the CPU's generator (RDRAND) where there is one. Without it, numbers come from a mixing
 * function over the clocks, which an attacker could guess; the log says so once (docs/modules/linux.md, Limitations).
 */
#include "random_bytes.h"
#include <base/bits.h>
#include <base/hash.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/log.h>
#include <libanon/time.h>
#include "cpu.h"
#include "guest.h"
#include "lock.h"
#include "syscall.h"

#define RDRAND_TRIES 16
#define GRND_NONBLOCK 1u
#define GRND_RANDOM 2u
#define GRND_INSECURE 4u
#define PIECE_BYTES 256

static uint64_t weak_state; /* [a] */
static struct once weak_once = ONCE_INIT;

static bool hardware_word(uint64_t *out)
{
	uint8_t is_ok = 0;

	for (int i = 0; i < RDRAND_TRIES && !is_ok; i++)
		__asm__ volatile("rdrand %0; setc %1" : "=r"(*out), "=qm"(is_ok) : : "cc");
	return is_ok;
}

static void start_weak(void)
{
	log_warn("this CPU has no random number generator: random numbers can be guessed");
	weak_state = hash_mix(clock_ns());
}

static uint64_t weak_word(void)
{
	once_run(&weak_once, start_weak);
	uint64_t step = __atomic_add_fetch(&weak_state, 0x9e3779b97f4a7c15ull, __ATOMIC_RELAXED);

	return hash_mix(step ^ hash_mix(cpu_ticks()));
}

void random_bytes(void *buffer, size_t bytes)
{
	static int has_rdrand = -1; /* the same for every thread */
	uint8_t *at = buffer;

	if (has_rdrand < 0)
		has_rdrand = cpu_has_rdrand();
	while (bytes > 0) {
		uint64_t word;
		size_t piece = MIN(bytes, sizeof(word));

		if (!has_rdrand || !hardware_word(&word))
			word = weak_word();
		memcpy(at, &word, piece);
		at += piece;
		bytes -= piece;
	}
}

SYSCALL3(getrandom, uint64_t, u_buffer, uint64_t, bytes, uint32_t, flags)
{
	uint8_t piece[PIECE_BYTES];
	uint64_t done = 0;

	if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	bytes = MIN(bytes, (uint64_t)INT32_MAX);
	while (done < bytes) {
		size_t count = MIN(sizeof(piece), bytes - done);

		random_bytes(piece, count);
		if (copy_to_guest(task, u_buffer + done, piece, count) != 0)
			return done ? (int64_t)done : -EFAULT;
		done += count;
		if (signal_pending(task) && done < bytes)
			return (int64_t)done;
	}
	return (int64_t)done;
}
