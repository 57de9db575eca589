#pragma once
#include "arch/x86_64/acpi_tables.h"

/* Interrupt controllers as the tables describe them, or where they usually are. */
void irq_init(const struct acpi_machine *machine);
