/*
 * Segments, the task state (which holds the stacks that entries switch to) and the interrupt table. GS is set
 * here too: this_cpu() works from descriptors_init on.
 */
#include "arch/x86_64/descriptors.h"
#include <base/assert.h>
#include <microkernel/abi.h>
#include "cpu.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/trap.h"

#define GATES 256
#define GATE_INTERRUPT 0x8e00
#define GATE_USER 0x6000 /* may be raised by an INT instruction of user mode */
#define SEGMENT_TSS 0x89ul

struct gate {
	uint16_t offset_low, selector, flags, offset_middle;
	uint32_t offset_high, reserved;
};

struct task_state {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, io_map;
} __attribute__((packed));

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static RO_AFTER_INIT struct gate gates[GATES];
static RO_AFTER_INIT struct task_state tasks[CPUS_MAX];
static RO_AFTER_INIT uint64_t segments[CPUS_MAX][8];

STATIC_ASSERT(SEGMENT_CPU_NUMBER >> 3 == 7);

STATIC_ASSERT(sizeof(struct gate) == 16);
STATIC_ASSERT(sizeof(struct task_state) == 104);

static void set_gate(unsigned vector, uint64_t handler, unsigned ist, unsigned extra)
{
	gates[vector] = (struct gate){
		.offset_low = (uint16_t)handler,
		.offset_middle = (uint16_t)(handler >> 16),
		.offset_high = (uint32_t)(handler >> 32),
		.selector = SEL_KERNEL_CODE,
		.flags = (uint16_t)(GATE_INTERRUPT | ist | extra),
	};
}

static void fill_gates(void)
{
	for (unsigned v = 0; v < GATES; v++)
		set_gate(v, (uint64_t)trap_stubs + v * 16, 0, 0);
	set_gate(VECTOR_BREAKPOINT, (uint64_t)trap_stubs + VECTOR_BREAKPOINT * 16, 0, GATE_USER);
	set_gate(VECTOR_OVERFLOW, (uint64_t)trap_stubs + VECTOR_OVERFLOW * 16, 0, GATE_USER);
	set_gate(VECTOR_NMI, (uint64_t)trap_fatal_nmi, 1 + STACK_NMI, 0);
	set_gate(VECTOR_MACHINE_CHECK, (uint64_t)trap_fatal_machine, 1 + STACK_MACHINE_CHECK, 0);
	set_gate(VECTOR_DOUBLE_FAULT, (uint64_t)trap_fatal_double, 1 + STACK_DOUBLE_FAULT, 0);
}

/* entry.S finds the CPU's address at the top of each of these stacks. */
static uint64_t trap_stack(const struct cpu *cpu, uint64_t top)
{
	*(const struct cpu **)(top - 16) = cpu;
	return top - 16;
}

static void fill_task(struct task_state *task, const struct cpu *cpu,
                      const struct cpu_stacks *stacks)
{
	*task = (struct task_state){.io_map = sizeof(*task)};
	task->rsp[0] = stacks->kernel;
	for (unsigned i = 0; i < TRAP_STACKS; i++)
		task->ist[i] = trap_stack(cpu, stacks->traps[i]);
}

static void fill_segments(uint64_t *segment, const struct task_state *task, unsigned id)
{
	uint64_t base = (uint64_t)task;

	segment[1] =
		0x00af9b000000ffff; /* kernel code; accessed bits set: the table is not written to */
	segment[2] = 0x00cf93000000ffff; /* kernel data */
	segment[3] = 0x00cff3000000ffff; /* user data */
	segment[4] = 0x00affb000000ffff; /* user code, 64-bit */
	segment[5] = (sizeof(*task) - 1) | (base & 0xffffff) << 16 | SEGMENT_TSS << 40 |
	             (base >> 24 & 0xff) << 56;
	segment[6] = base >> 32;
	segment[7] = 0x0040f10000000000 | id; /* user data, read-only; the limit in bytes */
}

static void load_segments(const uint64_t *segment)
{
	struct table_pointer gdt = {sizeof(segments[0]) - 1, (uint64_t)segment};
	struct table_pointer idt = {sizeof(gates) - 1, (uint64_t)gates};

	__asm__ volatile("lgdt %0\n\t"
	                 "pushq %2\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "lretq\n"
	                 "1:\tmovl %3, %%eax\n\t"
	                 "movl %%eax, %%ss\n\t"
	                 "xorl %%eax, %%eax\n\t"
	                 "movl %%eax, %%ds\n\t"
	                 "movl %%eax, %%es\n\t"
	                 "movl %%eax, %%fs\n\t"
	                 "movl %%eax, %%gs\n\t"
	                 "lidt %1\n\t"
	                 "movl %4, %%eax\n\t"
	                 "ltr %%ax"
	                 :
	                 : "m"(gdt), "m"(idt), "i"(SEL_KERNEL_CODE), "i"(SEL_KERNEL_DATA),
	                   "i"(SEL_TSS)
	                 : "rax", "memory");
}

void descriptors_init(struct cpu *cpu, const struct cpu_stacks *stacks)
{
	unsigned id = (unsigned)(cpu - cpus);

	cpu->self = cpu;
	cpu->id = id;
	cpu->kernel_stack = stacks->kernel;
	if (id == 0)
		fill_gates();
	fill_task(&tasks[id], cpu, stacks);
	fill_segments(segments[id], &tasks[id], id);
}

bool is_on_kernel_stack(uint64_t address)
{
	const struct task_state *task = &tasks[this_cpu()->id];

	if (task->rsp[0] - address <= KERNEL_STACK_BYTES)
		return true;
	for (unsigned i = 0; i < TRAP_STACKS; i++)
		if (task->ist[i] - address <= TRAP_STACK_BYTES - 16)
			return true;
	return false;
}

void load_descriptors(const struct cpu *cpu)
{
	load_segments(segments[cpu->id]);
	msr_write(MSR_GS_BASE, (uint64_t)cpu);
	msr_write(MSR_KERNEL_GS_BASE, 0);
}
