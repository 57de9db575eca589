/*
 * Starting the other CPUs: INIT and start-up messages as Intel's SDM vol. 3, 8.4.4 has them. Each gets its stacks
 * with an unmapped page below, comes up by start_cpu.S, sets itself up as the boot CPU did, agrees with it about
 * the time, and idles. A CPU that does not answer is left alone, and so are those after it.
 */
#include "arch/x86_64/start_cpus.h"
#include <base/string.h>
#include "cpu.h"
#include "domain.h"
#include "page.h"
#include "printk.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pte.h"

#define INIT_WAIT_NS 10000000ul
#define START_WAIT_NS 200000ul
#define ANSWER_WAIT_NS 1000000000ul
#define ROOT_PAGES 3u

struct start_parameters {
	uint64_t root, stack;
	struct cpu *cpu;
	void (*entry)(struct cpu *cpu);
};
extern const char start_cpu_code[], start_cpu_parameters[], start_cpu_end[];

enum start { START_WAITING, START_COMING, START_DONE, START_GIVEN_UP };
static uint32_t start_state; /* [a] of the CPU that is being started */

static void wait(uint64_t ns)
{
	uint64_t end = clock_now_ns() + ns;

	while (clock_now_ns() < end)
		arch_relax();
}

/* The kernel's root, and the first 2 MiB at their own address. */
static bool make_root(paddr_t pages[ROOT_PAGES])
{
	uint64_t *root;

	for (unsigned i = 0; i < ROOT_PAGES; i++) {
		pages[i] = page_alloc_zeroed(domain_root());
		if (!pages[i].value || pages[i].value > UINT32_MAX)
			return false;
	}
	root = direct(pages[0]);
	memcpy(root, direct(kernel_root), PAGE_SIZE);
	root[0] = pages[1].value | PTE_PRESENT | PTE_WRITE;
	*(uint64_t *)direct(pages[1]) = pages[2].value | PTE_PRESENT | PTE_WRITE;
	*(uint64_t *)direct(pages[2]) = PTE_PRESENT | PTE_WRITE | PTE_LARGE;
	return true;
}

static void free_root(const paddr_t pages[ROOT_PAGES])
{
	for (unsigned i = 0; i < ROOT_PAGES; i++)
		if (pages[i].value)
			page_unref(pages[i]);
}

static bool advance(enum start from, enum start to)
{
	uint32_t expected = from;

	return __atomic_compare_exchange_n(&start_state, &expected, to, false, __ATOMIC_ACQ_REL,
	                                   __ATOMIC_ACQUIRE);
}

/* The first C instructions of another CPU. One that comes too late finds its tables write-protected. */
static void cpu_main(struct cpu *cpu)
{
	if (!advance(START_WAITING, START_COMING))
		for (;;)
			__asm__ volatile("cli; hlt");
	cr3_write(kernel_root.value);
	load_descriptors(cpu); /* this_cpu works, faults are reported */
	features_enable();
	cpu->loaded_root = (cr3_t){kernel_root.value};
	apic_init_cpu();
	fpu_init_cpu();
	clock_init_cpu();
	__atomic_store_n(&start_state, START_DONE, __ATOMIC_RELEASE);
	arch_return_to_user();
}

static void write_parameters(struct cpu *cpu, paddr_t low_page, paddr_t root)
{
	char *page = direct(low_page);
	struct start_parameters parameters = {
		.root = root.value,
		.stack = cpu->kernel_stack,
		.cpu = cpu,
		.entry = cpu_main,
	};

	memcpy(page, start_cpu_code, (size_t)(start_cpu_end - start_cpu_code));
	memcpy(page + (start_cpu_parameters - start_cpu_code), &parameters, sizeof(parameters));
}

/* True when it has started; meanwhile it compares clocks with us. */
static bool wait_for_answer(void)
{
	uint64_t end = clock_now_ns() + ANSWER_WAIT_NS;

	while (__atomic_load_n(&start_state, __ATOMIC_ACQUIRE) != START_DONE) {
		if (clock_now_ns() > end && advance(START_WAITING, START_GIVEN_UP))
			return false;
		clock_answer_cpu();
		arch_relax();
	}
	return true;
}

static bool make_stacks(struct cpu_stacks *stacks)
{
	bool is_complete = true;

	stacks->kernel = kernel_map_stack(KERNEL_STACK_BYTES);
	for (unsigned i = 0; i < TRAP_STACKS; i++) {
		stacks->traps[i] = kernel_map_stack(TRAP_STACK_BYTES);
		is_complete &= stacks->traps[i] != 0;
	}
	return is_complete && stacks->kernel;
}

static bool start(struct cpu *cpu, paddr_t low_page, paddr_t root)
{
	struct cpu_stacks stacks;

	if (!make_stacks(&stacks))
		return false;
	cpu_init(cpu);
	descriptors_init(cpu, &stacks);
	write_parameters(cpu, low_page, root);
	start_state = START_WAITING;
	apic_send_init(cpu->apic_id);
	wait(INIT_WAIT_NS);
	for (unsigned i = 0; i < 2; i++) { /* the second is ignored by who has heard the first */
		apic_send_start(cpu->apic_id, low_page.value);
		wait(START_WAIT_NS);
	}
	return wait_for_answer();
}

void start_cpus(const struct acpi_machine *machine, paddr_t low_page)
{
	paddr_t root[ROOT_PAGES] = {0};

	cpus[0].apic_id = apic_id();
	if (machine->cpu_count < 2)
		return;
	if (!low_page.value || !make_root(root)) {
		printk("no memory from which other CPUs could start\n");
		free_root(root);
		return;
	}
	for (unsigned i = 0; i < machine->cpu_count && cpu_count < CPUS_MAX; i++) {
		struct cpu *cpu = &cpus[cpu_count];

		cpu->apic_id = machine->cpus[i];
		if (cpu->apic_id == cpus[0].apic_id || !apic_reaches(cpu->apic_id))
			continue;
		if (!start(cpu, low_page, root[0])) {
			printk("CPU %u (APIC %u) does not start\n", cpu_count, cpu->apic_id);
			return; /* it may still come: what it would use stays */
		}
		cpu_count++;
	}
	free_root(root);
	printk("%u CPUs\n", cpu_count);
}
