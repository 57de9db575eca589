/*
 * Chooses random places for the kernel's image and its direct map, and the stack canary. boot.S calls it in the image as
 * it is linked, maps and relocates the image accordingly, and enters it anew at arch_start.
 *
 * The numbers are as good as their source: RDSEED and RDRAND where CPUID has them. Elsewhere there are only the
 * time-stamp counter while instructions of uneven duration run and what the loader said, which somebody who knows the
 * machine may guess in part; the docs say so (threat-model.md).
 */
#include "arch/x86_64/kaslr.h"
#include <stddef.h>
#include <base/bits.h>
#include "arch/x86_64/boot.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/pte.h"

#define TRIES 32u
#define JITTER_ROUNDS 64u
#define PORT_DELAY 0x80 /* about a microsecond, by the bus's clock */

#define TOP_SLOT_BYTES (1ul << 39)
#define DIRECT_FIRST_SLOT (KERNEL_SLOT + 0ul)
#define DIRECT_SLOTS (510 - DIRECT_FIRST_SLOT) /* the last one holds the image */
/* Within one top-level slot, as boot.S needs it. */
#define DIRECT_PLACES ((TOP_SLOT_BYTES - DIRECT_BYTES_MAX) / HUGE_PAGE + 1)

extern const char kernel_end[];

/* A step of splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ul;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ul;
	x = (x ^ x >> 27) * 0x94d049bb133111ebul;
	return x ^ x >> 31;
}

static uint64_t mix_bytes(uint64_t x, const void *from, size_t bytes)
{
	const uint8_t *at = from;

	for (size_t i = 0; i < bytes; i++)
		x = mix(x ^ at[i]);
	return x;
}

static uint64_t mix_rdseed(uint64_t x)
{
	uint64_t value = 0;
	bool is_good = false;

	if (cpuid(0, 0).eax < 7 || !(cpuid(7, 0).ebx >> 18 & 1))
		return x;
	for (unsigned i = 0; i < TRIES && !is_good; i++)
		__asm__ volatile("rdseed %0" : "=r"(value), "=@ccc"(is_good));
	return mix(x ^ value);
}

static uint64_t mix_rdrand(uint64_t x)
{
	uint64_t value = 0;
	bool is_good = false;

	if (!(cpuid(1, 0).ecx >> 30 & 1))
		return x;
	for (unsigned i = 0; i < TRIES && !is_good; i++)
		__asm__ volatile("rdrand %0" : "=r"(value), "=@ccc"(is_good));
	return mix(x ^ value);
}

static uint64_t mix_jitter(uint64_t x)
{
	for (unsigned i = 0; i < JITTER_ROUNDS; i++) {
		inb(PORT_DELAY);
		x = mix(x ^ rdtsc());
	}
	return x;
}

static uint64_t mix_facts(uint64_t x, const struct boot_facts *facts)
{
	x = mix_bytes(x, facts->areas, facts->area_count * sizeof(facts->areas[0]));
	x = mix_bytes(x, &facts->source.rsdp, sizeof(facts->source.rsdp));
	return mix_bytes(x, &facts->source.archive, sizeof(facts->source.archive));
}

static uint64_t choose_image(uint64_t random)
{
	uint64_t end = align_up((uint64_t)(kernel_end - image_base), LARGE_PAGE);

	return random % ((HUGE_PAGE - end) / LARGE_PAGE + 1) * LARGE_PAGE;
}

static uint64_t choose_direct(uint64_t random)
{
	uint64_t slot = DIRECT_FIRST_SLOT + random % DIRECT_SLOTS;
	uint64_t place = random / DIRECT_SLOTS % DIRECT_PLACES;

	return (0xffff000000000000ul | slot * TOP_SLOT_BYTES) + place * HUGE_PAGE -
	       DIRECT_LINK_BASE;
}

void kaslr_choose(uint32_t protocol, uint32_t info, struct kaslr *out)
{
	static struct boot_facts facts;
	uint64_t seed = mix_rdrand(mix_rdseed(mix_jitter(0)));
	bool is_read = boot_read(protocol, info, &facts) == NULL;

	if (is_read)
		seed = mix_facts(seed, &facts);
	out->canary = mix(seed ^ 1) & ~0xfful; /* a zero byte stops string overruns */
	out->image_slide = out->direct_slide = 0;
	if (is_read && machine_has_option(facts.cmdline, "nokaslr"))
		return;
	out->image_slide = choose_image(mix(seed ^ 2));
	out->direct_slide = choose_direct(mix(seed ^ 3));
}
