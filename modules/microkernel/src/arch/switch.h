/*
 * What the scheduler and the fast paths want of an architecture inline: to go from one thread to another, without the detour
 * by nobody (arch_thread_switch), and the time.
 *
 * void arch_thread_switch_direct(struct cpu *cpu, struct thread *from, struct thread *to)
 *     on CPUs for which the entry code takes the fast paths;
 * void arch_thread_switch_any(struct cpu *cpu, struct thread *from, struct thread *to)
 *     on all.
 * uint64_t arch_ticks(const struct cpu *cpu)
 *     clock_ticks, on this CPU; not ordered with what comes before.
 */
#pragma once
#include "arch/x86_64/switch.h"
