/*
 * From the first C instruction to kernel_main: boot.S calls arch_start on the boot CPU with the first 4 GiB
 * mapped. Both boot protocols end in one struct boot_source.
 */
#include "arch/x86_64/boot.h"
#include <base/assert.h>
#include <base/string.h>
#include "cpu.h"
#include "panic.h"
#include "printk.h"
#include "arch/x86_64/acpi_tables.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/serial.h"

#define EARLY_LIMIT (4ul << 30)
#define MEMORY_MIN (6ul << 20)

extern const char kernel_stack_top[], nmi_stack_top[], machine_check_stack_top[],
	double_fault_stack_top[];

static struct boot_facts facts;

static const void *early_memory(uint64_t at, uint64_t bytes)
{
	if (at == 0 || bytes > EARLY_LIMIT || at > EARLY_LIMIT - bytes)
		return NULL;
	return direct(PADDR(at));
}

const char *boot_read(uint32_t protocol, uint32_t info, struct boot_facts *out)
{
	switch (protocol) {
	case BOOT_PVH: return boot_read_pvh(info, early_memory, out);
	case BOOT_MULTIBOOT2: return boot_read_multiboot2(info, early_memory, out);
	}
	return "the loader speaks neither PVH nor multiboot2";
}

static uint64_t total_bytes(const struct boot_source *source)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < source->range_count; i++)
		total += source->ranges[i].bytes;
	return total;
}

static void check_size(const struct boot_source *source)
{
	uint64_t bytes = total_bytes(source);

	if (bytes < MEMORY_MIN)
		cannot_start(
			"%lu KiB of memory are free beside what was loaded; at least %lu KiB are needed",
			bytes >> 10, MEMORY_MIN >> 10);
}

void arch_start(uint32_t protocol, uint32_t info, uint64_t ticks)
{
	const struct cpu_stacks stacks = {
		.kernel = (uint64_t)kernel_stack_top,
		.traps = {[STACK_NMI] = (uint64_t)nmi_stack_top,
	                  [STACK_MACHINE_CHECK] = (uint64_t)machine_check_stack_top,
	                  [STACK_DOUBLE_FAULT] = (uint64_t)double_fault_stack_top},
	};
	const char *problem;

	serial_init(); /* printk reaches COM1 */
	descriptors_init(&cpus[0], &stacks);
	load_descriptors(&cpus[0]); /* faults are reported; this_cpu works */
	features_detect();
	problem = boot_read(protocol, info, &facts);
	if (problem)
		cannot_start("%s", problem);
	facts.source.entry_ticks = ticks;
	machine_read_options(facts.cmdline); /* debugexit */
	boot_ranges_build(&facts);
	kernel_map_init(&facts); /* RAM is mapped, the image protected */
	kernel_map_reclaim_boot(&facts);
	if (!facts.source.rsdp.value)
		facts.source.rsdp = PADDR(acpi_find_root(kernel_map_memory));
	features_enable(); /* SMEP, SMAP, SYSCALL ... */
	check_size(&facts.source);
	kernel_main(&facts.source);
}
