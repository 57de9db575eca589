/*
 * The barriers at which a CPU forgets what a domain has taught its branch predictors. A guest and its monitor are of one
 * domain, so the many switches between them cost nothing: what a guest could make its monitor leak is the
 * container's own. So is an idle CPU's return to whom it ran before.
 */
#include "arch/x86_64/speculation.h"
#include "cpu.h"
#include "domain.h"
#include "arch/x86_64/instructions.h"

#define MSR_SPEC_CTRL 0x48
#define MSR_PRED_CMD 0x49
#define SPEC_CTRL_IBRS 1ul
#define PRED_CMD_IBPB 1ul

void speculation_enable(void)
{
	if (cpu_features.has_lasting_ibrs)
		msr_write(MSR_SPEC_CTRL, SPEC_CTRL_IBRS);
}

/* The barrier need not empty the stack of return addresses: calls that are never returned from fill it. */
void speculation_fill_returns(void)
{
	uint64_t count = 32;

	__asm__ volatile("1:\tcall 3f\n"
	                 "2:\tpause\n\t"
	                 "lfence\n\t"
	                 "jmp 2b\n"
	                 "3:\taddq $8, %%rsp\n\t"
	                 "decq %0\n\t"
	                 "jnz 1b\n\t"
	                 "lfence"
	                 : "+r"(count)
	                 :
	                 : "memory", "cc");
}

RARELY_CALLED void speculation_enter_domain(const struct thread *to)
{
	uint64_t domain = to->obj.domain->obj.id;
	struct cpu *cpu = this_cpu();

	if (cpu->trained_by == domain)
		return;
	cpu->trained_by = domain;
	msr_write(MSR_PRED_CMD, PRED_CMD_IBPB);
	speculation_fill_returns();
}
