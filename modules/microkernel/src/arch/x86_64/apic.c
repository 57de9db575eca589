/*
 * The local APIC: end of interrupt and the one-shot timer. Registers are reached by memory (xAPIC); if the
 * firmware left the CPU in x2APIC mode it is put back. The 8259 controllers are moved away from the
 * exception vectors and masked, since they can raise spurious interrupts even then.
 */
#include "arch/x86_64/apic.h"
#include <stddef.h>
#include "panic.h"
#include "arch/arch.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"

#define APIC_BYTES 4096
#define REG_ID 0x20
#define REG_PRIORITY 0x80
#define REG_EOI 0xb0
#define REG_SPURIOUS 0xf0
#define REG_ERRORS 0x280
#define REG_COMMAND 0x300
#define REG_TARGET 0x310
#define REG_LVT_TIMER 0x320
#define REG_LVT_LINT0 0x350
#define REG_LVT_LINT1 0x360
#define REG_LVT_ERROR 0x370
#define REG_TIMER_START 0x380
#define REG_TIMER_COUNT 0x390
#define REG_TIMER_DIVIDE 0x3e0

#define LVT_MASKED 0x10000u
#define LVT_NMI 0x400u
#define LVT_TIMER_DEADLINE 0x40000u
#define COMMAND_NMI 0x400u
#define COMMAND_INIT 0x500u
#define COMMAND_START 0x600u
#define COMMAND_BUSY 0x1000u
#define COMMAND_ASSERT 0x4000u
#define COMMAND_ALL_OTHERS 0xc0000u
#define SPURIOUS_ENABLE 0x100u
#define DIVIDE_BY_1 0xbu
#define BASE_ENABLED (1ul << 11)
#define BASE_X2APIC (1ul << 10)

#define PIC1 0x20
#define PIC2 0xa0

static RO_AFTER_INIT volatile uint32_t *registers;

static uint32_t read(unsigned reg)
{
	return registers[reg / 4];
}

static void write(unsigned reg, uint32_t value)
{
	registers[reg / 4] = value;
}

void pic_disable(void)
{
	outb(PIC1, 0x11); /* initialise, four words */
	outb(PIC2, 0x11);
	outb(PIC1 + 1, VECTOR_PIC);
	outb(PIC2 + 1, VECTOR_PIC + 8);
	outb(PIC1 + 1, 4); /* the second one hangs on input 2 */
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, 1);
	outb(PIC2 + 1, 1);
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
}

static void enable_by_msr(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE);

	if (base & BASE_X2APIC) {
		base &= ~(BASE_X2APIC | BASE_ENABLED); /* there is no direct way back */
		msr_write(MSR_APIC_BASE, base);
	}
	msr_write(MSR_APIC_BASE, base | BASE_ENABLED);
}

static void set_up(void)
{
	write(REG_PRIORITY, 0);
	write(REG_LVT_LINT0, LVT_MASKED);
	write(REG_LVT_LINT1, LVT_NMI);
	write(REG_LVT_ERROR, VECTOR_ERROR);
	write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
	write(REG_ERRORS, 0);
	write(REG_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
}

void apic_init(uint64_t address)
{
	enable_by_msr();
	registers = kernel_map_device(address, APIC_BYTES);
	if (!registers)
		panic("the local APIC at %lx cannot be mapped", address);
	set_up();
}

void apic_init_cpu(void)
{
	enable_by_msr();
	set_up();
}

uint32_t apic_id(void)
{
	return read(REG_ID) >> 24;
}

static void command(uint32_t target, uint32_t what)
{
	while (read(REG_COMMAND) & COMMAND_BUSY)
		arch_relax();
	write(REG_TARGET, target << 24);
	write(REG_COMMAND, what);
}

void apic_send(uint32_t target, uint8_t vector)
{
	command(target, COMMAND_ASSERT | vector);
}

void apic_send_init(uint32_t target)
{
	command(target, COMMAND_ASSERT | COMMAND_INIT);
}

void apic_send_start(uint32_t target, uint64_t page)
{
	command(target, COMMAND_ASSERT | COMMAND_START | (uint32_t)(page >> 12));
}

void apic_stop_others(void)
{
	if (registers)
		command(0, COMMAND_ASSERT | COMMAND_ALL_OTHERS | COMMAND_NMI);
}

void apic_eoi(void)
{
	write(REG_EOI, 0);
}

void apic_timer_mode(bool is_tsc_deadline)
{
	write(REG_LVT_TIMER, VECTOR_TIMER | (is_tsc_deadline ? LVT_TIMER_DEADLINE : 0));
}

void apic_timer_start(uint32_t count)
{
	write(REG_TIMER_START, count);
}

uint32_t apic_timer_count(void)
{
	return read(REG_TIMER_COUNT);
}
