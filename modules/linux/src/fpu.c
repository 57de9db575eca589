/*
 * Moving FPU state (fpu.h). The monitor itself never uses the FPU; CPUID and XGETBV only tell how long
 * the state is.
 */
#include "fpu.h"
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/syscall.h>
#include "errno.h"
#include "guest.h"
#include "signal_frame.h"
#include "task.h"

#define CPUID_XSAVE_LEAF 0xd
#define CPUID_OSXSAVE (1u << 27)
#define XSTATE_HEADER_OFFSET 512
#define XSTATE_HEADER_BYTES 64
#define XSTATE_LEGACY_FEATURES 3ull /* x87 and SSE */

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

	if (bytes == 0) /* the kernel speaks XSAVE's layout, also where the CPU does not */
		bytes = cpuid(1).ecx & CPUID_OSXSAVE ? cpuid(CPUID_XSAVE_LEAF).ebx
		                                     : XSTATE_HEADER_OFFSET + XSTATE_HEADER_BYTES;
	return bytes;
}

static int64_t need_buffer(struct task *task)
{
	if (!task->fpu)
		task->fpu = heap_zalloc(fpu_bytes());
	return task->fpu ? 0 : -ENOMEM;
}

int64_t fpu_save(struct task *task)
{
	uint64_t bytes = 0;

	if (need_buffer(task) != 0)
		return -ENOMEM;
	status_t status = sys_fpu_get(task->fpu, fpu_bytes(), &bytes);

	return status == OK ? (int64_t)bytes : errno_from_status(status);
}

int64_t fpu_load(struct task *task)
{
	return errno_from_status(sys_fpu_set(task->fpu, fpu_bytes()));
}

int64_t fpu_load_guest(struct task *task, uint64_t u_from, uint64_t bytes)
{
	if (need_buffer(task) != 0)
		return -ENOMEM;
	if (copy_from_guest(task, task->fpu, u_from, bytes) != 0)
		return -EFAULT;
	memset((char *)task->fpu + bytes, 0, fpu_bytes() - bytes);
	memset((char *)task->fpu + FPU_SOFTWARE_OFFSET, 0, sizeof(struct fpu_software));
	if (bytes == FPU_LEGACY_BYTES && fpu_bytes() > FPU_LEGACY_BYTES)
		*(uint64_t *)((char *)task->fpu + XSTATE_HEADER_OFFSET) = XSTATE_LEGACY_FEATURES;
	return fpu_load(task);
}

int64_t fpu_reset(void)
{
	return errno_from_status(sys_fpu_set(0, 0));
}
