/*
 * The local APIC in whichever mode CPUID offers, and its timer by whichever counter. Interrupts are off: they are seen as
 * requested.
 */
#include "arch/x86_64/apic.h"
#include "ktest.h"
#include "printk.h"
#include "arch/arch.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"

#define BASE_X2APIC (1ul << 10)
#define DELAY_NS 1000000ul
#define PATIENCE_NS 1000000000ul

KTEST(the_apic_is_in_the_mode_that_cpuid_has)
{
	bool has_x2apic = cpuid(1, 0).ecx >> 21 & 1;

	printk("%s, timer by %s\n", has_x2apic ? "x2APIC" : "xAPIC",
	       cpu_features.has_tsc_deadline ? "TSC deadline" : "counter");
	KCHECK(!!(msr_read(MSR_APIC_BASE) & BASE_X2APIC) == has_x2apic);
	KCHECK(cpu_features.has_tsc_deadline == (cpuid(1, 0).ecx >> 24 & 1));
	KCHECK(apic_id() == cpuid(1, 0).ebx >> 24);
	KCHECK(apic_reaches(254) && apic_reaches(300) == has_x2apic);
}

static bool arrives(uint8_t vector)
{
	uint64_t end = clock_now_ns() + PATIENCE_NS;

	while (!apic_is_requested(vector) && clock_now_ns() < end)
		arch_relax();
	return apic_is_requested(vector);
}

/* Not much too early, that is: a busy host lets anything be late, and the kernel itself looks at the clock again. */
KTEST(the_timer_fires_at_its_time)
{
	uint64_t start = clock_now_ns();

	timer_program_ns(UINT64_MAX);
	KCHECK(!apic_is_requested(VECTOR_TIMER));
	timer_program_ns(start + DELAY_NS);
	KCHECK(arrives(VECTOR_TIMER));
	KCHECK(clock_now_ns() >= start + DELAY_NS / 2);
	timer_program_ns(UINT64_MAX);
}

KTEST(a_message_to_oneself_arrives)
{
	KCHECK(!apic_is_requested(VECTOR_ATTEND));
	apic_send(apic_id(), VECTOR_ATTEND);
	KCHECK(arrives(VECTOR_ATTEND));
}
