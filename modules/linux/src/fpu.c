/*
 * Moving FPU state (fpu.h). The kernel switches it with the thread, whether guest or monitor runs. The monitor is
 * compiled without FPU instructions; the four here only move it as bytes. What a guest wants loaded is checked first:
 * bits that the CPU reserves would fault in the monitor.
 */
#include "fpu.h"
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include "errno.h"
#include "guest.h"
#include "signal_frame.h"

#define CPUID_XSAVE_LEAF 0xd
#define CPUID_OSXSAVE (1u << 27)
#define XSTATE_LEGACY_FEATURES 3ull /* x87 and SSE */
#define FPU_ALIGNMENT 64
#define CONTROL_DEFAULT 0x37f
#define MXCSR_DEFAULT 0x1f80
#define MXCSR_MASK_DEFAULT 0xffbf

/* An XSAVE area in standard form. */
struct fpu_area {
	struct fpu_legacy legacy;
	uint64_t features; /* which are not in their initial state */
	uint64_t reserved[7];
	uint8_t more[2816 - 576]; /* up to AVX-512 */
};
#define HEADER_END offsetof(struct fpu_area, more)

STATIC_ASSERT(sizeof(struct fpu_legacy) == FPU_LEGACY_BYTES);
STATIC_ASSERT(HEADER_END == 576 && sizeof(struct fpu_area) % FPU_ALIGNMENT == 0);

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf)
{
	struct cpuid id;

	__asm__("cpuid"
	        : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx)
	        : "0"(leaf), "2"(0));
	return id;
}

uint64_t fpu_features(void)
{
	static uint64_t features; /* the same for every thread: looking twice does no harm */
	uint32_t low, high;

	if (features == 0 && !(cpuid(1).ecx & CPUID_OSXSAVE))
		features = XSTATE_LEGACY_FEATURES;
	if (features == 0) {
		__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
		features = low | (uint64_t)high << 32;
	}
	return features;
}

uint64_t fpu_bytes(void)
{
	static uint64_t bytes; /* the same for every thread: computing it twice does no harm */

	if (bytes == 0)
		bytes = cpuid(1).ecx & CPUID_OSXSAVE ? cpuid(CPUID_XSAVE_LEAF).ebx
		                                     : FPU_LEGACY_BYTES;
	ASSERT(bytes <= sizeof(struct fpu_area));
	return bytes;
}

static bool has_xsave(void)
{
	return fpu_bytes() > FPU_LEGACY_BYTES;
}

void fpu_save_legacy(struct fpu_legacy *out)
{
	__asm__ volatile("fxsave64 %0" : "=m"(*out));
}

static void load(const struct fpu_area *area)
{
	if (has_xsave())
		__asm__ volatile("xrstor64 %0" : : "m"(*area), "a"(-1), "d"(-1));
	else
		__asm__ volatile("fxrstor64 %0" : : "m"(*area));
}

void fpu_reset(void)
{
	struct fpu_area area;

	memset(&area, 0, HEADER_END);
	area.legacy.control = CONTROL_DEFAULT;
	area.legacy.mxcsr = MXCSR_DEFAULT;
	load(&area);
}

/* --- copies, in blocks that are not aligned by themselves --- */

static struct fpu_area *area_in(const void *copy)
{
	return (struct fpu_area *)align_up((uint64_t)copy, FPU_ALIGNMENT);
}

void *fpu_copy(void)
{
	void *copy = heap_zalloc(fpu_bytes() + FPU_ALIGNMENT);

	if (copy && has_xsave())
		__asm__ volatile("xsave64 %0" : "+m"(*area_in(copy)) : "a"(-1), "d"(-1));
	else if (copy)
		fpu_save_legacy(&area_in(copy)->legacy);
	return copy;
}

void fpu_load_copy(const void *copy)
{
	load(area_in(copy));
}

/* --- guest memory --- */

int64_t fpu_save_guest(struct task *task, uint64_t u_to)
{
	return has_xsave() ? xsave_to_guest(task, u_to, fpu_bytes()) : fxsave_to_guest(task, u_to);
}

static uint32_t mxcsr_mask(void)
{
	static uint32_t mask; /* as above */
	struct fpu_legacy probe;

	if (mask == 0) {
		fpu_save_legacy(&probe);
		mask = probe.mxcsr_mask ? probe.mxcsr_mask : MXCSR_MASK_DEFAULT;
	}
	return mask;
}

static bool is_valid(const struct fpu_area *area)
{
	uint64_t reserved = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(area->reserved); i++)
		reserved |= area->reserved[i];
	return !reserved && !(area->features & ~fpu_features()) &&
	       !(area->legacy.mxcsr & ~mxcsr_mask());
}

/* What lies behind the header is mostly in its initial state, and not looked at then. */
static int64_t get_area(struct task *task, struct fpu_area *area, uint64_t u_from, uint64_t bytes)
{
	if (copy_from_guest(task, area, u_from, MIN(bytes, (uint64_t)HEADER_END)) != 0)
		return -EFAULT;
	if (bytes == FPU_LEGACY_BYTES) {
		memset(&area->features, 0, HEADER_END - FPU_LEGACY_BYTES);
		area->features = XSTATE_LEGACY_FEATURES;
	}
	if (!(area->features & ~XSTATE_LEGACY_FEATURES))
		return 0;
	return copy_from_guest(task, area->more, u_from + HEADER_END, bytes - HEADER_END);
}

int64_t fpu_load_guest(struct task *task, uint64_t u_from, uint64_t bytes)
{
	struct fpu_area area;

	if (get_area(task, &area, u_from, bytes) != 0 || !is_valid(&area))
		return -EFAULT;
	load(&area);
	return 0;
}
