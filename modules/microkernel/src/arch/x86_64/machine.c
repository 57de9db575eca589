/*
 * Stopping the machine. With `debugexit` on the command line QEMU ends with (code << 1) | 1
 * (-device isa-debug-exit,iobase=0xf4,iosize=4); otherwise the CPU halts for good.
 */
#include "arch/x86_64/machine.h"
#include <stdbool.h>
#include <base/string.h>
#include "arch/arch.h"
#include "arch/x86_64/instructions.h"

#define DEBUG_EXIT_PORT 0xf4

static RO_AFTER_INIT bool has_debug_exit;

/* A word of its own in the command line. */
bool machine_has_option(const char *cmdline, const char *option)
{
	size_t len = strlen(option);

	while (*cmdline) {
		if (strncmp(cmdline, option, len) == 0 &&
		    (cmdline[len] == '\0' || cmdline[len] == ' '))
			return true;
		while (*cmdline && *cmdline != ' ')
			cmdline++;
		while (*cmdline == ' ')
			cmdline++;
	}
	return false;
}

void machine_read_options(const char *cmdline)
{
	has_debug_exit = machine_has_option(cmdline, "debugexit");
}

uint64_t arch_image_slide(void)
{
	return (uint64_t)image_base - KERNEL_LINK_BASE;
}

void arch_halt_forever(unsigned code)
{
	if (has_debug_exit)
		outl(DEBUG_EXIT_PORT, code);
	for (;;)
		__asm__ volatile("cli; hlt");
}
