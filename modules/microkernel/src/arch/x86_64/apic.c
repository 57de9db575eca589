/*
 * The local APIC: end of interrupt, messages to other CPUs and the one-shot timer. Its registers are MSRs where CPUID has
 * x2APIC, which needs no memory accesses and knows CPUs beyond 255; else they lie in memory. The 8259 controllers are moved away from the
 * exception vectors and masked, since they can raise spurious interrupts even then.
 */
#include "arch/x86_64/apic.h"
#include <stddef.h>
#include "panic.h"
#include "arch/arch.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"

#define APIC_BYTES 4096
#define TARGET_MAX 254u /* of an xAPIC; 255 is everybody */
#define REG_ID 0x20
#define REG_PRIORITY 0x80
#define REG_EOI 0xb0
#define REG_SPURIOUS 0xf0
#define REG_REQUESTS 0x200
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

static RO_AFTER_INIT volatile uint32_t *registers; /* xAPIC */
static RO_AFTER_INIT bool is_ready;

static uint32_t read(unsigned reg)
{
	if (cpu_features.has_x2apic)
		return (uint32_t)msr_read(MSR_X2APIC + reg / 16);
	return registers[reg / 4];
}

static void write(unsigned reg, uint32_t value)
{
	if (cpu_features.has_x2apic)
		msr_write(MSR_X2APIC + reg / 16, value);
	else
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

/* x2APIC is entered from xAPIC only, and left only by switching the APIC off. */
static void enable_by_msr(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE);

	if (base & BASE_X2APIC && !cpu_features.has_x2apic) {
		base &= ~(BASE_X2APIC | BASE_ENABLED);
		msr_write(MSR_APIC_BASE, base);
	}
	msr_write(MSR_APIC_BASE, base | BASE_ENABLED);
	if (cpu_features.has_x2apic)
		msr_write(MSR_APIC_BASE, base | BASE_ENABLED | BASE_X2APIC);
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
	if (!cpu_features.has_x2apic) {
		registers = kernel_map_device(address, APIC_BYTES);
		if (!registers)
			panic("the local APIC at %lx cannot be mapped", address);
	}
	set_up();
	is_ready = true;
}

void apic_init_cpu(void)
{
	enable_by_msr();
	set_up();
}

uint32_t apic_id(void)
{
	return cpu_features.has_x2apic ? read(REG_ID) : read(REG_ID) >> 24;
}

bool apic_reaches(uint32_t target)
{
	return cpu_features.has_x2apic || target <= TARGET_MAX;
}

/* Writing an MSR of the x2APIC waits for nothing: what the message is about must have been written before. */
static void command_by_msr(uint32_t target, uint32_t what)
{
	__asm__ volatile("mfence; lfence" : : : "memory");
	msr_write(MSR_X2APIC + REG_COMMAND / 16, (uint64_t)target << 32 | what);
}

static void command(uint32_t target, uint32_t what)
{
	if (cpu_features.has_x2apic) {
		command_by_msr(target, what);
		return;
	}
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
	if (is_ready)
		command(0, COMMAND_ASSERT | COMMAND_ALL_OTHERS | COMMAND_NMI);
}

void apic_eoi(void)
{
	write(REG_EOI, 0);
}

void apic_timer_mode(bool is_tsc_deadline)
{
	write(REG_LVT_TIMER, VECTOR_TIMER | (is_tsc_deadline ? LVT_TIMER_DEADLINE : 0));
	__asm__ volatile("mfence"
	                 :
	                 :
	                 : "memory"); /* before the first deadline (SDM vol. 3, 10.5.4.1) */
}

void apic_timer_start(uint32_t count)
{
	write(REG_TIMER_START, count);
}

bool apic_is_requested(uint8_t vector)
{
	return read(REG_REQUESTS + vector / 32 * 16) >> vector % 32 & 1;
}

uint32_t apic_timer_count(void)
{
	return read(REG_TIMER_COUNT);
}
