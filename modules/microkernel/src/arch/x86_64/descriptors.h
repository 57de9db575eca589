/*
 * A CPU's stacks, and the tables by which it finds them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct cpu;

enum trap_stack { STACK_NMI, STACK_MACHINE_CHECK, STACK_DOUBLE_FAULT, TRAP_STACKS };

/* Their tops. Below each lies an unmapped page. */
struct cpu_stacks {
	uint64_t kernel;
	uint64_t traps[TRAP_STACKS];
};

/* Segment, task and interrupt tables of a CPU. */
void descriptors_init(struct cpu *cpu, const struct cpu_stacks *stacks);
/* This CPU, which is that one, uses them; its GS base. */
void load_descriptors(const struct cpu *cpu);
/* Of this CPU. */
bool is_on_kernel_stack(uint64_t address);
