/*
 * FPU state by XSAVE (or FXSAVE). Threads that run guests, or asked for it, own an area, one page; the
 * others run with CR0.TS set and cannot touch the registers. A thread with an area never runs with another
 * one's state in them (no lazy switching: CVE-2018-3665), but its own may stay there while threads without an
 * area run, so that a monitor's bounce and a call to a service move nothing. Where there are several CPUs it is
 * copied to the area whenever the thread leaves one, since it may go on elsewhere.
 */
#include "arch/x86_64/fpu.h"
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include <microkernel/errors.h>
#include "cpu.h"
#include "page.h"
#include "thread.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"

#define COMPONENT_X87 1ul
#define COMPONENT_SSE 2ul
#define COMPONENT_AVX 4ul
#define COMPONENTS_AVX512 0xe0ul
#define MXCSR_DEFAULT 0x1f80u
#define CONTROL_DEFAULT 0x37fu

/* The legacy region and header of an XSAVE area in standard form. */
struct fpu_area {
	uint16_t control, status;
	uint8_t tags, reserved0;
	uint16_t opcode;
	uint64_t ip, dp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t registers[480];
	uint64_t components; /* which of them are not in their initial state */
	uint64_t compaction;
	uint64_t reserved1[6];
};
#define LEGACY_BYTES 512u
#define AREA_BYTES_MIN sizeof(struct fpu_area)

STATIC_ASSERT(offsetof(struct fpu_area, components) == LEGACY_BYTES);
STATIC_ASSERT(sizeof(struct fpu_area) == 576);

static RO_AFTER_INIT uint64_t enabled_components = COMPONENT_X87 | COMPONENT_SSE;
static RO_AFTER_INIT uint64_t area_bytes = AREA_BYTES_MIN;

static void save(struct fpu_area *area)
{
	if (cpu_features.has_xsave) {
		__asm__ volatile("xsave64 %0" : "+m"(*area) : "a"(-1), "d"(-1) : "memory");
		return;
	}
	__asm__ volatile("fxsave64 %0" : "=m"(*area) : : "memory");
	area->components = COMPONENT_X87 | COMPONENT_SSE;
}

static void load(const struct fpu_area *area)
{
	if (cpu_features.has_xsave)
		__asm__ volatile("xrstor64 %0" : : "m"(*area), "a"(-1), "d"(-1) : "memory");
	else
		__asm__ volatile("fxrstor64 %0" : : "m"(*area) : "memory");
}

static void bar(bool barred)
{
	if (barred == this_cpu()->is_fpu_barred)
		return;
	this_cpu()->is_fpu_barred = barred;
	if (barred)
		cr0_write(cr0_read() | CR0_TS);
	else
		__asm__ volatile("clts");
}

static void enable_components(void)
{
	__asm__ volatile("xsetbv" : : "a"((uint32_t)enabled_components), "d"(0), "c"(0));
}

static void choose_components(void)
{
	uint64_t offered = cpuid(0xd, 0).eax;

	if (offered & COMPONENT_AVX)
		enabled_components |= COMPONENT_AVX;
	if ((offered & COMPONENTS_AVX512) == COMPONENTS_AVX512 && offered & COMPONENT_AVX)
		enabled_components |= COMPONENTS_AVX512;
	enable_components();
	area_bytes = cpuid(0xd, 0).ebx;
	ASSERT(area_bytes >= AREA_BYTES_MIN && area_bytes <= PAGE_SIZE);
}

void fpu_init(void)
{
	if (cpu_features.has_xsave)
		choose_components();
	bar(true);
}

void fpu_init_cpu(void)
{
	if (cpu_features.has_xsave)
		enable_components();
	bar(true);
}

static void set_initial(struct fpu_area *area)
{
	memset(area, 0, area_bytes);
	area->control = CONTROL_DEFAULT;
	area->mxcsr = MXCSR_DEFAULT;
}

status_t arch_thread_fpu_create(struct thread *thread)
{
	paddr_t page;

	if (thread->arch.fpu)
		return OK;
	page = page_alloc(thread->arch.native_pt->domain);
	if (!page.value)
		return E_NOMEM;
	thread->arch.fpu = direct(page);
	set_initial(thread->arch.fpu);
	pt_activate_thread(thread);
	if (thread == cpu_current())
		fpu_thread_load(thread);
	return OK;
}

void fpu_thread_load(struct thread *to)
{
	struct cpu *cpu = this_cpu();

	if (!to->arch.fpu) {
		bar(true);
		return;
	}
	bar(false);
	if (cpu->fpu_owner == to && to->arch.fpu_cpu == cpu->id)
		return;
	if (cpu->fpu_owner && cpu_count == 1)
		save(cpu->fpu_owner->arch.fpu);
	load(to->arch.fpu);
	cpu->fpu_owner = to;
	to->arch.fpu_cpu = (uint8_t)cpu->id;
}

void fpu_thread_save(struct thread *from)
{
	save(from->arch.fpu);
}

void fpu_thread_destroy(struct thread *thread)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (cpus[i].fpu_owner == thread)
			cpus[i].fpu_owner = NULL;
	if (thread->arch.fpu)
		page_unref(direct_paddr(thread->arch.fpu));
	thread->arch.fpu = NULL;
}
