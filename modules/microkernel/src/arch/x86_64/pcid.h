/*
 * PCIDs: numbers by which a TLB keeps apart what it holds of different roots. 0 is shared by kernel_root and by all
 * roots that have none of their own; whoever loads one of these drops what is cached under 0.
 */
#pragma once
#include "arch/arch.h"
#include "arch/x86_64/instructions.h"

#define PCID_COUNT 4096u

uint16_t pcid_alloc(void); /* 0: all are in use, or the CPU has none */
/* No TLB may hold anything under it any more. */
void pcid_free(uint16_t pcid);

static inline cr3_t cr3_with(paddr_t root, uint16_t pcid)
{
	return (cr3_t){root.value | pcid | (pcid ? CR3_KEEP : 0)};
}

static inline uint16_t pcid_of(cr3_t cr3)
{
	return cr3.value % PCID_COUNT;
}
