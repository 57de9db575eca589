/*
 * Which PCIDs are in use. Page tables take one for each root when they are made and give it back when they are
 * destroyed, after all CPUs have dropped what they held under it. With the kernel lock exclusive.
 */
#include "arch/x86_64/pcid.h"
#include <base/assert.h>
#include "arch/x86_64/features.h"

#define WORD_BITS 64u

static uint64_t used[PCID_COUNT / WORD_BITS] = {1}; /* a bit each; 0 is nobody's */

static uint64_t bit_of(uint16_t pcid)
{
	return 1ul << pcid % WORD_BITS;
}

uint16_t pcid_alloc(void)
{
	unsigned word = 0;
	uint16_t pcid;

	if (!cpu_features.has_pcid)
		return 0;
	while (word < PCID_COUNT / WORD_BITS && used[word] == UINT64_MAX)
		word++;
	if (word == PCID_COUNT / WORD_BITS)
		return 0;
	pcid = (uint16_t)(word * WORD_BITS + (unsigned)__builtin_ctzl(~used[word]));
	used[word] |= bit_of(pcid);
	return pcid;
}

void pcid_free(uint16_t pcid)
{
	if (pcid == 0)
		return;
	ASSERT(used[pcid / WORD_BITS] & bit_of(pcid));
	used[pcid / WORD_BITS] &= ~bit_of(pcid);
}
