/*
 * I/O ports for the ioport object: 1, 2 or 4 bytes wide, checked by the caller.
 */
#include <base/assert.h>
#include "arch/arch.h"
#include "arch/x86_64/instructions.h"

uint32_t arch_port_in(uint16_t port, unsigned width)
{
	switch (width) {
	case 1: return inb(port);
	case 2: return inw(port);
	case 4: return inl(port);
	}
	UNREACHABLE();
}

void arch_port_out(uint16_t port, unsigned width, uint32_t value)
{
	switch (width) {
	case 1: outb(port, (uint8_t)value); return;
	case 2: outw(port, (uint16_t)value); return;
	case 4: outl(port, value); return;
	}
	UNREACHABLE();
}

void arch_port_out_bytes(uint16_t port, const uint8_t *bytes, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		outb(port, bytes[i]);
}
