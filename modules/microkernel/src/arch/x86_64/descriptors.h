#pragma once
#include <stdint.h>

struct cpu;

/* Segment, task and interrupt tables for this CPU; its GS base. kernel_stack and trap_stacks are tops. */
void descriptors_init(struct cpu *cpu, uint64_t kernel_stack, uint64_t trap_stacks);
