/*
 * PCIDs: numbers by which a TLB keeps apart what it holds of different roots. 0 is shared by kernel_root and by all
 * roots that have none of their own; whoever loads one of these drops what is cached under 0.
 */
#pragma once
#include <stdint.h>

#define PCID_COUNT 4096u

uint16_t pcid_alloc(void); /* 0: all are in use, or the CPU has none */
/* No TLB may hold anything under it any more. */
void pcid_free(uint16_t pcid);
