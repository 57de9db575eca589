/*
 * The second half of the architecture's start, called by kernel_main once pages can be allocated.
 */
#include "arch/arch.h"
#include "arch/x86_64/acpi_tables.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/start_cpus.h"

static RO_AFTER_INIT struct acpi_machine machine;

void arch_init(const struct boot_source *source)
{
	acpi_read(source->rsdp.value, kernel_map_memory, &machine); /* what the firmware tells */
	irq_init(&machine);                                         /* device lines can be bound */
	clock_init(source->entry_ticks, machine.pm_timer_port);     /* time and the timer work */
	fpu_init();                                                 /* threads may own FPU state */
}

void arch_start_cpus(const struct boot_source *source)
{
	start_cpus(&machine, source->low_page);
}

void arch_seal(void)
{
	kernel_map_seal();
}
