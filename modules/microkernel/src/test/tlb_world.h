/*
 * What flushes are about: three CPUs, processes with two threads each, spaces that these can be bound to, page tables of
 * both kinds with private pages, and the invariant that nothing which a CPU may still use says more than the tables do.
 */
#pragma once
#include "test/tlb_model.h"
#include "thread.h"

#define CPUS 3u
#define TREES 3u /* of each kind */
#define THREADS 6u
#define NUMBERS (3 * TREES - 1) /* for all roots: the last space has one for guest and monitor */
#define PAGES 40u               /* as many as make a table worth sharing */
#define VARIED 6u               /* of which these are worked on alone */
#define GUEST_AT 0x400000ul
#define NATIVE_AT (NATIVE_BASE + GUEST_AT)
#define REGIONS 4u

extern struct pagetable natives[TREES], spaces[TREES];
extern struct thread threads[THREADS]; /* i belongs to natives[i % TREES] */
/* Where pages are: below one table, below others of the second and third level, in another slot of the root. */
extern const uint64_t world_regions[REGIONS];
/* Set: CPUs look ahead at any time. */
extern bool world_is_walking;

/* All trees empty, all CPUs idle. numbers: of PCIDs that are left for the trees. */
void world_begin(bool has_pcid, unsigned numbers);
void world_end(void); /* nothing is left */
void world_check(void);
unsigned world_pick(unsigned count); /* below count, at random */

/* The thread becomes the CPU's current one; whoever runs there makes room. world_run enters user mode besides. */
void world_switch(struct thread *thread, struct cpu *cpu);
void world_enter_user(struct cpu *cpu);
void world_run(struct thread *thread, struct cpu *cpu);
void world_go_idle(struct cpu *cpu);
void world_set_mode(struct thread *thread, enum thread_mode mode);
paddr_t world_access(struct cpu *cpu, uint64_t va, bool is_write);
/* All CPUs walk to some places, as programs have them do or as they like. */
void world_look_around(unsigned looks);
/* False: another process's threads have the space. */
bool world_bind(struct thread *thread, struct pagetable *space);
/* Off its CPU and out of its space: it ended, but for that it can be run again. */
void world_take_off(struct thread *thread);

void world_map(struct pagetable *pt, uint64_t va, unsigned flags);
void world_unmap(struct pagetable *pt, uint64_t va);
void world_protect(struct pagetable *pt, uint64_t va, unsigned flags);
void world_drop(struct pagetable *pt, uint64_t at, uint64_t end);
void world_fill(struct pagetable *pt, uint64_t at); /* PAGES */
uint64_t world_base(const struct pagetable *pt);    /* of its part of the address space */
void world_destroy_space(struct pagetable *space);
/* The process ends, and another one begins in its place. */
void world_destroy_native(struct pagetable *native);
