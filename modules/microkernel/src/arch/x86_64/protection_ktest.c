/*
 * Protections as the CPU enforces them: accesses that must fault are made, with a page-fault handler of the test's own
 * that goes on at the address in rax and leaves 1 in edx. Whatever faults otherwise is a panic, as always.
 */
#include <base/string.h>
#include "cpu.h"
#include "ktest_fixture.h"
#include "page.h"
#include "progress.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/speculation.h"
#include "arch/x86_64/trap.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define JUMP_RAX 0xe0ff /* jmp *%rax */
#define CR0_WP (1ul << 16)

extern const char kernel_stack_guard[], nmi_stack_guard[], machine_check_stack_guard[],
	double_fault_stack_guard[];
extern const char kernel_text[], kernel_rodata[], ro_after_init_start[], ro_after_init_end[];
extern const char probe_fault[];

__asm__(".text\n"
        "probe_fault:\n\t"
        "addq $8, %rsp\n\t" /* the error code */
        "movq %rax, (%rsp)\n\t"
        "movl $1, %edx\n\t"
        "iretq");

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct gate {
	uint16_t offset_low, selector, flags, offset_middle;
	uint32_t offset_high, reserved;
};

static struct table_pointer live_table(void)
{
	struct table_pointer table;

	__asm__ volatile("sidt %0" : "=m"(table));
	return table;
}

static void load_table(struct table_pointer table)
{
	__asm__ volatile("lidt %0" : : "m"(table));
}

/* The table in use, but for page faults; the one to go back to. */
static struct table_pointer catch_faults(void)
{
	static struct gate gates[VECTOR_PAGE_FAULT + 1];
	struct table_pointer live = live_table();
	struct gate *gate = &gates[VECTOR_PAGE_FAULT];
	uint64_t handler = (uint64_t)probe_fault;

	memcpy(gates, (const void *)live.base, sizeof(gates));
	gate->offset_low = (uint16_t)handler;
	gate->offset_middle = (uint16_t)(handler >> 16);
	gate->offset_high = (uint32_t)(handler >> 32);
	load_table((struct table_pointer){sizeof(gates) - 1, (uint64_t)gates});
	return live;
}

/* Defines a function that says whether the instruction, given an address in operand 1, ends at probe_fault, which goes on
 * behind it. */
#define FAULT_PROBE(name, instruction) \
	static bool name(const void *at) \
	{ \
		struct table_pointer live = catch_faults(); \
		uint32_t is_fault; \
\
		__asm__ volatile("leaq 1f(%%rip), %%rax\n\t" \
		                 "xorl %%edx, %%edx\n\t" instruction "\n" \
		                 "1:" \
		                 : "=&d"(is_fault) \
		                 : "r"(at) \
		                 : "rax", "rcx", "memory"); \
		load_table(live); \
		return is_fault; \
	}

FAULT_PROBE(faults_on_read, "movb (%1), %%cl")
FAULT_PROBE(faults_on_write, "lock orb $0, (%1)") /* writes what is there */
FAULT_PROBE(faults_on_execution, "jmp *%1")       /* JUMP_RAX is there */

static void check_guard(uint64_t guard, uint64_t stack_bytes)
{
	KCHECK(faults_on_write((const void *)guard));
	KCHECK(faults_on_read((const void *)(guard + PAGE_SIZE - 1)));
	KCHECK(!faults_on_write((const void *)(guard + PAGE_SIZE)));
	KCHECK(!faults_on_write((const void *)(guard + PAGE_SIZE + stack_bytes - 1)));
}

KTEST(every_stack_has_a_guard_page)
{
	check_guard((uint64_t)kernel_stack_guard, KERNEL_STACK_BYTES);
	check_guard((uint64_t)nmi_stack_guard, TRAP_STACK_BYTES);
	check_guard((uint64_t)machine_check_stack_guard, TRAP_STACK_BYTES);
	check_guard((uint64_t)double_fault_stack_guard, TRAP_STACK_BYTES);
	for (unsigned i = 1; i < cpu_count; i++)
		check_guard(cpus[i].kernel_stack - KERNEL_STACK_BYTES - PAGE_SIZE,
		            KERNEL_STACK_BYTES);
}

KTEST(frames_are_looked_for_on_stacks_only)
{
	uint64_t here = (uint64_t)__builtin_frame_address(0);

	KCHECK(is_on_kernel_stack(here) && is_on_kernel_stack(this_cpu()->kernel_stack));
	KCHECK(!is_on_kernel_stack((uint64_t)kernel_stack_guard + PAGE_SIZE - 1));
	KCHECK(!is_on_kernel_stack(this_cpu()->kernel_stack + 8));
	KCHECK(!is_on_kernel_stack(0) && !is_on_kernel_stack(UINT64_MAX));
}

KTEST(tables_are_constant_after_boot)
{
	struct table_pointer idt = live_table();
	struct table_pointer gdt;

	__asm__ volatile("sgdt %0" : "=m"(gdt));
	KCHECK(faults_on_write((const void *)idt.base));
	KCHECK(faults_on_write((const void *)gdt.base));
	KCHECK(faults_on_write(&cpu_features) && faults_on_write(&kernel_root));
	for (const char *p = ro_after_init_start; p < ro_after_init_end; p += PAGE_SIZE) {
		KCHECK(faults_on_write(p) && !faults_on_read(p));
		KCHECK(faults_on_write(direct(PADDR((uint64_t)(p - image_base)))));
	}
	KCHECK(!faults_on_write(ro_after_init_end));
}

KTEST(code_and_constants_cannot_be_written_to)
{
	static uint16_t data = JUMP_RAX;

	KCHECK(faults_on_write(kernel_text) && faults_on_write(kernel_rodata));
	KCHECK(!faults_on_write(&data) && faults_on_execution(&data));
	KCHECK(faults_on_execution(kernel_rodata));
	KCHECK(cr0_read() & CR0_WP);
}

/* A page that user mode may read, write and execute is out of bounds for the kernel, where the CPU can see to that. */
KTEST(user_pages_are_neither_read_nor_executed)
{
	struct fixture f = fixture_create(100);
	uint16_t *page;

	fixture_map(&f.process->aspace, NULL, AT, PAGE_SIZE, MAP_READ | MAP_WRITE | MAP_EXECUTE);
	page = (uint16_t *)fixture_touch(&f.process->aspace, AT, MAP_WRITE);
	*page = JUMP_RAX;
	cr3_write(f.process->aspace.pt.root.value);
	KCHECK(faults_on_read((const void *)AT) == cpu_features.has_smap);
	KCHECK(faults_on_write((const void *)AT) == cpu_features.has_smap);
	KCHECK(faults_on_execution((const void *)AT) == cpu_features.has_smep);
	cr3_write(kernel_root.value);
	fixture_destroy(&f);
}

/* Under the number of its root a page may be cached when the root is loaded again. tlb_test.c has a TLB that keeps all. */
KTEST(a_page_that_went_while_its_root_was_away_is_not_read)
{
	struct fixture f = fixture_create(100);
	struct thread *thread = fixture_running(&f, AT + PAGE_SIZE);
	struct pagetable *pt = &f.process->aspace.pt;
	uint64_t cr4 = cr4_read();
	uint64_t start = AT;
	unsigned budget = STEP_BUDGET;

	fixture_map(&f.process->aspace, NULL, AT, PAGE_SIZE, MAP_READ | MAP_WRITE);
	KCHECK(fixture_touch(&f.process->aspace, AT, MAP_WRITE));
	cr4_write(cr4 & ~CR4_SMAP);
	cr3_write(thread->arch.native_root.value);
	KCHECK(!faults_on_read((const void *)AT));
	cr3_write(kernel_root.value);
	KCHECK(pt_drop(pt, &start, AT + PAGE_SIZE, &budget));
	cr3_write(thread->arch.native_root.value);
	KCHECK(faults_on_read((const void *)AT));
	cr3_write(kernel_root.value);
	cr4_write(cr4);
	thread_end(thread);
	kobject_unref(&thread->obj);
	fixture_destroy(&f);
}

static void check_bit(uint64_t bit, bool is_there)
{
	KCHECK(!!(cr4_read() & bit) == is_there);
}

/* Nothing is switched on that CPUID does not name, nothing left off that it does. */
KTEST(control_bits_are_those_of_cpuid)
{
	struct cpuid more = {0};

	if (cpuid(0, 0).eax >= 7)
		more = cpuid(7, 0);
	check_bit(CR4_SMEP, more.ebx >> 7 & 1);
	check_bit(CR4_SMAP, more.ebx >> 20 & 1);
	check_bit(CR4_UMIP, more.ecx >> 2 & 1);
	check_bit(CR4_FSGSBASE, more.ebx & 1);
	check_bit(CR4_PCIDE, cpuid(1, 0).ecx >> 17 & more.ebx >> 10 & 1);
}

KTEST(branch_barriers_are_used_where_cpuid_has_them_only)
{
	bool is_named = cpuid(0x80000000, 0).eax >= 0x80000008 &&
	                cpuid(0x80000008, 0).ebx >> 12 & 1;

	if (cpuid(0, 0).eax >= 7)
		is_named |= cpuid(7, 0).edx >> 26 & 1;
	KCHECK(cpu_features.has_branch_barrier == is_named);
	KCHECK(!cpu_features.has_lasting_ibrs || is_named);
	speculation_fill_returns(); /* comes back, with the stack as it was */
}

KTEST(an_index_out_of_range_is_zero)
{
	static const uint64_t counts[] = {0, 1, 2, 192, 1ul << 32, UINT64_MAX};

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint64_t index = counts[i];
		uint64_t last = counts[i] - 1;
		uint64_t most = UINT64_MAX;

		KCHECK(!index_within(&index, counts[i]) && index == 0);
		KCHECK(!index_within(&most, counts[i]) && most == 0);
		if (counts[i])
			KCHECK(index_within(&last, counts[i]) && last == counts[i] - 1);
	}
}
