#pragma once
#include <stdint.h>

struct cpu;

/* Segment, task and interrupt tables of a CPU. kernel_stack and trap_stacks are tops. */
void descriptors_init(struct cpu *cpu, uint64_t kernel_stack, uint64_t trap_stacks);
/* This CPU, which is that one, uses them; its GS base. */
void load_descriptors(const struct cpu *cpu);
