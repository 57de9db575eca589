#pragma once
#include "arch/arch.h"
#include "arch/x86_64/acpi_tables.h"

/* Starts the CPUs that the tables name, one after the other, each from low_page (below 1 MiB; 0: none are started). */
void start_cpus(const struct acpi_machine *machine, paddr_t low_page);
