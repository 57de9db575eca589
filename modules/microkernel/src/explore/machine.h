/*
 * The machine under a world: CPUs, memory and what else the architecture gives the kernel.
 */
#pragma once
#include <stdint.h>
#include "cpu.h"

/* What arch_set_result and arch_syscall_restart leave in a thread's rax. */
#define NO_RESULT 0x1111ull
#define RESTARTED 0x2222ull
#define TRAPPED 0x3300ull /* and the trap: arch_guest_trap */

/* The one word that a guest can read, and what is there. */
#define MACHINE_WORD 0x400000ull
#define MACHINE_VALUE 5u

void machine_build(unsigned cpus);
/* From now on the code that runs is that CPU's. */
void machine_be_cpu(unsigned id);
/* An interrupt comes only in user mode, where a CPU is unless it says otherwise. */
void machine_enter_kernel(unsigned id);
void machine_leave_kernel(unsigned id);
bool machine_is_in_kernel(unsigned id);
void machine_set_time(uint64_t ns);
uint64_t machine_blocks(void);                     /* kernel memory and pages that are in use */
bool machine_has_registers(const struct cpu *cpu); /* those of its current thread, if it has one */
