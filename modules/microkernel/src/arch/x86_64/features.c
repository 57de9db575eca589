/*
 * CPU features: found once by CPUID, then switched on in the control registers of each CPU. boot.S has
 * checked what there is no doing without (long mode, NX).
 */
#include "arch/x86_64/features.h"
#include "arch/arch.h"
#include "cpu.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/speculation.h"
#include "arch/x86_64/trap.h"

/* Page attributes as at reset, except entry 4 (PAT bit alone): write combining instead of write back. */
#define PAT_VALUE 0x0007040100070406ul
/* Cleared by SYSCALL: TF IF DF IOPL NT AC. */
#define SYSCALL_FLAGS_MASK 0x47700ul

RO_AFTER_INIT struct cpu_features cpu_features;

static bool bit(uint32_t word, unsigned n)
{
	return word >> n & 1;
}

static void detect_extended(struct cpu_features *f)
{
	uint32_t max = cpuid(0x80000000, 0).eax;

	f->has_huge_pages = bit(cpuid(0x80000001, 0).edx, 26);
	f->has_rdtscp = bit(cpuid(0x80000001, 0).edx, 27);
	f->address_bits = 36;
	if (max >= 0x80000007)
		f->has_invariant_tsc = bit(cpuid(0x80000007, 0).edx, 8);
	if (max < 0x80000008)
		return;
	f->address_bits = (uint8_t)cpuid(0x80000008, 0).eax;
	f->has_branch_barrier = bit(cpuid(0x80000008, 0).ebx, 12); /* AMD */
}

/* The MSRs exist only where CPUID says so. */
static void detect_speculation(struct cpu_features *f, uint32_t edx)
{
	bool has_controls = bit(edx, 26);
	bool has_capabilities = bit(edx, 29);

	f->has_branch_barrier |= has_controls; /* Intel */
	f->has_lasting_ibrs = has_controls && has_capabilities &&
	                      bit((uint32_t)msr_read(MSR_ARCH_CAPABILITIES), 1);
}

void features_detect(void)
{
	struct cpu_features *f = &cpu_features;
	uint32_t max = cpuid(0, 0).eax;
	struct cpuid basic = cpuid(1, 0);
	struct cpuid more = {0};

	if (max >= 7)
		more = cpuid(7, 0);
	f->has_machine_check = bit(basic.edx, 7);
	f->has_global_pages = bit(basic.edx, 13);
	f->has_pcid = bit(basic.ecx, 17) && bit(more.ebx, 10);
	f->has_xsave = bit(basic.ecx, 26) && max >= 0xd;
	f->has_tsc_deadline = bit(basic.ecx, 24);
	f->has_x2apic = bit(basic.ecx, 21);
	f->has_fsgsbase = bit(more.ebx, 0);
	f->has_smep = bit(more.ebx, 7);
	f->has_smap = bit(more.ebx, 20);
	f->has_umip = bit(more.ecx, 2);
	detect_extended(f);
	detect_speculation(f, more.edx);
}

static uint64_t control_bits(const struct cpu_features *f)
{
	uint64_t bits = CR4_OSFXSR | CR4_OSXMMEXCPT;

	bits |= f->has_machine_check ? CR4_MCE : 0;
	bits |= f->has_global_pages ? CR4_PGE : 0;
	bits |= f->has_smep ? CR4_SMEP : 0;
	bits |= f->has_smap ? CR4_SMAP : 0;
	bits |= f->has_umip ? CR4_UMIP : 0;
	bits |= f->has_fsgsbase ? CR4_FSGSBASE : 0;
	bits |= f->has_pcid ? CR4_PCIDE : 0;
	bits |= f->has_xsave ? CR4_OSXSAVE : 0;
	return bits;
}

void features_enable(void)
{
	bool is_fast = cpu_features.has_fsgsbase;

	cr4_write(cr4_read() | control_bits(&cpu_features));
	msr_write(MSR_PAT, PAT_VALUE);
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE);
	msr_write(MSR_STAR, (uint64_t)SEL_KERNEL_CODE << 32 | (uint64_t)(SEL_USER_DATA - 8) << 48);
	msr_write(MSR_LSTAR, (uint64_t)(is_fast ? syscall_entry : syscall_entry_plain));
	msr_write(MSR_SFMASK, SYSCALL_FLAGS_MASK);
	speculation_enable();
	if (cpu_features.has_rdtscp)
		msr_write(MSR_TSC_AUX, this_cpu()->id);
}
