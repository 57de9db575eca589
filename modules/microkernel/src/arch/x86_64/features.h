/*
 * What this CPU offers, by CPUID.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct cpu_features {
	bool has_huge_pages; /* 1 GiB */
	bool has_global_pages;
	bool has_machine_check;
	bool has_smep, has_smap, has_umip, has_fsgsbase;
	bool has_pcid; /* and INVPCID */
	bool has_xsave;
	bool has_tsc_deadline;
	bool has_x2apic;
	bool has_invariant_tsc;
	bool has_rdtscp;
	bool has_branch_barrier; /* IBPB */
	bool has_lasting_ibrs;   /* set once, it holds on every way into the kernel */
	uint8_t address_bits;    /* physical */
};
extern struct cpu_features cpu_features;

void features_detect(void);
/* Control registers, page attributes, SYSCALL. CR3 is kernel_root: PCIDs are switched on while its low bits are 0. */
void features_enable(void);
