/*
 * FS and GS bases of any thread, wherever they are at present.
 */
#include "arch/x86_64/bases.h"
#include "cpu.h"

struct segment_bases bases_get(const struct thread *thread)
{
	if (thread == cpu_current())
		return bases_read();
	return (struct segment_bases){thread->arch.fs_base, thread->arch.gs_base};
}

void bases_set(struct thread *thread, struct segment_bases bases)
{
	thread->arch.fs_base = bases.fs;
	thread->arch.gs_base = bases.gs;
	if (thread == cpu_current())
		bases_write(bases);
}
