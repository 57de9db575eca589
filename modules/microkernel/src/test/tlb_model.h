/*
 * The TLBs of several CPUs as the manual allows them to be at their worst: whatever was walked stays, tables on the way
 * included, until an instruction says that it goes. Behind cr3_write, invlpg and invpcid, on the CPU that GS says.
 */
#pragma once
#include "cpu.h"

void tlb_model_begin(bool has_pcid);
void tlb_model_run_on(struct cpu *cpu);
/* The test's: called after each instruction, for what CPUs do meanwhile. */
void tlb_model_meanwhile(void);

/* Rights of a way through tables. */
#define WAY_WRITE 1u
#define WAY_EXECUTE 2u

struct way {
	uint64_t to; /* a table or page; 0: nowhere */
	unsigned rights;
};
/* What the CPU's user code finds at an address; 0: it faults, and what led there goes. */
paddr_t tlb_model_access(uint64_t va, bool is_write);
/* The CPU walks there of its own accord, which is no fault, whatever it finds. */
struct way tlb_model_look_ahead(uint64_t va);
/* Through the tables as they are: what the entry of that level leads to. */
struct way tlb_model_walk(uint64_t root, uint64_t va, int level);

/* One thing that is cached. */
struct cached {
	bool is_there;
	uint16_t pcid;
	int level;   /* of the entry; 1: a page */
	uint64_t va; /* the first that it is for */
	struct way way;
};
typedef void cached_look_t(const struct cpu *cpu, const struct cached *cached);
void tlb_model_look(const struct cpu *cpu, cached_look_t *look);
